"""What a kubelet reports."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.kubelet.life import End, Life, Moment
from sandbox.kubernetes.kubelet.pod_status import Placed, changed_status, pause_text, phase_of, readiness
from tests.unit.sandbox_controllers.builders import pod

NOW = datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
NOW_TEXT = "2026-03-01T10:05:00Z"
GATE = "target-health.elbv2.k8s.aws/web"
PLACED = Placed(address="10.0.100.5", host="10.0.100.4")
RUNS = Life(began=Moment(at=1.0, time=NOW), started=True, ready=True)
DONE = Life(end=End(code=0, reason="Completed", began=NOW, finished=NOW), over=True)
FAILED = Life(end=End(code=143, reason="Error", began=NOW, finished=NOW), over=True)
ENDED = {"exitCode": 143, "reason": "Error", "startedAt": NOW_TEXT, "finishedAt": NOW_TEXT}


def condition(kind: str, status: str = "True", **other: Any) -> Object:
    return {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": NOW_TEXT, **other}


def scheduled() -> Object:
    one = pod("a", address=None)
    one["status"] = {"phase": "Pending", "conditions": [{**condition("PodScheduled"), "lastTransitionTime": "earlier"}]}
    one["spec"]["containers"] = [{"name": "web", "image": "web:1"}]
    return one


def reported(one: Object, **lives: Life) -> Object:
    """The pod with the status that it has once everything is reported."""
    status = changed_status(one, PLACED, lives, NOW)
    conditions = {each["type"]: each for each in (one.get("status") or {}).get("conditions") or []}
    conditions |= {each["type"]: each for each in status.get("conditions", [])}
    return {**one, "status": {**(one.get("status") or {}), **status, "conditions": list(conditions.values())}}


def test_a_pod_that_starts() -> None:
    assert changed_status(scheduled(), PLACED, {"web": RUNS}, NOW) == {
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
        "conditions": [
            condition("PodReadyToStartContainers"),
            condition("Initialized"),
            condition("ContainersReady"),
            condition("Ready"),
        ],
    }


def test_a_pod_that_is_as_reported_needs_no_write() -> None:
    assert changed_status(reported(scheduled(), web=RUNS), PLACED, {"web": RUNS}, NOW) == {}


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


def test_a_gate_that_becomes_true_clears_the_reason_of_ready() -> None:
    one = scheduled()
    one["spec"]["readinessGates"] = [{"conditionType": GATE}]
    one = reported(one, web=RUNS)
    one["status"]["conditions"] += [{"type": GATE, "status": "True"}]
    expected = {"conditions": [condition("Ready", reason=None, message=None)]}
    assert changed_status(one, PLACED, {"web": RUNS}, NOW) == expected


def test_a_container_that_is_not_ready_is_named_by_both_conditions() -> None:
    one = reported(scheduled(), web=RUNS)
    status = changed_status(one, PLACED, {"web": replace(RUNS, ready=False)}, NOW)
    text = {"reason": "ContainersNotReady", "message": "containers with unready status: [web]"}
    assert status["conditions"] == [condition("ContainersReady", "False", **text), condition("Ready", "False", **text)]
    assert [(each["ready"], each["started"]) for each in status["containerStatuses"]] == [(False, True)]


def test_a_sidecar_is_an_init_container_that_runs_and_counts() -> None:
    one = scheduled()
    one["spec"]["initContainers"] = [{"name": "setup"}, {"name": "mesh", "restartPolicy": "Always"}]
    status = changed_status(one, PLACED, {"web": RUNS, "mesh": replace(RUNS, ready=False)}, NOW)
    states = {each["name"]: (next(iter(each["state"])), each["ready"]) for each in status["initContainerStatuses"]}
    assert states == {"setup": ("terminated", True), "mesh": ("running", False)}
    assert {each["status"] for each in status["conditions"] if each["type"] == "Ready"} == {"False"}


def test_a_container_that_waits_to_run_again_says_why_and_how_it_ended() -> None:
    waits = replace(FAILED, over=False, pause=160.0, restarts=4)
    status = changed_status(reported(scheduled(), web=RUNS), PLACED, {"web": waits}, NOW)
    (container,) = status["containerStatuses"]
    message = "back-off 2m40s restarting failed container=web pod=a_shop(uid-a)"
    assert container["state"] == {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    assert container["lastState"] == {"terminated": ENDED}
    assert (container["ready"], container["started"], container["restartCount"]) == (False, False, 4)


def test_a_container_that_ran_before_shows_how_that_ended() -> None:
    again = replace(RUNS, restarts=1, last=FAILED.end)
    (container,) = changed_status(scheduled(), PLACED, {"web": again}, NOW)["containerStatuses"]
    assert container["lastState"] == {"terminated": ENDED}


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        pytest.param([RUNS], "Running", id="a container that runs"),
        pytest.param([DONE, RUNS], "Running", id="one of two that runs on"),
        pytest.param([replace(FAILED, over=False)], "Running", id="one that will run again"),
        pytest.param([DONE, DONE], "Succeeded", id="all ended well"),
        pytest.param([DONE, FAILED], "Failed", id="one ended badly"),
    ],
)
def test_phases(lives: list[Life], expected: str) -> None:
    one = pod("a", spec={"containers": [{"name": str(number)} for number, _ in enumerate(lives)]})
    assert phase_of(one, {str(number): life for number, life in enumerate(lives)}) == expected


@pytest.mark.parametrize(
    ("life", "phase", "reason"),
    [
        pytest.param(DONE, "Succeeded", "PodCompleted", id="a pod that ended well"),
        pytest.param(FAILED, "Failed", "PodFailed", id="a pod that was cut"),
    ],
)
def test_a_pod_whose_containers_ended_is_not_ready(life: Life, phase: str, reason: str) -> None:
    status = changed_status(reported(scheduled(), web=RUNS), PLACED, {"web": life}, NOW)
    assert status["phase"] == phase
    assert status["conditions"] == [
        condition("PodReadyToStartContainers", "False", reason=None, message=None),
        condition("ContainersReady", "False", reason=reason, message=None),
        condition("Ready", "False", reason=reason, message=None),
    ]
    assert [next(iter(each["state"])) for each in status["containerStatuses"]] == ["terminated"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(40.0, "40s", id="seconds"),
        pytest.param(160.0, "2m40s", id="minutes and seconds"),
        pytest.param(300.0, "5m0s", id="whole minutes"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert pause_text(seconds) == text
