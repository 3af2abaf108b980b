"""Admission webhooks: whom a write concerns, what they are asked, what becomes of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.unit.sandbox_kubernetes.apiserver_cluster import (
    DEPLOYMENTS,
    MERGE,
    NOW_TEXT,
    PODS,
    Cluster,
    causes,
    config_map,
    deployment,
    pod,
)
from tests.unit.sandbox_kubernetes.webhook_bench import Answer, Hook, denied, patched, serving

MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
ALL_CONFIG_MAPS = [
    {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]},
]


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    made = Cluster()
    yield made
    await made.api.webhooks.close()


@pytest.fixture
async def hook(tmp_path: Path) -> AsyncIterator[Hook]:
    async with serving(tmp_path) as served:
        yield served


async def configure(cluster: Cluster, kind: str, *webhooks: dict[str, Any], name: str = "hooks") -> Any:
    return await cluster.call("POST", kind, {"metadata": {"name": name}, "webhooks": list(webhooks)})


async def test_a_configuration_gets_the_defaults_of_v1(cluster: Cluster, hook: Hook) -> None:
    made = await configure(cluster, MUTATING, hook.webhook())
    said = {key: value for key, value in made["webhooks"][0].items() if key not in hook.webhook()}
    assert said == {
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {},
        "objectSelector": {},
        "timeoutSeconds": 10,
        "reinvocationPolicy": "Never",
    }
    assert made["webhooks"][0]["rules"][0]["scope"] == "*"


@pytest.mark.parametrize(
    ("over", "cause"),
    [
        pytest.param(
            {"name": "short.name"},
            ("webhooks[0].name", 'Invalid value: "short.name": should be a domain with at least three segments'),
            id="a name of two segments",
        ),
        pytest.param(
            {"clientConfig": {"url": "http://127.0.0.1/x"}},
            ("webhooks[0].clientConfig.url", "Invalid value: \"http\": 'https' is the only allowed URL scheme"),
            id="an address in plain text",
        ),
        pytest.param(
            {"clientConfig": {}},
            ("webhooks[0].clientConfig", "Required value: exactly one of url or service is required"),
            id="neither address nor Service",
        ),
        pytest.param(
            {"timeoutSeconds": 31},
            ("webhooks[0].timeoutSeconds", "Invalid value: 31: the timeout value must be between 1 and 30 seconds"),
            id="too long a time-out",
        ),
        pytest.param(
            {"sideEffects": None},
            ("webhooks[0].sideEffects", "Required value: must specify one of None, NoneOnDryRun"),
            id="no word on side effects",
        ),
        pytest.param(
            {"failurePolicy": "Maybe"},
            ("webhooks[0].failurePolicy", 'Unsupported value: "Maybe": supported values: "Fail", "Ignore"'),
            id="an unknown failure policy",
        ),
        pytest.param(
            {"matchConditions": [{"name": "x", "expression": "true"}]},
            ("webhooks[0].matchConditions", "Forbidden: the sandbox evaluates no CEL expressions"),
            id="what the sandbox cannot evaluate",
        ),
    ],
)
async def test_a_configuration_that_cannot_be_is_refused(
    cluster: Cluster, hook: Hook, over: dict[str, Any], cause: tuple[str, str]
) -> None:
    body = {"metadata": {"name": "hooks"}, "webhooks": [hook.webhook(**over)]}
    found = causes(await cluster.status("POST", VALIDATING, body))
    assert any(field == cause[0] and message.startswith(cause[1]) for field, message in found), found


async def test_a_mutating_webhook_is_shown_the_object_with_its_defaults_and_without_system_fields(
    cluster: Cluster, hook: Hook
) -> None:
    await configure(cluster, MUTATING, hook.webhook())
    await cluster.call("POST", PODS, {**pod(), "metadata": {"generateName": "web-"}})
    asked = hook.asked[0]
    assert {key: asked[key] for key in asked if key not in {"uid", "object", "options", "userInfo"}} == {
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": "default",
        "operation": "CREATE",
        "oldObject": None,
        "dryRun": False,
    }
    assert asked["object"]["metadata"] == {"generateName": "web-", "namespace": "default"}
    assert asked["object"]["spec"]["restartPolicy"] == "Always"


async def test_a_validating_webhook_is_shown_the_object_as_it_will_be_stored(cluster: Cluster, hook: Hook) -> None:
    await configure(cluster, VALIDATING, hook.webhook())
    made = await cluster.call("POST", PODS, {**pod(), "metadata": {"generateName": "web-"}})
    shown = hook.asked[0]["object"]["metadata"]
    assert (shown["uid"], shown["name"]) == (made["metadata"]["uid"], made["metadata"]["name"])
    assert shown["creationTimestamp"] == NOW_TEXT


async def test_patches_build_on_each_other_by_name_of_the_configuration(
    cluster: Cluster, tmp_path: Path, hook: Hook
) -> None:
    (tmp_path / "second").mkdir()
    async with serving(tmp_path / "second") as second:
        hook.answer = patched({"op": "add", "path": "/metadata/labels", "value": {"a": "1"}})
        second.answer = patched({"op": "add", "path": "/metadata/labels/b", "value": "2"})
        await configure(cluster, MUTATING, second.webhook(), name="b")
        await configure(cluster, MUTATING, hook.webhook(), name="a")
        made = await cluster.call("POST", PODS, pod())
    assert made["metadata"]["labels"] == {"a": "1", "b": "2"}


async def test_what_a_patch_makes_is_validated_as_if_the_client_had_said_it(cluster: Cluster, hook: Hook) -> None:
    hook.answer = patched({"op": "replace", "path": "/spec/containers/0/name", "value": "Not_a_name"})
    await configure(cluster, MUTATING, hook.webhook())
    status = await cluster.status("POST", PODS, pod())
    assert (status["code"], status["reason"]) == (422, "Invalid")


@pytest.mark.parametrize("kind", [pytest.param(MUTATING, id="mutating"), pytest.param(VALIDATING, id="validating")])
async def test_a_denial_ends_the_write_with_the_webhooks_words(cluster: Cluster, hook: Hook, kind: str) -> None:
    hook.answer = denied("not today")
    await configure(cluster, kind, hook.webhook())
    status = await cluster.status("POST", PODS, pod())
    assert (status["code"], status["reason"], status["message"]) == (
        403,
        "Forbidden",
        'admission webhook "a.example.com" denied the request: not today',
    )
    assert (await cluster.call("GET", PODS))["items"] == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            lambda _: {"allowed": False},
            'admission webhook "a.example.com" denied the request without explanation',
            id="a denial without a word",
        ),
        pytest.param(
            lambda _: {"allowed": True, "uid": "other"},
            'Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: '
            'expected response.uid="<uid>", got "other"',
            id="an answer to another question",
        ),
        pytest.param(
            lambda _: {"allowed": True, "patch": "W10="},
            'Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: '
            "webhook returned response.patch but not response.patchType",
            id="a patch of no type",
        ),
        pytest.param(
            lambda _: web.Response(status=500, text="broken"),
            'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: '
            'an error on the server ("broken") has prevented the request from succeeding',
            id="an error of the webhook's server",
        ),
        pytest.param(
            lambda _: web.Response(status=404),
            'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: '
            "the server could not find the requested resource",
            id="a path that is not served",
        ),
    ],
)
async def test_refusals_read_as_those_of_a_real_api_server(
    cluster: Cluster, hook: Hook, answer: Answer, message: str
) -> None:
    hook.answer = answer
    await configure(cluster, MUTATING, hook.webhook())
    status = await cluster.status("POST", PODS, pod())
    assert status["message"].replace(hook.asked[0]["uid"], "<uid>") == message


async def test_a_webhook_that_cannot_be_reached_fails_the_write_or_not_by_its_policy(
    cluster: Cluster, hook: Hook
) -> None:
    config = {"url": "https://127.0.0.1:1/review", "caBundle": hook.bundle}
    await configure(cluster, MUTATING, hook.webhook(clientConfig=config))
    status = await cluster.status("POST", PODS, pod())
    assert (status["code"], status["reason"], status["message"]) == (
        500,
        "InternalError",
        'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: '
        'Post "https://127.0.0.1:1/review?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
    )
    open_ = {"webhooks": [hook.webhook(clientConfig=config, failurePolicy="Ignore")]}
    await cluster.call("PATCH", f"{MUTATING}/hooks", open_, content_type=MERGE)
    assert (await cluster.call("POST", PODS, pod()))["metadata"]["name"] == "web"


async def test_a_certificate_of_another_authority_is_not_trusted(cluster: Cluster, tmp_path: Path, hook: Hook) -> None:
    (tmp_path / "other").mkdir()
    async with serving(tmp_path / "other") as other:
        config = {"url": f"{hook.url}/review", "caBundle": other.bundle}
        await configure(cluster, MUTATING, hook.webhook(clientConfig=config))
        status = await cluster.status("POST", PODS, pod())
    assert "tls: failed to verify certificate" in status["message"]


async def test_a_service_that_is_not_there_is_named(cluster: Cluster, hook: Hook) -> None:
    config = {"service": {"name": "hooks", "namespace": "kube-system"}}
    await configure(cluster, MUTATING, hook.webhook(clientConfig=config))
    status = await cluster.status("POST", PODS, pod())
    assert status["message"].endswith('failed to call webhook: service "hooks" not found')


@pytest.mark.parametrize(
    ("over", "labels", "concerned"),
    [
        pytest.param({}, {}, True, id="no selector selects all"),
        pytest.param({"namespaceSelector": {"matchLabels": {"inject": "yes"}}}, {}, False, id="another namespace"),
        pytest.param(
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}},
            {},
            True,
            id="the namespace by its label",
        ),
        pytest.param(
            {"objectSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["elbow"]}]}},
            {},
            True,
            id="a label that is not there is not in the set",
        ),
        pytest.param(
            {"objectSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["elbow"]}]}},
            {"app": "elbow"},
            False,
            id="an object that is left out by its label",
        ),
        pytest.param(
            {"rules": [{"operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]},
            {},
            False,
            id="another operation",
        ),
        pytest.param(
            {"rules": [{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/status"]}]},
            {},
            False,
            id="a subresource only",
        ),
        pytest.param(
            {"rules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}]},
            {},
            True,
            id="everything",
        ),
        pytest.param(
            {
                "rules": [
                    {
                        "operations": ["*"],
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "resources": ["pods"],
                        "scope": "Cluster",
                    }
                ]
            },
            {},
            False,
            id="objects of no namespace only",
        ),
    ],
)
async def test_rules_and_selectors_decide_whom_a_write_concerns(
    cluster: Cluster, hook: Hook, over: dict[str, Any], labels: dict[str, str], *, concerned: bool
) -> None:
    await configure(cluster, VALIDATING, hook.webhook(**over))
    body = pod()
    body["metadata"]["labels"] = labels
    await cluster.call("POST", PODS, body)
    assert bool(hook.asked) is concerned


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        pytest.param("Equivalent", {"group": "events.k8s.io", "version": "v1", "kind": "Event"}, id="equivalent"),
        pytest.param("Exact", None, id="exact"),
    ],
)
async def test_a_rule_for_one_group_meets_its_twin_unless_it_wants_exactly_its_own(
    cluster: Cluster, hook: Hook, policy: str, kind: dict[str, str] | None
) -> None:
    rule = {"operations": ["*"], "apiGroups": ["events.k8s.io"], "apiVersions": ["v1"], "resources": ["events"]}
    await configure(cluster, VALIDATING, hook.webhook(rules=[rule], matchPolicy=policy))
    event = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}, "message": "seen"}
    await cluster.call("POST", "/api/v1/namespaces/default/events", event)
    assert [asked["kind"] for asked in hook.asked] == ([kind] if kind else [])
    if kind:
        assert hook.asked[0]["object"]["note"] == "seen"
        assert hook.asked[0]["requestKind"] == {"group": "", "version": "v1", "kind": "Event"}


async def test_an_update_shows_both_objects_and_may_be_changed(cluster: Cluster, hook: Hook) -> None:
    await configure(cluster, MUTATING, hook.webhook(rules=ALL_CONFIG_MAPS))
    await cluster.call("POST", CONFIG_MAPS, config_map(a="1"))
    hook.answer = patched({"op": "add", "path": "/data/b", "value": "2"})
    changed = await cluster.call("PATCH", f"{CONFIG_MAPS}/settings", {"data": {"a": "3"}}, content_type=MERGE)
    asked = hook.asked[-1]
    assert changed["data"] == {"a": "3", "b": "2"}
    assert (asked["operation"], asked["name"]) == ("UPDATE", "settings")
    assert (asked["oldObject"]["data"], asked["object"]["data"]) == ({"a": "1"}, {"a": "3"})


async def test_a_deletion_shows_what_goes_and_may_be_denied(cluster: Cluster, hook: Hook) -> None:
    await configure(cluster, VALIDATING, hook.webhook(rules=ALL_CONFIG_MAPS))
    await cluster.call("POST", CONFIG_MAPS, config_map(a="1"))
    hook.answer = denied("keep it")
    status = await cluster.status("DELETE", f"{CONFIG_MAPS}/settings")
    asked = hook.asked[-1]
    assert status["message"] == 'admission webhook "a.example.com" denied the request: keep it'
    assert (asked["operation"], asked["object"], asked["oldObject"]["data"]) == ("DELETE", None, {"a": "1"})
    assert (await cluster.call("GET", f"{CONFIG_MAPS}/settings"))["data"] == {"a": "1"}


async def test_a_write_that_another_overtook_during_its_review_is_reviewed_again(cluster: Cluster, hook: Hook) -> None:
    await cluster.call("POST", CONFIG_MAPS, config_map(a="1"))
    await configure(cluster, VALIDATING, hook.webhook(rules=ALL_CONFIG_MAPS))
    overtaken: list[Any] = []

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        if not overtaken:
            overtaken.append(asked)
            shelf = cluster.api.store.shelf("configmaps")
            record = shelf.get(("default", "settings"))
            assert record is not None
            cluster.api.store.put("configmaps", record.key, {**record.object, "data": {"a": "1", "other": "x"}})
        return {"allowed": True}

    hook.answer = answer
    changed = await cluster.call("PATCH", f"{CONFIG_MAPS}/settings", {"data": {"b": "2"}}, content_type=MERGE)
    assert changed["data"] == {"a": "1", "other": "x", "b": "2"}
    assert [asked["object"]["data"] for asked in hook.asked] == [{"a": "1", "b": "2"}, changed["data"]]


async def test_a_dry_run_is_reviewed_and_says_so(cluster: Cluster, hook: Hook) -> None:
    await configure(cluster, VALIDATING, hook.webhook())
    await cluster.call("POST", f"{PODS}?dryRun=All", pod())
    assert hook.asked[0]["dryRun"] is True
    assert hook.asked[0]["options"]["dryRun"] == ["All"]


async def test_warnings_of_webhooks_reach_the_client_once(cluster: Cluster, hook: Hook) -> None:
    hook.answer = lambda _: {"allowed": True, "warnings": ["mind the gap"]}
    await configure(cluster, MUTATING, hook.webhook())
    await configure(cluster, VALIDATING, hook.webhook())
    assert (await cluster.answer("POST", PODS, pod())).warnings == ["mind the gap"]


async def test_webhooks_are_not_asked_about_configurations_nor_a_workload_about_its_scale(
    cluster: Cluster, hook: Hook
) -> None:
    everything = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}
    await cluster.call("POST", DEPLOYMENTS, deployment())
    await configure(cluster, VALIDATING, hook.webhook(rules=[everything]))
    hook.answer = denied("no")
    await cluster.call("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 3}}, content_type=MERGE)
    await cluster.call("DELETE", f"{VALIDATING}/hooks")
    assert hook.asked == []
