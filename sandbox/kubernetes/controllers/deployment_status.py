"""The status of a Deployment from its ReplicaSets: what `kubectl rollout status` and `kubectl wait` read. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.kubernetes.client.objects import Object, condition_of, parse_timestamp, timestamp
from sandbox.kubernetes.controllers.rollout import limits_of, replicas_of

_NO_DEADLINE = 2**31 - 1
_DONE = "NewReplicaSetAvailable"
_COUNTS = ("replicas", "readyReplicas", "availableReplicas", "terminatingReplicas")


def deployment_status(deployment: Object, new: Object | None, replica_sets: list[Object], now: datetime) -> Object:
    """The status that follows from the ReplicaSets' own (DeploymentStatus of apps/v1)."""
    sums = {name: sum((one.get("status") or {}).get(name, 0) for one in replica_sets) for name in _COUNTS}
    updated = (new.get("status") or {}).get("replicas", 0) if new else 0
    wanted_in_sets = sum(replicas_of(one) for one in replica_sets)
    counts = {
        "replicas": sums["replicas"],
        "updatedReplicas": updated,
        "readyReplicas": sums["readyReplicas"],
        "availableReplicas": sums["availableReplicas"],
        "unavailableReplicas": max(0, wanted_in_sets - sums["availableReplicas"]),
    }
    before = deployment.get("status") or {}
    status: Object = {name: count for name, count in counts.items() if count}
    status["terminatingReplicas"] = sums["terminatingReplicas"]
    status["observedGeneration"] = deployment["metadata"]["generation"]
    if before.get("collisionCount"):
        status["collisionCount"] = before["collisionCount"]
    conditions = [_available(deployment, counts["availableReplicas"], now)]
    progress = _progressing(deployment, new, counts, now)
    if progress is not None:
        conditions.append(progress)
    status["conditions"] = conditions
    return status


def is_complete(deployment: Object, counts: dict[str, Any]) -> bool:
    """All pods wanted are of the new revision and available, and no other pod is left."""
    wanted = deployment["spec"].get("replicas", 1)
    return all(int(counts.get(name, 0)) == wanted for name in ("replicas", "updatedReplicas", "availableReplicas"))


def deadline_in(deployment: Object, status: Object, now: datetime) -> float | None:
    """Seconds until a rollout under way counts as stuck; None when it is done, failed, paused or has no deadline."""
    progress = next((one for one in status["conditions"] if one["type"] == "Progressing"), None)
    seconds = _deadline(deployment)
    if progress is None or seconds is None or progress["status"] != "True":
        return None
    if progress["reason"] == _DONE or deployment["spec"].get("paused"):
        return None
    return max(0.1, (parse_timestamp(progress["lastUpdateTime"]) + timedelta(seconds=seconds) - now).total_seconds())


def _available(deployment: Object, available: int, now: datetime) -> Object:
    if available >= limits_of(deployment).fewest_available:
        text = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        text = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    return _condition(deployment, "Available", text, now, refresh=False)


def _progressing(deployment: Object, new: Object | None, counts: dict[str, int], now: datetime) -> Object | None:
    """The Progressing condition: made, moving, done, or stuck since the deadline passed without any movement."""
    deadline = _deadline(deployment)
    if deadline is None:
        return None
    current = condition_of(deployment, "Progressing")
    name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    if deployment["spec"].get("paused"):
        text = ("Unknown", "DeploymentPaused", "Deployment is paused")
    elif is_complete(deployment, counts):
        text = ("True", _DONE, f"{name} has successfully progressed.")
    elif current is None:
        text = ("True", "NewReplicaSetCreated", f"{name} is created.")
    elif _begins_or_moves(deployment, current, counts):
        text = ("True", "ReplicaSetUpdated", f"{name} is progressing.")
        return _condition(deployment, "Progressing", text, now, refresh=True)
    elif _is_overdue(current, deadline, now):
        text = ("False", "ProgressDeadlineExceeded", f"{name} has timed out progressing.")
    else:
        return current
    return _condition(deployment, "Progressing", text, now, refresh=False)


def _is_overdue(current: Object, deadline: int, now: datetime) -> bool:
    due: datetime = parse_timestamp(current["lastUpdateTime"]) + timedelta(seconds=deadline)
    return bool(current["reason"] != _DONE and due <= now)


def _begins_or_moves(deployment: Object, current: Object, counts: dict[str, int]) -> bool:
    if current["reason"] == _DONE:
        # Pods of a finished rollout that go and come back are no new rollout.
        return bool(counts["replicas"] != counts["updatedReplicas"])
    return bool(current["reason"] == "DeploymentPaused" or _moved(deployment.get("status") or {}, counts))


def _moved(before: Object, counts: dict[str, int]) -> bool:
    """Whether any pod was made, became ready or available, or went, since the status before."""
    was: dict[str, int] = {name: before.get(name, 0) for name in counts}
    return (
        any(counts[name] > was[name] for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
        or counts["replicas"] - counts["updatedReplicas"] < was["replicas"] - was["updatedReplicas"]
    )


def _condition(deployment: Object, kind: str, text: tuple[str, str, str], now: datetime, *, refresh: bool) -> Object:
    """A condition whose times move only with its content; `refresh` moves lastUpdateTime all the same."""
    status, reason, message = text
    before = condition_of(deployment, kind)
    if before and not refresh and (before["status"], before["reason"], before["message"]) == text:
        return before
    same_status = before is not None and before["status"] == status
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": timestamp(now.astimezone(UTC)),
        "lastTransitionTime": before["lastTransitionTime"] if before and same_status else timestamp(now),
    }


def _deadline(deployment: Object) -> int | None:
    seconds = deployment["spec"].get("progressDeadlineSeconds", 600)
    return None if seconds == _NO_DEADLINE else seconds
