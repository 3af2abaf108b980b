"""The images hold what the services need, from requirements-runtime.lock, and nothing of the sandbox."""

import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.unit.deploy.chart import ROOT, SERVICES, template

DOCKERFILE = (ROOT / "deploy" / "images" / "Dockerfile").read_text()


def pins(name: str) -> Mapping[str, str]:
    """Each package of a lock with its pin and hashes, without the comments that say who wants it."""
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    kept = ("\n".join(line for line in each.splitlines() if not line.lstrip().startswith("#")) for each in blocks)
    return {canonicalize_name(re.split(r"[=\[ ]", each)[0]): each for each in kept}


def needed(names: list[str]) -> set[str]:
    """The packages that these requirements bring on this machine, by the metadata of what is installed."""
    found: set[str] = set()
    open_ = [Requirement(name) for name in names]
    while open_:
        requirement = open_.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        extras = [{"extra": extra} for extra in (requirement.extras or {""})]
        for text in requires(name) or ():
            further = Requirement(text)
            if further.marker is None or any(further.marker.evaluate(extra) for extra in extras):
                open_.append(further)
    return found


@pytest.fixture(scope="module")
def project() -> dict[str, list[str]]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {"dependencies": document["dependencies"], **document["optional-dependencies"]}


def test_every_runtime_pin_is_one_of_the_lock_with_the_same_hashes() -> None:
    everything = pins("requirements.lock")
    assert {
        name: block for name, block in pins("requirements-runtime.lock").items() if everything.get(name) != block
    } == {}


def test_the_runtime_lock_holds_all_that_the_services_need(project: dict[str, list[str]]) -> None:
    assert needed(project["dependencies"]) - set(pins("requirements-runtime.lock")) == set(), "run make lock"


def test_the_runtime_lock_holds_nothing_that_only_sandbox_or_development_need(project: dict[str, list[str]]) -> None:
    for_services = needed(project["dependencies"])
    of_extras = {canonicalize_name(Requirement(text).name) for text in project["sandbox"] + project["dev"]}
    assert {"moto", "pytest"} <= of_extras - for_services
    assert (of_extras - for_services) & set(pins("requirements-runtime.lock")) == set()


def test_packages_come_by_hash_and_nothing_is_built_from_source() -> None:
    [install] = re.findall(r"pip install.*?--requirement \S+", DOCKERFILE, re.DOTALL)
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert install.endswith("/requirements-runtime.lock")


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_a_target_that_runs_it(name: str) -> None:
    assert (
        f"FROM runtime AS {name}\nCOPY services/{name} services/{name}\n"
        f'ENTRYPOINT ["python", "-m", "services.{name}"]\n'
    ) in DOCKERFILE


def test_an_image_holds_runtime_wire_and_one_service() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert copied == [
        "requirements-runtime.lock",
        "protos/elbow",
        "services/__init__.py",
        "services/runtime",
        *(f"services/{name}" for name in SERVICES),
    ]
    assert [each for each in copied if not (ROOT / each).exists()] == []


def test_image_and_pod_agree_on_who_runs_it() -> None:
    [user] = re.findall(r"^USER (\d+):\1$", DOCKERFILE, re.MULTILINE)
    assert f"runAsUser: {user}" in template("_workload.tpl")
