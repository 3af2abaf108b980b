"""The status that `kubectl rollout status` and `kubectl wait` read."""

from datetime import UTC, datetime

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.deployment_status import deadline_in, deployment_status
from tests.unit.sandbox_controllers.builders import deployment, replica_set

BEFORE = "2026-03-01T10:00:00Z"
NOW = datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
NOW_TEXT = "2026-03-01T10:05:00Z"


def progressing(status: str, reason: str, message: str, updated: str = BEFORE, transition: str = BEFORE) -> Object:
    return {
        "type": "Progressing",
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": updated,
        "lastTransitionTime": transition,
    }


def available(yes: bool) -> Object:
    word, text = ("Available", "has") if yes else ("Unavailable", "does not have")
    return {
        "type": "Available",
        "status": str(yes),
        "reason": f"MinimumReplicas{word}",
        "message": f"Deployment {text} minimum availability.",
        "lastUpdateTime": NOW_TEXT,
        "lastTransitionTime": NOW_TEXT,
    }


def test_a_finished_rollout_counts_all_pods_and_is_complete() -> None:
    new = replica_set("web-1", replicas=4)
    assert deployment_status(deployment(generation=3), new, [new], NOW) == {
        "replicas": 4,
        "updatedReplicas": 4,
        "readyReplicas": 4,
        "availableReplicas": 4,
        "terminatingReplicas": 0,
        "observedGeneration": 3,
        "conditions": [
            available(True),
            progressing(
                "True",
                "NewReplicaSetAvailable",
                'ReplicaSet "web-1" has successfully progressed.',
                updated=NOW_TEXT,
                transition=NOW_TEXT,
            ),
        ],
    }


STARTED = progressing("True", "NewReplicaSetCreated", 'ReplicaSet "web-2" is created.')
DONE = progressing("True", "NewReplicaSetAvailable", 'ReplicaSet "web-1" has successfully progressed.')
MOVING = progressing("True", "ReplicaSetUpdated", 'ReplicaSet "web-2" is progressing.', updated=NOW_TEXT)


@pytest.mark.parametrize(
    ("spec", "before", "new_available", "expected"),
    [
        pytest.param(
            {}, None, 0, {**STARTED, "lastUpdateTime": NOW_TEXT, "lastTransitionTime": NOW_TEXT}, id="it begins"
        ),
        pytest.param({}, DONE, 0, MOVING, id="a finished one begins anew when pods of another revision are there"),
        pytest.param({}, STARTED, 1, MOVING, id="another available pod is progress"),
        pytest.param({}, STARTED, 0, STARTED, id="without progress it stays as it is"),
        pytest.param(
            {"progressDeadlineSeconds": 300},
            STARTED,
            0,
            progressing(
                "False",
                "ProgressDeadlineExceeded",
                'ReplicaSet "web-2" has timed out progressing.',
                updated=NOW_TEXT,
                transition=NOW_TEXT,
            ),
            id="without progress until the deadline it failed",
        ),
        pytest.param(
            {"paused": True},
            STARTED,
            0,
            progressing("Unknown", "DeploymentPaused", "Deployment is paused", updated=NOW_TEXT, transition=NOW_TEXT),
            id="paused it is neither",
        ),
        pytest.param(
            {"progressDeadlineSeconds": 2**31 - 1}, STARTED, 0, None, id="without a deadline there is no condition"
        ),
    ],
)
def test_progress_of_a_rollout(
    spec: Object, before: Object | None, new_available: int, expected: Object | None
) -> None:
    new = replica_set("web-2", replicas=1, available=new_available)
    old = replica_set("web-1", replicas=3)
    status: Object = {"replicas": 4, "updatedReplicas": 1, "readyReplicas": 3, "availableReplicas": 3}
    status["conditions"] = [before] if before else []
    result = deployment_status(deployment(status=status, **spec), new, [old, new], NOW)
    assert next((one for one in result["conditions"] if one["type"] == "Progressing"), None) == expected


@pytest.mark.parametrize(
    ("spec", "condition", "expected"),
    [
        pytest.param({}, STARTED, 300.0, id="a rollout under way is looked at when its deadline passes"),
        pytest.param({}, DONE, None, id="a finished one is not"),
        pytest.param({"paused": True}, STARTED, None, id="nor a paused one"),
    ],
)
def test_deadline_of_a_rollout(spec: Object, condition: Object, expected: float | None) -> None:
    assert deadline_in(deployment(**spec), {"conditions": [condition]}, NOW) == expected


def test_a_deployment_below_its_minimum_is_not_available() -> None:
    new = replica_set("web-1", replicas=4, available=2)
    assert deployment_status(deployment(), new, [new], NOW)["conditions"][0] == available(False)
