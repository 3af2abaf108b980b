"""The view as a whole: what is found by what it refers to, and what can be seen at all."""

import json

import pytest

from services.planner.core.objects import Kind
from services.planner.core.secrets import SecretState
from services.planner.view.cluster import ClusterView
from services.planner.view.events import KindState, Reported, SecretSeen
from tests.unit.planner_shell.things import (
    ARN,
    STACK,
    binding,
    endpoint,
    endpoints,
    ingress,
    node,
    pod,
    seen,
    service,
    snapshot,
    view_of,
)


def test_objects_are_found_by_what_they_refer_to() -> None:
    front, web, tg = ingress("front", "web", "api"), service("web"), binding()
    slice_, web_1 = endpoints(endpoint(1)), pod("web-1")
    view = view_of(front, web, tg, slice_, web_1)
    assert view.ingresses_of_service(("shop", "api")) == (front,)
    assert view.bindings_of_service(("shop", "web")) == (tg,)
    assert view.bindings_of_stack(STACK) == (tg,)
    assert view.bindings_of_group(ARN) == (tg,)
    assert view.slices_of_service(("shop", "web")) == (slice_,)
    assert view.slices_of_pod(("shop", "web-1")) == (slice_,)
    assert view.pods_of_node("node-1") == (web_1,)


def test_references_follow_a_change_and_a_deletion() -> None:
    view = view_of(binding(service="web", version=5))
    view.fold(seen(binding(service="api", version=101)))
    assert view.bindings_of_service(("shop", "web")) == ()
    assert len(view.bindings_of_service(("shop", "api"))) == 1
    view.fold(seen(binding(service="api", version=101), deleted_at=102))
    assert view.bindings_of_service(("shop", "api")) == ()
    assert view.bindings_of_stack(STACK) == ()


def test_a_mapping_that_was_handed_out_never_changes() -> None:
    view = view_of(node("a"))
    before = view.nodes()
    assert view.nodes() is before
    view.fold(seen(node("b", version=101)))
    assert (sorted(before), sorted(view.nodes())) == (["a"], ["a", "b"])


@pytest.mark.parametrize("left_out", list(Kind))
def test_nothing_is_ready_before_every_kind_was_listed_once(left_out: Kind) -> None:
    view = ClusterView()
    for kind in Kind:
        if kind is not left_out:
            snapshot(view, kind)
    assert not view.ready
    assert view.blind(lost=False) == {left_out: "not listed yet"}
    snapshot(view, left_out)
    assert view.ready
    assert view.blind(lost=True) == {}


@pytest.mark.parametrize(
    ("state", "ready", "blind", "blind_for_stacks"),
    [
        pytest.param(KindState.MISSING, True, "missing: why", "missing: why", id="a missing kind is not waited for"),
        pytest.param(KindState.REFUSED, True, "refused: why", "refused: why", id="nor is a refused one"),
        pytest.param(KindState.LOST, False, "not listed yet", "lost: why", id="a lost one is: it may have objects"),
        pytest.param(KindState.SYNCING, False, "not listed yet", "not listed yet", id="so is one being listed"),
    ],
)
def test_kinds_that_were_never_listed(state: KindState, ready: bool, blind: str, blind_for_stacks: str) -> None:
    view = view_of()
    fresh = ClusterView()
    for kind in Kind:
        if kind is not Kind.TARGET_GROUP_BINDING:
            snapshot(fresh, kind)
    fresh.fold(Reported(kind=Kind.TARGET_GROUP_BINDING, state=state, message="why"))
    assert view.ready
    assert fresh.ready is ready
    assert fresh.blind(lost=False) == {Kind.TARGET_GROUP_BINDING: blind}
    assert fresh.blind(lost=True) == {Kind.TARGET_GROUP_BINDING: blind_for_stacks}


def test_a_kind_that_is_lost_keeps_its_objects_and_is_blind_for_stacks_only() -> None:
    view = view_of(pod("web-1"))
    view.fold(Reported(kind=Kind.POD, state=KindState.LOST, message="connection refused"))
    assert view.pod(("shop", "web-1")) is not None
    assert view.blind(lost=False) == {}
    assert view.blind(lost=True) == {Kind.POD: "lost: connection refused"}
    assert view.ready


def test_a_kind_that_is_listed_again_is_not_blind_meanwhile() -> None:
    view = view_of()
    view.fold(Reported(kind=Kind.POD, state=KindState.SYNCING))
    assert view.blind(lost=True) == {}


def test_kinds_that_are_missing_or_refused_are_named() -> None:
    view = view_of()
    view.fold(Reported(kind=Kind.POD, state=KindState.REFUSED))
    view.fold(Reported(kind=Kind.NODE, state=KindState.LOST))
    assert view.unseen_kinds == {Kind.POD}


def test_a_cut_stream_leaves_the_view_as_it_was() -> None:
    view = view_of(pod("web-1"))
    view.cut()
    assert view.pod(("shop", "web-1")) is not None
    assert view.ready


def naming(secret: str) -> dict[str, str]:
    """Annotations that name a Secret."""
    fields = ("issuer", "authorizationEndpoint", "tokenEndpoint", "userInfoEndpoint")
    provider = {**dict.fromkeys(fields, "https://idp.example.com"), "secretName": secret}
    return {"alb.ingress.kubernetes.io/auth-idp-oidc": json.dumps(provider)}


def test_secrets_are_needed_as_long_as_an_ingress_or_a_service_names_them() -> None:
    view = view_of(ingress("front", "web", annotations=naming("idp")), service("web", annotations=naming("other")))
    assert view.secrets_needed() == {("shop", "idp"), ("shop", "other")}
    assert [i.meta.name for i in view.ingresses_of_secret(("shop", "idp"))] == ["front"]
    assert [i.meta.name for i in view.ingresses_of_secret(("shop", "other"))] == ["front"]
    view.fold(seen(ingress("front", "web", version=101)))
    assert view.secrets_needed() == {("shop", "other")}
    assert view.ingresses_of_secret(("shop", "idp")) == ()


def test_secrets_of_objects_are_those_that_they_name_as_far_as_they_were_told() -> None:
    front, web = ingress("front", annotations=naming("idp")), service("web", annotations=naming("other"))
    view = view_of(front, web)
    assert view.secrets_of((front, web)) == {}
    told = SecretState(namespace="shop", name="idp", present=True)
    assert view.fold(SecretSeen(state=told)) == []
    assert view.secret(("shop", "idp")) == told
    assert (view.secrets_of((front, web)), view.secrets_of((web,))) == ({("shop", "idp"): told}, {})
