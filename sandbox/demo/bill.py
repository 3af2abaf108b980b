"""What something cost in AWS calls, from the record of the sandbox's AWS endpoint."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_HEALTH = "DescribeTargetHealth"
_SANDBOX = "sandbox-"
"""How the access key ids of the sandbox's own callers begin: its kubelet and this demo."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


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


class CallRecord:
    """The record of one endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        self._url = endpoint_url

    def last(self) -> int:
        """Number of the last call so far."""
        return max((int(call["seq"]) for call in self._calls(0)), default=0)

    def changes(self, since: int) -> Sequence[Mapping[str, Any]]:
        """The services' calls after a number that change something, as AWS got them."""
        return [call for call in charged(self._calls(since)) if call["mutating"]]

    def bill(self, since: int) -> Bill:
        """The calls after a number."""
        return bill_of(self._calls(since))

    def _calls(self, since: int) -> Sequence[Mapping[str, Any]]:
        with _OPENER.open(f"{self._url}/__sandbox/calls?since={since}") as response:
            calls: Sequence[Mapping[str, Any]] = json.load(response)
        return calls


def charged(calls: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Those of the services."""
    return [call for call in calls if not call["caller"].startswith(_SANDBOX)]


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
