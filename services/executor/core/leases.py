"""Whether a caller leads: judged from the planner's Lease (coordination.k8s.io/v1) and the wall clock.

Called by `sessions` with the Lease as the API server answered it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.executor.core.steps import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """Who leads by the Lease, and until when that is certain."""

    holder: str
    epoch: int
    good_until: datetime


def leader_of(lease: Mapping[str, Json]) -> Leader | None:
    """The holder, the epoch (leaseTransitions) and the end of the Lease: renewTime plus its duration.

    None for a Lease that nobody holds, or that lacks a time.
    """
    spec = lease.get("spec") or {}
    holder, renewed, seconds = spec.get("holderIdentity"), spec.get("renewTime"), spec.get("leaseDurationSeconds")
    if not holder or not renewed or not seconds:
        return None
    return Leader(
        holder=holder,
        epoch=int(spec.get("leaseTransitions") or 0),
        good_until=datetime.fromisoformat(renewed) + timedelta(seconds=int(seconds)),
    )


def why_not_leading(leader: Leader | None, holder: str, epoch: int, now: datetime) -> str:
    """Why `holder` in `epoch` does not lead at `now`; empty when it does."""
    if leader is None:
        return "nobody holds the planner's Lease"
    if leader.holder != holder:
        return f"{leader.holder} holds the planner's Lease, not {holder}"
    if leader.epoch != epoch:
        return f"the planner's Lease is in epoch {leader.epoch}, not {epoch}"
    if leader.good_until <= now:
        return f"the planner's Lease ran out at {leader.good_until.isoformat()}"
    return ""
