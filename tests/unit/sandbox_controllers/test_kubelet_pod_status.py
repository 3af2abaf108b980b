"""What a kubelet reports."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.kubelet.pod_status import (
    changed_conditions,
    ended_status,
    readiness,
    running_status,
    termination_seconds,
)
from tests.unit.sandbox_controllers.builders import pod

NOW = datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
NOW_TEXT = "2026-03-01T10:05:00Z"
GATE = "target-health.elbv2.k8s.aws/web"


def condition(kind: str, status: str = "True", **other: Any) -> Object:
    return {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": NOW_TEXT, **other}


def scheduled() -> Object:
    one = pod("a", address=None)
    one["status"] = {"phase": "Pending", "conditions": [{**condition("PodScheduled"), "lastTransitionTime": "earlier"}]}
    return one


def test_a_pod_that_starts() -> None:
    one = scheduled()
    one["spec"]["containers"] = [{"name": "web", "image": "web:1"}]
    assert running_status(one, "10.0.100.5", "10.0.100.4", NOW) == {
        "phase": "Running",
        "podIP": "10.0.100.5",
        "podIPs": [{"ip": "10.0.100.5"}],
        "hostIP": "10.0.100.4",
        "hostIPs": [{"ip": "10.0.100.4"}],
        "startTime": NOW_TEXT,
        "containerStatuses": [
            {
                "name": "web",
                "image": "web:1",
                "imageID": "",
                "lastState": {},
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": NOW_TEXT}},
            }
        ],
        "conditions": [condition("Initialized"), condition("ContainersReady"), condition("Ready")],
    }


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param(
            [],
            {
                "status": "False",
                "reason": "ReadinessGatesNotReady",
                "message": f'corresponding condition of pod readiness gate "{GATE}" does not exist.',
            },
            id="a gate without a condition keeps the pod from being ready",
        ),
        pytest.param(
            [{"type": GATE, "status": "False"}],
            {
                "status": "False",
                "reason": "ReadinessGatesNotReady",
                "message": f'the status of pod readiness gate "{GATE}" is not "True", but False',
            },
            id="a gate that is not True does so too",
        ),
        pytest.param([{"type": GATE, "status": "True"}], {"status": "True"}, id="a True gate lets it be ready"),
    ],
)
def test_readiness_gates(conditions: list[Object], expected: Object) -> None:
    one = pod("a", spec={"readinessGates": [{"conditionType": GATE}]})
    one["status"]["conditions"] = conditions
    assert readiness(one) == expected


def test_a_pod_that_is_as_reported_needs_no_write() -> None:
    one = pod("a")
    one["status"]["conditions"] = running_status(one, "10.0.100.5", "10.0.100.4", NOW)["conditions"] + [
        condition("Ready")
    ]
    assert changed_conditions(one, NOW) == []


def test_a_gate_that_becomes_true_clears_the_reason_of_ready() -> None:
    one = pod("a", spec={"readinessGates": [{"conditionType": GATE}]})
    standing = [condition(kind) for kind in ("PodScheduled", "Initialized", "ContainersReady")]
    unready = condition("Ready", "False", reason="ReadinessGatesNotReady", message="not yet")
    one["status"]["conditions"] = [*standing, unready, {"type": GATE, "status": "True"}]
    assert changed_conditions(one, NOW) == [condition("Ready", reason=None, message=None)]


def test_a_pod_whose_containers_ended_is_not_ready() -> None:
    one = pod("a")
    one["status"]["containerStatuses"] = [{"name": "web", "ready": True, "state": {"running": {"startedAt": "then"}}}]
    down = {"reason": "PodCompleted", "message": None}
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": "then", "finishedAt": NOW_TEXT}
    assert ended_status(one, NOW) == {
        "phase": "Succeeded",
        "containerStatuses": [{"name": "web", "ready": False, "started": False, "state": {"terminated": ended}}],
        "conditions": [
            condition("Ready", "False", **down),
            condition("ContainersReady", "False", reason="PodCompleted"),
        ],
    }


@pytest.mark.parametrize(
    ("hook", "grace", "expected"),
    [
        pytest.param(None, 30, 0.2, id="without a hook a container ends soon after the signal"),
        pytest.param(None, 0, 0.0, id="without a grace period at once"),
        pytest.param({"sleep": {"seconds": 5}}, 30, 5.2, id="a sleep comes before the signal"),
        pytest.param({"exec": {"command": ["sleep", "7"]}}, 30, 7.2, id="so does the sleep program"),
        pytest.param({"exec": {"command": ["/bin/sh", "-c", "/bin/sleep 7; exit"]}}, 30, 7.2, id="also in a shell"),
        pytest.param({"exec": {"command": ["/bin/drain"]}}, 30, 0.2, id="what else a hook does takes no time here"),
        pytest.param({"sleep": {"seconds": 60}}, 10, 10.0, id="the grace period ends it"),
    ],
)
def test_time_to_the_end(hook: Object | None, grace: int, expected: float) -> None:
    one = pod("a", terminating=True)
    one["metadata"]["deletionGracePeriodSeconds"] = grace
    if hook:
        one["spec"]["containers"][0]["lifecycle"] = {"preStop": hook}
    assert termination_seconds(one, 0.2) == expected
