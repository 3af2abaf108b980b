"""Where the .proto files are, and how protoc is called on them."""

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[1]
"""The import root of the contract; a .proto file's path below it is its package."""


def proto_files(root: Path = ROOT) -> Sequence[str]:
    """All .proto files of the contract, relative to the root, sorted."""
    return sorted(path.relative_to(root).as_posix() for path in root.glob("elbow/**/*.proto"))


def run_protoc(root: Path, *options: str) -> None:
    """Runs the pinned protoc on all files below `root`. Raises RuntimeError; protoc itself has said what is wrong."""
    well_known = str(resources.files("grpc_tools") / "_proto")
    if protoc.main(["protoc", f"-I{root}", f"-I{well_known}", *options, *proto_files(root)]) != 0:
        raise RuntimeError(f"protoc refused the files below {root}")


def snake_case(name: str) -> str:
    """The name in lower case with underscores: "TargetGroup" is "target_group"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
