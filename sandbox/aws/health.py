"""The switch that holds targets in a health state. The target patch asks it; the admin interface sets it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldHealth:
    """A health state that targets are held in."""

    state: str
    """As in DescribeTargetHealth: initial, healthy, unhealthy, draining, unused, unavailable."""
    reason: str | None
    description: str | None
    target_group_arn: str | None
    """The group it holds for; None is every group without a hold of its own."""
    new_targets: bool
    """Holds only targets that were registered after it was set."""
    since: int
    """The registration number at which it was set."""


class HealthSwitch:
    """Holds of target health, one a target group and one for all of them.

    Registrations are numbered, so that a hold can tell new targets from old ones without a clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registrations = 0
        self._holds: dict[str | None, HeldHealth] = {}
        self.when_changed: Callable[[], None] = lambda: None
        """Called after a hold began or ended."""

    def number_registration(self) -> int:
        """A number larger than every one before, to be kept with the target that was registered."""
        with self._lock:
            self._registrations += 1
            return self._registrations

    def hold(
        self,
        *,
        state: str,
        reason: str | None,
        description: str | None,
        target_group_arn: str | None,
        new_targets: bool,
    ) -> HeldHealth:
        """Hold targets from now on; a second hold of the same group takes the place of the first."""
        with self._lock:
            held = HeldHealth(
                state=state,
                reason=reason,
                description=description,
                target_group_arn=target_group_arn,
                new_targets=new_targets,
                since=self._registrations,
            )
            self._holds[target_group_arn] = held
        self.when_changed()
        return held

    def release(self, target_group_arn: str | None = None) -> None:
        """End the hold of one group; without an ARN, all holds. What was held shows its own health again at once."""
        with self._lock:
            if target_group_arn is None:
                self._holds.clear()
            else:
                self._holds.pop(target_group_arn, None)
        self.when_changed()

    def holds(self) -> list[HeldHealth]:
        with self._lock:
            return list(self._holds.values())

    def held(self, target_group_arn: str, registration: int) -> HeldHealth | None:
        """The hold that a target is under, by its group and its registration number."""
        with self._lock:
            held = self._holds.get(target_group_arn) or self._holds.get(None)
        if held is None or (held.new_targets and registration <= held.since):
            return None
        return held
