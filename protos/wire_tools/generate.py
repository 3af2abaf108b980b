"""Generates the Python code of the wire contract beside its .proto files, or checks that it is up to date.

`python -m wire_tools.generate` writes, `python -m wire_tools.generate --check` compares and exits 1 when a file
differs. The code is committed: installing needs no generator, and a review shows what a change of the contract
does.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from wire_tools.sources import ROOT, proto_files, run_protoc

_PATTERNS = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi", "__init__.py", "py.typed")


def generate(root: Path, output: Path) -> None:
    """Writes messages, stubs and their types for every .proto file below `root`, and the files that make packages of
    their folders.
    """
    output.mkdir(parents=True, exist_ok=True)
    plugins = [f"--plugin={name}={_beside_python(name)}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    targets = [f"--{kind}_out={output}" for kind in ("python", "grpc_python")]
    targets += [f"--{kind}_out=quiet:{output}" for kind in ("mypy", "mypy_grpc")]
    run_protoc(root, *plugins, *targets)
    (output / "elbow" / "py.typed").touch()
    for name in proto_files(root):
        for folder in Path(name).parents:
            if folder != Path():
                (output / folder / "__init__.py").touch()


def stale_files(root: Path) -> Sequence[str]:
    """Files below `root` that are not what the .proto files give: changed, missing, or left over. Sorted."""
    with tempfile.TemporaryDirectory() as folder:
        generate(root, Path(folder))
        expected = _contents(Path(folder))
    found = _contents(root)
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m wire_tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    if not parser.parse_args(argv).check:
        generate(ROOT, ROOT)
        return 0
    stale = stale_files(ROOT)
    for name in stale:
        sys.stderr.write(f"protos/{name}: out of date, run make protos\n")
    return 1 if stale else 0


def _beside_python(program: str) -> Path:
    """The plugin of this environment, whatever PATH says."""
    return Path(sys.executable).parent / program


def _contents(root: Path) -> Mapping[str, bytes]:
    below = root / "elbow"
    paths = (path for pattern in _PATTERNS for path in below.rglob(pattern))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


if __name__ == "__main__":
    sys.exit(main())
