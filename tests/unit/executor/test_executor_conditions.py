"""Readiness conditions, Leases and Events as values."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.executor.core.conditions import Condition, Health, gate_condition, health_of, status_patch
from services.executor.core.leases import Leader, leader_of, why_not_leading
from services.executor.kube.events import as_event

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        pytest.param({"State": "healthy"}, Condition(status="True", reason="", message=""), id="healthy"),
        pytest.param(
            {"State": "initial", "Reason": "Elb.InitialHealthChecking", "Description": "Initial health checks"},
            Condition(status="False", reason="Elb.InitialHealthChecking", message="Initial health checks"),
            id="first checks run",
        ),
        pytest.param(
            {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"},
            Condition(status="False", reason="Target.Timeout", message="Request timed out"),
            id="unhealthy",
        ),
        pytest.param(
            {"State": "draining", "Reason": "Target.DeregistrationInProgress"},
            Condition(status="False", reason="Target.DeregistrationInProgress", message=""),
            id="draining",
        ),
        pytest.param({}, Condition(status="Unknown", reason="", message=""), id="nobody told"),
    ],
)
def test_a_gate_follows_from_health(health: dict[str, str], expected: Condition) -> None:
    described = {"Target": {"Id": "10.0.0.1", "Port": 80}, "TargetHealth": health}
    assert gate_condition(health_of(described)) == expected


def test_health_of_a_target_without_a_port() -> None:
    assert health_of({"Target": {"Id": "i-1"}, "TargetHealth": {"State": "unused"}}) == Health(
        id="i-1", port=0, state="unused"
    )


@pytest.mark.parametrize(
    ("changed_at", "time"),
    [
        pytest.param("2026-05-01T12:00:00Z", {"lastTransitionTime": "2026-05-01T12:00:00Z"}, id="the status changed"),
        pytest.param(None, {}, id="only the reason changed"),
    ],
)
def test_the_time_of_a_condition_moves_only_when(changed_at: str | None, time: dict[str, str]) -> None:
    condition = Condition(status="False", reason="R", message="m")
    assert status_patch("gate", condition, uid="u", changed_at=changed_at) == {
        "metadata": {"uid": "u"},
        "status": {"conditions": [{"type": "gate", "status": "False", "reason": "R", "message": "m", **time}]},
    }


def lease(**spec: Any) -> dict[str, Any]:
    whole = {
        "holderIdentity": "planner-0",
        "leaseTransitions": 3,
        "renewTime": "2026-05-01T11:59:50.000000Z",
        "leaseDurationSeconds": 15,
    }
    return {"spec": {**whole, **spec}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            lease(),
            Leader(holder="planner-0", epoch=3, good_until=datetime(2026, 5, 1, 12, 0, 5, tzinfo=UTC)),
            id="held",
        ),
        pytest.param(
            lease(leaseTransitions=None),
            Leader(holder="planner-0", epoch=0, good_until=datetime(2026, 5, 1, 12, 0, 5, tzinfo=UTC)),
            id="never passed on",
        ),
        pytest.param(lease(holderIdentity=""), None, id="released"),
        pytest.param(lease(renewTime=None), None, id="never renewed"),
        pytest.param({"metadata": {}}, None, id="empty"),
    ],
)
def test_who_leads_by_a_lease_that_is(given: dict[str, Any], expected: Leader | None) -> None:
    assert leader_of(given) == expected


@pytest.mark.parametrize(
    ("holder", "epoch", "now", "expected"),
    [
        pytest.param("planner-0", 3, NOON, "", id="the holder in its epoch"),
        pytest.param("planner-1", 3, NOON, "planner-0 holds the planner's Lease, not planner-1", id="another one"),
        pytest.param("planner-0", 2, NOON, "the planner's Lease is in epoch 3, not 2", id="an older epoch"),
        pytest.param(
            "planner-0",
            3,
            NOON.replace(second=5),
            "the planner's Lease ran out at 2026-05-01T12:00:05+00:00",
            id="the end of the Lease",
        ),
    ],
)
def test_why_a_planner_does_not_lead(holder: str, epoch: int, now: datetime, expected: str) -> None:
    assert why_not_leading(leader_of(lease()), holder, epoch, now) == expected


@pytest.mark.parametrize(
    ("trace_id", "message", "annotations"),
    [
        pytest.param("0af7", "Made (trace 0af7)", {"elbow.k8s.aws/trace-id": "0af7"}, id="in a trace"),
        pytest.param("", "Made", None, id="outside of one"),
    ],
)
def test_an_event(trace_id: str, message: str, annotations: dict[str, str] | None) -> None:
    involved = {"kind": "Ingress", "namespace": "shop", "name": "web"}
    body = {"involvedObject": involved, "type": "Normal", "reason": "Reconciled", "message": "Made"}
    metadata = {"name": "web.1", "namespace": "shop"} | ({"annotations": annotations} if annotations else {})
    assert as_event(body, name="web.1", namespace="shop", now=NOON, trace_id=trace_id) == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata,
        "involvedObject": involved,
        "type": "Normal",
        "reason": "Reconciled",
        "message": message,
        "count": 1,
        "firstTimestamp": "2026-05-01T12:00:00Z",
        "lastTimestamp": "2026-05-01T12:00:00Z",
        "source": {"component": "elbow"},
        "reportingComponent": "elbow",
        "reportingInstance": "",
    }
