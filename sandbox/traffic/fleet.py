"""The configuration that is in force and what belongs to it at run time: turns, requests in progress, connections."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from sandbox.traffic.configuration import Configuration, Health, LoadBalancer, Target, TargetGroup
from sandbox.traffic.core.algorithms import Turn
from sandbox.traffic.core.eligible import Eligible, crosses_zones, eligible


class Ending(Protocol):
    """Something that goes on with a target and ends with it."""

    def target_gone(self) -> None:
        """The target's deregistration is complete."""

    def target_unhealthy(self) -> None:
        """The target has become unhealthy."""


@dataclass(slots=True, kw_only=True)
class GroupState:
    """One target group as it runs."""

    group: TargetGroup
    outstanding: Counter[str] = field(default_factory=Counter)
    """Requests in progress by target."""
    busy: defaultdict[str, set[Ending]] = field(default_factory=lambda: defaultdict(set))
    """What goes on, or is kept open, by target."""
    _turns: dict[str, Turn] = field(default_factory=lambda: defaultdict(Turn))
    _eligible: dict[str | None, Eligible] = field(default_factory=dict)

    def turn(self, node: str) -> Turn:
        """Where a node stands in its sequence."""
        return self._turns[node]

    def eligible(self, balancer: LoadBalancer, zone: str) -> Eligible:
        """The targets that the load balancer's node in this zone may choose from."""
        own = None if crosses_zones(balancer, self.group) else zone
        found = self._eligible.get(own)
        if found is None:
            found = self._eligible[own] = eligible(self.group, zone=own)
        return found

    def become(self, group: TargetGroup) -> None:
        """Take the group's new description; what goes on with targets that are gone or unhealthy is told."""
        old = {target.key: target for target in self.group.targets}
        new = {target.key: target for target in group.targets}
        self.group = group
        self._eligible.clear()
        for key in old.keys() - new.keys():
            for ending in tuple(self.busy.pop(key, ())):
                ending.target_gone()
        for key, target in new.items():
            if key in old and _has_failed(old[key], target):
                for ending in tuple(self.busy.get(key, ())):
                    ending.target_unhealthy()


def _has_failed(old: Target, new: Target) -> bool:
    return new.health is Health.UNHEALTHY and old.health is not Health.UNHEALTHY


class Fleet:
    """All load balancers and target groups."""

    def __init__(self) -> None:
        self.configuration = Configuration()
        self._groups: dict[str, GroupState] = {}
        self._balancers: dict[str, LoadBalancer] = {}

    def apply(self, configuration: Configuration) -> None:
        """Put a configuration in force."""
        self.configuration = configuration
        self._balancers = {balancer.arn: balancer for balancer in configuration.load_balancers}
        for arn in self._groups.keys() - configuration.target_groups.keys():
            state = self._groups.pop(arn)
            state.become(replace(state.group, targets=()))
        for arn, group in configuration.target_groups.items():
            state_now = self._groups.get(arn)
            if state_now is None:
                self._groups[arn] = GroupState(group=group)
            elif state_now.group != group:
                state_now.become(group)

    def group(self, arn: str) -> GroupState | None:
        return self._groups.get(arn)

    def balancer(self, arn: str) -> LoadBalancer | None:
        return self._balancers.get(arn)

    def names(self) -> Mapping[str, str]:
        """Names of load balancers and target groups by ARN."""
        return dict(self._named())

    def outstanding(self) -> Mapping[str, Mapping[str, int]]:
        """Requests in progress by group and target."""
        return {arn: state.outstanding for arn, state in self._groups.items()}

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from ((arn, balancer.name) for arn, balancer in self._balancers.items())
        yield from ((arn, state.group.name) for arn, state in self._groups.items())
