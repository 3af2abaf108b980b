"""What the data plane counts, for reports: who answered what, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Balancer:
    answered: Counter[int] = field(default_factory=Counter)
    """Statuses that clients got, of targets and of the load balancer together."""
    own: Counter[int] = field(default_factory=Counter)
    """Of these, what the load balancer made itself."""
    causes: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    """Connections or flows that were accepted."""


@dataclass(slots=True)
class _Target:
    answered: Counter[int] = field(default_factory=Counter)
    """Statuses of its own answers."""
    failed: Counter[int] = field(default_factory=Counter)
    """What clients got because it gave no answer, by the load balancer's status."""
    broken_off: int = 0
    """Answers that did not come to their end."""
    flows: int = 0
    """Connections or flows that a network load balancer gave it."""


class Figures:
    """Counters since the start, by load balancer, and by target group and target."""

    def __init__(self) -> None:
        self._balancers: defaultdict[str, _Balancer] = defaultdict(_Balancer)
        self._targets: defaultdict[str, defaultdict[str, _Target]] = defaultdict(lambda: defaultdict(_Target))

    def connection(self, balancer: str) -> None:
        """A client's connection was accepted."""
        self._balancers[balancer].connections += 1

    def target_answered(self, balancer: str, group: str, target: str, status: int) -> None:
        """A target's answer begins."""
        self._balancers[balancer].answered[status] += 1
        self._targets[group][target].answered[status] += 1

    def balancer_answered(self, balancer: str, status: int, why: str) -> None:
        """The load balancer answers by itself, or would have, had the client waited (460)."""
        counted = self._balancers[balancer]
        counted.answered[status] += 1
        counted.own[status] += 1
        if why:
            counted.causes[f"{status} {why}"] += 1

    def target_failed(self, group: str, target: str, status: int) -> None:
        """A target gave no answer, so that the client gets this status of the load balancer."""
        self._targets[group][target].failed[status] += 1

    def broken_off(self, group: str, target: str) -> None:
        """An answer that had begun did not come to its end."""
        self._targets[group][target].broken_off += 1

    def flow(self, group: str, target: str) -> None:
        """A network load balancer gave a flow to a target."""
        self._targets[group][target].flows += 1

    def as_json(self, names: Mapping[str, str], outstanding: Mapping[str, Mapping[str, int]]) -> Mapping[str, Any]:
        """Everything, by ARN; `names` and requests in progress are those of the fleet."""
        return {
            "loadBalancers": {
                arn: {
                    "name": names.get(arn, ""),
                    "connections": counted.connections,
                    "requests": _statuses(counted.answered),
                    "ownAnswers": _statuses(counted.own),
                    "causes": dict(sorted(counted.causes.items())),
                }
                for arn, counted in sorted(self._balancers.items())
            },
            "targetGroups": {
                arn: {
                    "name": names.get(arn, ""),
                    "targets": {
                        key: {
                            "requests": _statuses(counted.answered),
                            "failed": _statuses(counted.failed),
                            "brokenOff": counted.broken_off,
                            "flows": counted.flows,
                            "outstanding": outstanding.get(arn, {}).get(key, 0),
                        }
                        for key, counted in sorted(targets.items())
                    },
                }
                for arn, targets in sorted(self._targets.items())
            },
        }


def _statuses(counted: Counter[int]) -> Mapping[str, int]:
    return {str(int(status)): number for status, number in sorted(counted.items())}
