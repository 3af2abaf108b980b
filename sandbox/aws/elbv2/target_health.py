"""The health of targets. The target operations tell it what happens, and ask it what to answer.

A registered target is healthy as soon as a listener or rule forwards to its group, unless the switch holds it; a
deregistered one is gone at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.aws.elbv2.model import Target, TargetGroup, TargetKey
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.store import Store
from sandbox.aws.health import HealthSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """As in DescribeTargetHealth."""

    state: str
    reason: str | None = None
    description: str | None = None


NOT_REGISTERED = Health(
    state="unused", reason="Target.NotRegistered", description="Target is not registered to the target group"
)
NOT_IN_USE = Health(
    state="unused",
    reason="Target.NotInUse",
    description="Target group is not configured to receive traffic from the load balancer",
)
STOPPED = Health(
    state="unused", reason="Target.InvalidState", description="Target is in the stopped or terminated state"
)
UNUSABLE = Health(
    state="unused", reason="Target.IpUnusable", description="Target IP address is in use by a load balancer"
)


class TargetHealth:
    def __init__(self, store: Store, *, neighbours: Neighbours, switch: HealthSwitch) -> None:
        self._store = store
        self._neighbours = neighbours
        self._switch = switch

    def number(self) -> int:
        """A number for a new registration."""
        return self._switch.number_registration()

    def registered(self, group: TargetGroup, target: Target) -> None:
        """A target that was not there before, or whose registration was renewed."""
        group.targets[target.id, target.port] = target

    def deregistered(self, group: TargetGroup, key: TargetKey) -> None:
        """One that is not there is no error."""
        group.targets.pop(key, None)

    def of(self, group: TargetGroup, key: TargetKey) -> Health:
        target = group.targets.get(key)
        if target is None:
            return NOT_REGISTERED
        if not group.used_by:
            return NOT_IN_USE
        if group.target_type == "instance":
            instance = self._neighbours.instance(target.id)
            if instance is None or not instance.running:
                return STOPPED
        if group.target_type == "ip" and self._neighbours.lent(target.id):
            return UNUSABLE
        held = self._switch.held(group.arn, target.registration)
        if held is not None:
            return Health(state=held.state, reason=held.reason, description=held.description)
        return Health(state="healthy")
