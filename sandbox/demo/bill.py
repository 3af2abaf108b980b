"""What something cost in AWS calls, from the record of the sandbox's AWS endpoint."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.stage.calls import charged

_HEALTH = "DescribeTargetHealth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The services' calls by operation. Those of the sandbox itself are left out."""

    changes: Mapping[str, int]
    """Calls that change something."""

    reads: Mapping[str, int]
    """Calls that do not, without the polls of target health."""

    health_polls: int

    @property
    def number_of_changes(self) -> int:
        return sum(self.changes.values())

    @property
    def number_of_reads(self) -> int:
        return sum(self.reads.values())


def bill_of(calls: Iterable[Mapping[str, Any]]) -> Bill:
    """Sorts recorded calls into a bill."""
    paid = charged(calls)
    reads = Counter(call["operation"] for call in paid if not call["mutating"])
    polls = reads.pop(_HEALTH, 0)
    return Bill(
        changes=dict(Counter(call["operation"] for call in paid if call["mutating"])),
        reads=dict(reads),
        health_polls=polls,
    )


def listed(counts: Mapping[str, int]) -> str:
    """`CreateListener, CreateRule x2`, or `none`."""
    return ", ".join(f"{one} x{number}" if number > 1 else one for one, number in sorted(counts.items())) or "none"
