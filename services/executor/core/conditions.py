"""What a target's health means for a pod's readiness gate. Source: targets and readiness, section 8."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Health:
    """Health of one target as DescribeTargetHealth tells it; `state` empty: the group does not list the target."""

    id: str
    port: int
    state: str = ""
    reason: str = ""
    description: str = ""
    quic_server_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The part of a pod condition that follows from health."""

    status: str
    reason: str
    message: str


def health_of(description: Mapping[str, Any]) -> Health:
    """One element of TargetHealthDescriptions."""
    target, health = description["Target"], description.get("TargetHealth") or {}
    return Health(
        id=target["Id"],
        port=int(target.get("Port") or 0),
        state=health.get("State") or "",
        reason=health.get("Reason") or "",
        description=health.get("Description") or "",
        quic_server_id=target.get("QuicServerId") or "",
    )


def gate_condition(health: Health) -> Condition:
    """True for a healthy target, Unknown for one whose health nobody told, False with AWS's reason for every other."""
    status = {"healthy": "True", "": "Unknown"}.get(health.state, "False")
    return Condition(status=status, reason=health.reason, message=health.description)


def status_patch(gate: str, condition: Condition, *, uid: str, changed_at: str | None) -> dict[str, Any]:
    """A strategic merge patch of a pod's status that sets one condition of the pod with that UID and no other pod's.

    `changed_at` (RFC 3339) is when the status changed, None when only reason or message did.
    """
    entry = {"type": gate, "status": condition.status, "reason": condition.reason, "message": condition.message}
    if changed_at is not None:
        entry["lastTransitionTime"] = changed_at
    return {"metadata": {"uid": uid}, "status": {"conditions": [entry]}}
