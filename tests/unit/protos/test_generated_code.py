"""The committed code is what the .proto files give, and the check that says so tells the file that is not."""

import shutil
from pathlib import Path

import pytest
from wire_tools import generate
from wire_tools.sources import ROOT

LAMP = """\
syntax = "proto3";
package elbow.lamp.v1;
// A lamp.
message Lamp {
  // Its colour.
  string colour = 1;
}
"""


def test_the_committed_code_is_up_to_date() -> None:
    assert generate.stale_files(ROOT) == []


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A contract of one small file, generated."""
    root = tmp_path_factory.mktemp("pristine")
    folder = root / "elbow" / "lamp" / "v1"
    folder.mkdir(parents=True)
    (folder / "lamp.proto").write_text(LAMP)
    generate.generate(root, root)
    return root


@pytest.fixture
def contract(pristine: Path, tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(pristine, tmp_path / "contract"))


def test_freshly_generated_code_is_up_to_date(contract: Path) -> None:
    assert generate.stale_files(contract) == []


def test_a_generated_module_imports_as_its_path(contract: Path) -> None:
    assert sorted(path.relative_to(contract).as_posix() for path in contract.rglob("*.*")) == [
        "elbow/__init__.py",
        "elbow/lamp/__init__.py",
        "elbow/lamp/v1/__init__.py",
        "elbow/lamp/v1/lamp.proto",
        "elbow/lamp/v1/lamp_pb2.py",
        "elbow/lamp/v1/lamp_pb2.pyi",
        "elbow/lamp/v1/lamp_pb2_grpc.py",
        "elbow/lamp/v1/lamp_pb2_grpc.pyi",
        "elbow/py.typed",
    ]


def test_a_changed_proto_makes_its_code_stale(contract: Path) -> None:
    proto = contract / "elbow/lamp/v1/lamp.proto"
    proto.write_text(proto.read_text().replace("colour", "color"))
    assert generate.stale_files(contract) == ["elbow/lamp/v1/lamp_pb2.py", "elbow/lamp/v1/lamp_pb2.pyi"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("elbow/lamp/v1/lamp_pb2_grpc.py", id="a file that was never generated"),
        pytest.param("elbow/lamp/__init__.py", id="a folder that is no package"),
        pytest.param("elbow/py.typed", id="a contract that lost its types"),
    ],
)
def test_what_is_missing_is_stale(contract: Path, name: str) -> None:
    (contract / name).unlink()
    assert generate.stale_files(contract) == [name]


def test_what_is_left_over_is_stale(contract: Path) -> None:
    (contract / "elbow/lamp/v1/gone_pb2.py").touch()
    assert generate.stale_files(contract) == ["elbow/lamp/v1/gone_pb2.py"]
