"""How manifests are tried: which request is sent, and what of the answer was made up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.cli.errors import CliError
from services.cli.kube.access import APPLY_PATCH, JSON, MERGE_PATCH, KubernetesAccess, RefusedError
from services.cli.kube.dry_run import LAST_APPLIED, DryRun, Stored
from services.cli.manifests import read_manifests

SERVICES = "/api/v1/namespaces/game/services"


def service(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "game"},
        "spec": {"type": "NodePort", **spec},
    }


def live(annotations: Mapping[str, str], **spec: Any) -> dict[str, Any]:
    made = service(**spec)
    made["metadata"] |= {"uid": "u", "annotations": dict(annotations)}
    return made


@dataclass
class Scripted(KubernetesAccess):
    """Answers a GET from `there`, and a write with its body and the spec that is `added`."""

    there: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""
    namespace: str = "default"
    sent: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def get(self, path: str) -> dict[str, Any] | None:
        return self.there.get(path)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
        content_type: str = JSON,
    ) -> dict[str, Any]:
        assert (query or {})["dryRun"] == "All"
        if self.refusal:
            raise RefusedError(422, self.refusal)
        self.sent.append((method, path, content_type, body))
        sent = body or {}
        return {**service(), "metadata": dict(sent["metadata"]), "spec": {**sent.get("spec", {}), **self.added}}


GAME: Mapping[str, Any] = {"/api/v1/namespaces/game": {}}


def test_an_object_that_is_not_there_is_created_and_its_node_ports_are_made_up() -> None:
    access = Scripted(there=GAME, added={"ports": [{"port": 80, "nodePort": 30123}], "healthCheckNodePort": 30200})
    stored = DryRun(access, []).stored(service())
    assert access.sent == [("POST", SERVICES, JSON, service())]
    assert (stored.created, stored.node_ports, stored.note) == (True, [30123, 30200], "")


def test_a_node_port_that_is_asked_for_or_stands_is_not_made_up() -> None:
    ports = [{"port": 80, "nodePort": 30123}, {"port": 81, "nodePort": 30124}, {"port": 82, "nodePort": 30125}]
    access = Scripted(there={**GAME, f"{SERVICES}/web": live({}, ports=ports[:1])}, added={"ports": ports})
    assert DryRun(access, []).stored(service(ports=ports[1:2])).node_ports == [30125]


def test_what_kubectl_applied_is_patched_as_kubectl_would() -> None:
    before = service(externalTrafficPolicy="Local", ports=[])
    there = live({LAST_APPLIED: json.dumps(before)})
    access = Scripted(there={**GAME, f"{SERVICES}/web": there})
    assert not DryRun(access, []).stored(service(ports=[{"port": 80}])).created
    expected = {**service(ports=[{"port": 80}])}
    expected["spec"]["externalTrafficPolicy"] = None
    assert access.sent == [("PATCH", f"{SERVICES}/web", MERGE_PATCH, expected)]


def test_what_nobody_applied_with_kubectl_is_applied_server_side() -> None:
    access = Scripted(there={**GAME, f"{SERVICES}/web": live({})})
    DryRun(access, []).stored(service())
    assert access.sent == [("PATCH", f"{SERVICES}/web", APPLY_PATCH, service())]


def test_an_object_of_a_namespace_that_is_in_the_file_is_tried_elsewhere() -> None:
    access = Scripted()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "game"}}
    stored = DryRun(access, [namespace]).stored(service())
    trial = {**service(), "metadata": {"namespace": "default", "generateName": "web-"}}
    assert access.sent == [("POST", "/api/v1/namespaces/default/services", JSON, trial)]
    assert stored == Stored(
        raw=service(),
        created=True,
        node_ports=[],
        note="Namespace game does not exist yet: defaults and admission are those of namespace default",
    )


@pytest.mark.parametrize(
    ("manifest", "access", "words"),
    [
        pytest.param(service(), Scripted(), "namespace game does not exist", id="a namespace that nobody makes"),
        pytest.param(
            {**service(), "apiVersion": "v2"}, Scripted(there=GAME), "apiVersion is v2, v1 is known", id="a version"
        ),
        pytest.param(
            service(),
            Scripted(there=GAME, refusal="spec.ports: Required value"),
            "Service game/web would be refused: spec.ports: Required value",
            id="what the API server refuses",
        ),
    ],
)
def test_what_would_not_be_stored_is_said(manifest: dict[str, Any], access: Scripted, words: str) -> None:
    with pytest.raises(CliError) as raised:
        DryRun(access, []).stored(manifest)
    assert words in raised.value.message


def test_documents_and_lists_are_read_in_order(tmp_path: Any) -> None:
    file = tmp_path / "all.yaml"
    listed = {"kind": "List", "items": [service()]}
    file.write_text(f"---\n---\n{json.dumps(listed)}\n---\nkind: Namespace\nmetadata: {{name: game}}\n")
    assert [m["kind"] for m in read_manifests([str(file)])] == ["Service", "Namespace"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a: [", "is not YAML", id="no YAML"),
        pytest.param("just words", "document 1: no Kubernetes object", id="no object"),
        pytest.param("kind: Service\nmetadata: {}", "document 1: no Kubernetes object", id="an object without a name"),
        pytest.param("", "no objects in", id="an empty file"),
    ],
)
def test_a_file_without_objects_is_an_error_with_its_place(tmp_path: Any, text: str, words: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(CliError) as raised:
        read_manifests([str(file)])
    assert words in raised.value.message
