"""The style of the wire contract, checked on what protoc understood.

`python -m wire_tools.lint` prints one line per finding and exits 1 when there is any. The rules are those of buf's
STANDARD and COMMENTS categories (buf, Lint rules and categories), UNARY_RPC left out: Elbow streams.
"""

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import descriptor_pb2 as descriptor

from wire_tools.sources import ROOT, proto_files, run_protoc, snake_case

_VERSION = re.compile(r"v[1-9]\d*((alpha|beta)[1-9]\d*)?")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# Field numbers inside descriptor.proto, of which a location's path is made.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM, _MESSAGE_ONEOF = 2, 3, 4, 8
_ENUM_VALUE = 2
_SERVICE_METHOD = 2

_Path = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One breach of one rule."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"protos/{self.file}:{self.line}: {self.message}"


class _File:
    """One file with the comments and lines of its elements."""

    def __init__(self, proto: descriptor.FileDescriptorProto) -> None:
        self.proto = proto
        self._locations = {tuple(location.path): location for location in proto.source_code_info.location}

    def finding(self, path: _Path, message: str) -> Finding:
        location = self._locations.get(path)
        line = location.span[0] + 1 if location is not None else 1
        return Finding(file=self.proto.name, line=line, message=message)

    def commented(self, path: _Path, what: str) -> Iterator[Finding]:
        location = self._locations.get(path)
        if location is None or not location.leading_comments.strip():
            yield self.finding(path, f"{what} has no comment above it")


def lint(root: Path = ROOT) -> Sequence[Finding]:
    """All findings in the files below `root`, sorted by file and line."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "contract.binpb"
        run_protoc(root, f"--descriptor_set_out={output}", "--include_source_info")
        files = descriptor.FileDescriptorSet.FromString(output.read_bytes()).file
    findings = [finding for proto in files for finding in _file(_File(proto))]
    return sorted([*findings, *_shared_messages([_File(proto) for proto in files])])


def main() -> int:
    """The command line; returns the exit code."""
    findings = lint()
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if not findings:
        sys.stdout.write(f"{len(proto_files())} .proto files keep the style\n")
    return 1 if findings else 0


def _file(file: _File) -> Iterator[Finding]:
    proto = file.proto
    folder = proto.name.rpartition("/")[0]
    if proto.syntax != "proto3":
        yield file.finding((), "the syntax is not proto3")
    if proto.package != folder.replace("/", "."):
        yield file.finding((2,), f"package {proto.package!r} is not the path {folder!r}")
    if not _VERSION.fullmatch(proto.package.rpartition(".")[2]):
        yield file.finding((2,), f"package {proto.package!r} does not end in a version such as v1")
    if not _SNAKE.fullmatch(Path(proto.name).stem):
        yield file.finding((), "the file name is not lower_snake_case")
    for index, message in enumerate(proto.message_type):
        yield from _message(file, (_FILE_MESSAGE, index), message)
    for index, enum in enumerate(proto.enum_type):
        yield from _enum(file, (_FILE_ENUM, index), enum)
    for index, service in enumerate(proto.service):
        yield from _service(file, (_FILE_SERVICE, index), service)


def _message(file: _File, path: _Path, message: descriptor.DescriptorProto) -> Iterator[Finding]:
    if message.options.map_entry:
        return  # made by protoc for a map field
    yield from file.commented(path, f"message {message.name}")
    if not _PASCAL.fullmatch(message.name):
        yield file.finding(path, f"message {message.name} is not PascalCase")
    for index, field in enumerate(message.field):
        at = (*path, _MESSAGE_FIELD, index)
        yield from file.commented(at, f"field {message.name}.{field.name}")
        if not _SNAKE.fullmatch(field.name):
            yield file.finding(at, f"field {message.name}.{field.name} is not lower_snake_case")
    synthetic = {field.oneof_index for field in message.field if field.proto3_optional}
    for index, oneof in enumerate(message.oneof_decl):
        if index not in synthetic:
            at = (*path, _MESSAGE_ONEOF, index)
            yield from file.commented(at, f"oneof {message.name}.{oneof.name}")
            if not _SNAKE.fullmatch(oneof.name):
                yield file.finding(at, f"oneof {message.name}.{oneof.name} is not lower_snake_case")
    for index, nested in enumerate(message.nested_type):
        yield from _message(file, (*path, _MESSAGE_NESTED, index), nested)
    for index, enum in enumerate(message.enum_type):
        yield from _enum(file, (*path, _MESSAGE_ENUM, index), enum)


def _enum(file: _File, path: _Path, enum: descriptor.EnumDescriptorProto) -> Iterator[Finding]:
    yield from file.commented(path, f"enum {enum.name}")
    if not _PASCAL.fullmatch(enum.name):
        yield file.finding(path, f"enum {enum.name} is not PascalCase")
    if enum.options.allow_alias:
        yield file.finding(path, f"enum {enum.name} gives one number two names")
    prefix = snake_case(enum.name).upper() + "_"
    for index, value in enumerate(enum.value):
        at = (*path, _ENUM_VALUE, index)
        yield from file.commented(at, f"enum value {value.name}")
        if (
            not value.name.startswith(prefix)
            or not _SNAKE.fullmatch(value.name.lower())
            or value.name.lower() == value.name
        ):
            yield file.finding(at, f"enum value {value.name} is not {prefix} and UPPER_SNAKE_CASE")
        if value.number == 0 and value.name != f"{prefix}UNSPECIFIED":
            yield file.finding(at, f"the zero of enum {enum.name} is not {prefix}UNSPECIFIED")


def _service(file: _File, path: _Path, service: descriptor.ServiceDescriptorProto) -> Iterator[Finding]:
    yield from file.commented(path, f"service {service.name}")
    if not _PASCAL.fullmatch(service.name) or not service.name.endswith("Service"):
        yield file.finding(path, f"service {service.name} is not PascalCase and ending in Service")
    for index, method in enumerate(service.method):
        at = (*path, _SERVICE_METHOD, index)
        yield from file.commented(at, f"rpc {method.name}")
        if not _PASCAL.fullmatch(method.name):
            yield file.finding(at, f"rpc {method.name} is not PascalCase")
        for role, type_name in (("Request", method.input_type), ("Response", method.output_type)):
            allowed = {method.name + role, service.name + method.name + role}
            if type_name.rpartition(".")[2] not in allowed:
                yield file.finding(at, f"rpc {method.name} takes or gives {type_name}, not {method.name}{role}")


def _shared_messages(files: Sequence[_File]) -> Iterator[Finding]:
    """An rpc's messages are its own: shared ones cannot grow for one rpc alone."""
    rpcs = [
        (file, (_FILE_SERVICE, position, _SERVICE_METHOD, index), method)
        for file in files
        for position, service in enumerate(file.proto.service)
        for index, method in enumerate(service.method)
    ]
    uses = Counter(name for _, _, method in rpcs for name in (method.input_type, method.output_type))
    for file, path, method in rpcs:
        for name in sorted({method.input_type, method.output_type}):
            if uses[name] > 1:
                yield file.finding(path, f"rpc {method.name} shares {name} with another use")


if __name__ == "__main__":
    sys.exit(main())
