"""What admission says without asking anybody: classes of Services, parameters of classes, QUIC server ids."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from services.watcher.core.admission.class_params import review_class_params
from services.watcher.core.admission.reviews import (
    ALLOWED,
    Answer,
    NoReviewError,
    Question,
    read_review,
    write_review,
)
from services.watcher.core.admission.server_ids import CONTAINERS_ANNOTATION, ServerIds, with_server_ids
from services.watcher.core.admission.service_class import with_class

OURS = "service.k8s.aws/nlb"
NAME = "AWS_LBC_QUIC_SERVER_ID"


def question(
    thing: Mapping[str, Any] | None, old: Mapping[str, Any] | None = None, *, operation: str = "CREATE"
) -> Question:
    return Question(uid="1", operation=operation, namespace="shop", object=thing, old=old)


def spec(**fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "it"}, "spec": fields}


def added(path: str, value: Any) -> Answer:
    return Answer(patch=[{"op": "add", "path": path, "value": value}])


BALANCER = spec(type="LoadBalancer")
CLASSED = spec(type="LoadBalancer", loadBalancerClass="other")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(question(BALANCER), added("/spec/loadBalancerClass", OURS), id="a new one without a class"),
        pytest.param(question(CLASSED), ALLOWED, id="a new one with a class"),
        pytest.param(question(spec(type="NodePort")), ALLOWED, id="a new one of another type"),
        pytest.param(
            question(BALANCER, CLASSED, operation="UPDATE"),
            added("/spec/loadBalancerClass", "other"),
            id="one that would lose its class",
        ),
        pytest.param(question(BALANCER, BALANCER, operation="UPDATE"), ALLOWED, id="one that never had a class"),
    ],
)
def test_services_get_or_keep_a_class(asked: Question, answer: Answer) -> None:
    assert with_class(asked, OURS) == answer


@pytest.mark.parametrize(
    ("fields", "denial"),
    [
        pytest.param({}, "", id="nothing said"),
        pytest.param({"inboundCIDRs": ["10.0.0.0/8", "2001:db8::/32"]}, "", id="ranges"),
        pytest.param(
            {"inboundCIDRs": ["10.0.0.1/8"]},
            'spec.inboundCIDRs[0] "10.0.0.1/8" is not accepted: 10.0.0.1/8 has host bits set',
            id="a range with host bits",
        ),
        pytest.param(
            {"inboundCIDRs": ["10.0.0.0/8", "10.0.0.1"]},
            'spec.inboundCIDRs[1] "10.0.0.1" is not accepted: it has no prefix length',
            id="an address for a range",
        ),
        pytest.param({"subnets": {"ids": ["subnet-1"]}}, "", id="subnets by id"),
        pytest.param({"subnets": {"tags": {"tier": ["a", "b"]}}}, "", id="subnets by tag"),
        pytest.param(
            {"subnets": {"ids": ["subnet-1"], "tags": {"tier": ["a"]}}},
            "spec.subnets takes either ids or tags",
            id="subnets by both",
        ),
        pytest.param({"subnets": {}}, "spec.subnets takes either ids or tags", id="subnets by neither"),
        pytest.param(
            {"subnets": {"ids": ["subnet-1", "subnet-1"]}}, "spec.subnets.ids names subnet-1 twice", id="a subnet twice"
        ),
        pytest.param(
            {"subnets": {"tags": {"tier": []}}}, 'spec.subnets.tags has no value for "tier"', id="a tag of no value"
        ),
        pytest.param(
            {"inboundCIDRs": ["x"], "subnets": {"tags": {"tier": ["a", "a"]}}},
            "spec.inboundCIDRs[0] \"x\" is not accepted: 'x' does not appear to be an IPv4 or IPv6 network; "
            'spec.subnets.tags has the value "a" for "tier" twice',
            id="all that is wrong at once",
        ),
    ],
)
def test_the_table_of_class_parameters(fields: dict[str, Any], denial: str) -> None:
    assert review_class_params(question(spec(**fields))).denial == denial


def ids(*moments: int, first: int = 5, worker: int = 3) -> ServerIds:
    clock = iter(moments)
    return ServerIds(worker=worker, now_ms=lambda: next(clock), first=lambda: first)


def decoded(text: str) -> tuple[int, int, int]:
    """Milliseconds since 2020, worker and count of an id."""
    number = int.from_bytes(base64.b64decode(text), "big")
    return number >> 24, number >> 7 & (1 << 17) - 1, number & 127


def test_server_ids_count_within_a_millisecond_and_go_on_with_the_next() -> None:
    made = ids(1_577_836_800_001, 1_577_836_800_001, 1_577_836_800_002)
    assert [decoded(made.next()) for _ in range(3)] == [(1, 3, 5), (1, 3, 6), (2, 3, 5)]


def test_a_full_millisecond_and_a_clock_that_goes_back_give_no_id_twice() -> None:
    made = ids(*[1_577_836_800_001] * 3, 1_577_836_800_000, first=126)
    assert [decoded(made.next()) for _ in range(4)] == [(1, 3, 126), (1, 3, 127), (2, 3, 0), (2, 3, 1)]


def pod(annotation: str | None, *containers: dict[str, Any], **rest: Any) -> Question:
    annotations = {} if annotation is None else {CONTAINERS_ANNOTATION: annotation}
    return question({"metadata": {"annotations": annotations}, "spec": {"containers": list(containers), **rest}})


def paths(asked: Question) -> list[str]:
    answer = with_server_ids(asked, ids(*range(1_577_836_800_001, 1_577_836_800_009)), NAME)
    return [operation["path"] for operation in answer.patch]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(pod(None, {"name": "a"}), [], id="a pod that asks for none"),
        pytest.param(pod("a", {"name": "a"}, {"name": "b"}), ["/spec/containers/0/env"], id="one of two containers"),
        pytest.param(
            pod("a", {"name": "a", "env": [{"name": "X"}]}), ["/spec/containers/0/env/-"], id="one with variables"
        ),
        pytest.param(pod("a", {"name": "a", "env": [{"name": NAME}]}), [], id="one that has an id of its own"),
        pytest.param(pod("b, a", {"name": "a"}), [], id="names are taken as they are written"),
        pytest.param(
            pod("a,i", {"name": "a"}, initContainers=[{"name": "i"}]),
            ["/spec/containers/0/env", "/spec/initContainers/0/env"],
            id="init containers too",
        ),
    ],
)
def test_containers_that_are_named_get_a_server_id(asked: Question, expected: list[str]) -> None:
    assert paths(asked) == expected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"}', id="another version"),
        pytest.param(b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}', id="no request"),
        pytest.param(
            b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",'
            b' "request": {"uid": "1", "operation": "CREATE", "object": []}}',
            id="an object that is none",
        ),
        pytest.param(b"[" * 100_000, id="what no reader takes"),
    ],
)
def test_what_is_no_review_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NoReviewError):
        read_review(body)


def test_a_review_is_read_and_answered() -> None:
    request = {"uid": "7", "operation": "CREATE", "namespace": "shop", "object": {"metadata": {"generateName": "a-"}}}
    body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()
    asked = read_review(body)
    assert asked.subject == {"metadata": {"generateName": "a-", "namespace": "shop"}}
    patch = base64.b64encode(b'[{"op":"add"}]').decode()
    assert write_review(asked, Answer(patch=[{"op": "add"}], warnings=["w" * 2_000])) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {
            "uid": "7",
            "allowed": True,
            "patchType": "JSONPatch",
            "patch": patch,
            "warnings": ["w" * 1_000],
        },
    }
    assert write_review(asked, Answer(denial="no"))["response"] == {
        "uid": "7",
        "allowed": False,
        "status": {"code": 403, "reason": "Forbidden", "message": "no"},
    }
