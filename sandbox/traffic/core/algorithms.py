"""How a node of an application load balancer picks one of the targets that may get a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.traffic.configuration import Target, TargetGroup

Chance = Callable[[], float]
"""A number from 0 up to 1, not included, another one at each call."""

_ALGORITHM = "load_balancing.algorithm.type"
_SLOW_START = "slow_start.duration_seconds"
_LEAST_SHARE = 0.05
"""Of what a warm target gets, from the first moment of slow start on; without it the ramp would start with nothing."""


@dataclass(slots=True)
class Turn:
    """Where one node stands in its sequence over the targets of one group."""

    number: int = -1

    def next(self, size: int) -> int:
        self.number = (self.number + 1) % size
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a choice may depend on, apart from the targets."""

    now: float
    """Sandbox seconds."""
    outstanding: Mapping[str, int] = field(default_factory=dict)
    """Requests in progress by target key, at all nodes."""


def pick(group: TargetGroup, targets: Sequence[Target], turn: Turn, load: Load, chance: Chance) -> Target:
    """One of the targets, of which there is at least one."""
    match group.attribute(_ALGORITHM, "round_robin"):
        case "least_outstanding_requests":
            return _least_outstanding(targets, turn, load)
        case "weighted_random":
            return targets[int(chance() * len(targets))]
        case _:
            return _round_robin(group, targets, turn, load, chance)


def _least_outstanding(targets: Sequence[Target], turn: Turn, load: Load) -> Target:
    start = turn.next(len(targets))
    ordered = [*targets[start:], *targets[:start]]
    return min(ordered, key=lambda target: load.outstanding.get(target.key, 0))


def _round_robin(group: TargetGroup, targets: Sequence[Target], turn: Turn, load: Load, chance: Chance) -> Target:
    duration = group.seconds(_SLOW_START, 0)
    shares = [_share(target, duration, load.now) for target in targets]
    if all(share < 1 for share in shares):
        return targets[turn.next(len(targets))]
    while True:
        position = turn.next(len(targets))
        if shares[position] >= 1 or chance() < shares[position]:
            return targets[position]


def _share(target: Target, duration: float, now: float) -> float:
    """What part of a full share a target gets: it grows evenly while it starts slowly."""
    if duration <= 0 or target.healthy_since is None:
        return 1.0
    return min(1.0, max(_LEAST_SHARE, (now - target.healthy_since) / duration))


def pick_group(weights: Mapping[str, int], chance: float) -> str | None:
    """One of the groups by weight, whatever the health of its targets; None where no weight is above 0."""
    left = chance * sum(weights.values())
    for arn, weight in weights.items():
        if left < weight:
            return arn
        left -= weight
    return None
