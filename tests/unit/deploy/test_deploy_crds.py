"""The committed CRDs are what their source gives, and an API server enforces what they say."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.crd_source.__main__ import FOLDER, files, stale_files
from tests.unit.sandbox_kubernetes.apiserver_cluster import Cluster, causes

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PARAMS = "/apis/elbv2.k8s.aws/v1beta1/ingressclassparams"
BINDINGS = "/apis/elbv2.k8s.aws/{version}/namespaces/default/targetgroupbindings"


def test_the_committed_files_are_up_to_date() -> None:
    assert stale_files(FOLDER) == []


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_text(path.read_text() + "\n"), id="a changed file"),
        pytest.param(Path.unlink, id="a file that is missing"),
        pytest.param(lambda path: path.rename(path.with_stem("old")), id="a file of another name"),
    ],
)
def test_what_is_out_of_date_is_named(tmp_path: Path, spoil: Any) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "crds"))
    spoil(folder / "targetgroupbindings.yaml")
    assert "targetgroupbindings.yaml" in stale_files(folder)


async def cluster() -> Cluster:
    """An API server with the CRDs."""
    made = Cluster()
    for text in files().values():
        await made.call("POST", DEFINITIONS, yaml.safe_load(text))
    return made


def params(**spec: Any) -> dict[str, Any]:
    head = {"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "IngressClassParams", "metadata": {"name": "p"}}
    return {**head, "spec": spec}


def binding(version: str = "v1beta1", **spec: Any) -> dict[str, Any]:
    head = {"apiVersion": f"elbv2.k8s.aws/{version}", "kind": "TargetGroupBinding", "metadata": {"name": "b"}}
    return {**head, "spec": {"targetGroupARN": "arn", "serviceRef": {"name": "web", "port": "http"}, **spec}}


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        pytest.param(
            {"prefixListsIDs": ["pl-1"], "PrefixListsIDs": ["pl-2"]},
            "spec",
            "Invalid value: only one of prefixListsIDs and PrefixListsIDs may be given",
            id="both spellings of prefix lists",
        ),
        pytest.param(
            {"scheme": "public"},
            "spec.scheme",
            'Unsupported value: "public": supported values: "internal", "internet-facing"',
            id="a scheme that does not exist",
        ),
        pytest.param(
            {"subnets": {"ids": ["net-1"]}},
            "spec.subnets.ids[0]",
            "Invalid value: \"net-1\": spec.subnets.ids[0] in body should match 'subnet-[0-9a-f]+'",
            id="an id that is no subnet's",
        ),
        pytest.param({"group": {}}, "spec.group.name", "Required value", id="a group without a name"),
    ],
)
async def test_bad_parameters_are_refused(spec: dict[str, Any], field: str, message: str) -> None:
    status = await (await cluster()).status("POST", PARAMS, params(**spec))
    assert (status["code"], causes(status)) == (422, [(field, message)])


async def test_either_spelling_of_prefix_lists_is_taken() -> None:
    for spelling in ("prefixListsIDs", "PrefixListsIDs"):
        made = await (await cluster()).call("POST", PARAMS, params(**{spelling: ["pl-1"]}))
        assert made["spec"] == {spelling: ["pl-1"]}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"targetType": "lambda"}, "spec.targetType", id="a target type that has no targets of ours"),
        pytest.param({"targetGroupProtocol": "SCTP"}, "spec.targetGroupProtocol", id="a protocol that does not exist"),
        pytest.param({"ipAddressType": "dualstack"}, "spec.ipAddressType", id="two families at once"),
    ],
)
async def test_bad_bindings_are_refused(spec: dict[str, Any], field: str) -> None:
    status = await (await cluster()).status("POST", BINDINGS.format(version="v1beta1"), binding(**spec))
    assert (status["code"], [each for each, _ in causes(status)]) == (422, [field])


async def test_bindings_of_the_older_version_are_the_same_objects() -> None:
    server = await cluster()
    await server.call("POST", BINDINGS.format(version="v1alpha1"), binding("v1alpha1"))
    found = await server.call("GET", f"{BINDINGS.format(version='v1beta1')}/b")
    assert (found["apiVersion"], found["spec"]) == ("elbv2.k8s.aws/v1beta1", binding()["spec"])
