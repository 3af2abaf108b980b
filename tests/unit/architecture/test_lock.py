"""requirements.lock can be installed anywhere and satisfies pyproject.toml."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]


def pins(lock: str) -> Mapping[str, Requirement]:
    """Each pinned requirement of a lock by name, without its hashes."""
    lines = (line for line in lock.splitlines() if line and not line.startswith((" ", "#", "-")))
    requirements = (Requirement(line.removesuffix("\\").strip()) for line in lines)
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def version(pin: Requirement) -> str:
    """The one version that a pin allows."""
    [specifier] = pin.specifier
    assert specifier.operator == "=="
    return specifier.version


def problems(project: Mapping[str, Sequence[str]], lock: str) -> Sequence[str]:
    """Requirements of the project, by group, that the lock does not satisfy."""
    pinned = pins(lock)
    found = []
    for group, requirements in project.items():
        for requirement in map(Requirement, requirements):
            pin = pinned.get(canonicalize_name(requirement.name))
            if pin is None:
                found.append(f"{group}: {requirement} is not in the lock")
            elif not requirement.specifier.contains(version(pin), prereleases=True):
                found.append(f"{group}: {requirement} is locked as {version(pin)}")
    return found


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.lock").read_text()


def test_the_lock_satisfies_every_requirement(lock: str) -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = {
        "build-system": document["build-system"]["requires"],
        "dependencies": document["project"]["dependencies"],
        **document["project"]["optional-dependencies"],
    }
    assert problems(project, lock) == [], "run make lock"


def test_the_lock_names_no_index_and_no_address(lock: str) -> None:
    assert [line for line in lock.splitlines() if "://" in line or line.startswith("-")] == []


def test_every_pin_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=\S)", lock.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        pytest.param("lamp>=1.2", [], id="a pin inside the range"),
        pytest.param("Lamp[shade]>=1", [], id="another spelling, with an extra"),
        pytest.param("lamp>=2", ["dev: lamp>=2 is locked as 1.3"], id="a pin below the range"),
        pytest.param("bulb", ["dev: bulb is not in the lock"], id="a requirement that was never locked"),
    ],
)
def test_a_lock_that_lags_behind_is_found(requirement: str, expected: Sequence[str]) -> None:
    lagging = "lamp==1.3 ; sys_platform == 'linux' \\\n    --hash=sha256:00\n    # via elbow\n"
    assert problems({"dev": [requirement]}, lagging) == expected
