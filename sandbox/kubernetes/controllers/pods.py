"""What the controllers ask of a pod: is it active, ready, available, and which one of several goes first."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sandbox.kubernetes.client.objects import (
    Object,
    annotations_of,
    condition_of,
    is_terminating,
    is_true,
    parse_timestamp,
)

_PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def is_finished(pod: Object) -> bool:
    """Its containers have ended for good."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    return not is_finished(pod) and not is_terminating(pod)


def is_ready(pod: Object) -> bool:
    return is_true(pod, "Ready")


def available_in(pod: Object, min_ready_seconds: float, now: datetime) -> float | None:
    """Seconds until the pod counts as available: 0 when it does now, None while it is not ready."""
    ready = condition_of(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    if not min_ready_seconds or not ready.get("lastTransitionTime"):
        return 0.0
    since = parse_timestamp(ready["lastTransitionTime"])
    return max(0.0, (since + timedelta(seconds=min_ready_seconds) - now).total_seconds())


def first_to_go(pods: Iterable[Object], count: int) -> list[Object]:
    """The pods that a scale-down deletes, in the order of the ReplicaSet documentation.

    Unassigned before assigned, pending before running, not ready before ready, then the lower deletion cost, then nodes
    with more of these pods, then the more recently ready, then more restarts, then the youngest.
    """
    items = list(pods)
    per_node: dict[str, int] = {}
    for pod in items:
        node = pod["spec"].get("nodeName", "")
        per_node[node] = per_node.get(node, 0) + 1

    def order(pod: Object) -> tuple[object, ...]:
        status = pod.get("status") or {}
        node = pod["spec"].get("nodeName", "")
        ready = condition_of(pod, "Ready")
        since = ready.get("lastTransitionTime") if ready and ready["status"] == "True" else None
        restarts = max((one.get("restartCount", 0) for one in status.get("containerStatuses") or []), default=0)
        return (
            bool(node),
            _PHASE_ORDER.get(status.get("phase", "Pending"), 0),
            since is not None,
            _deletion_cost(pod),
            -per_node[node],
            -_seconds(since),
            -restarts,
            -_seconds(pod["metadata"].get("creationTimestamp")),
            pod["metadata"]["name"],
        )

    return sorted(items, key=order)[:count]


def _deletion_cost(pod: Object) -> int:
    try:
        return int(annotations_of(pod).get(_DELETION_COST, "0"))
    except ValueError:
        return 0


def _seconds(time: str | None) -> float:
    return parse_timestamp(time).timestamp() if time else 0.0
