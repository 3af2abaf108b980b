"""What the charts show, as numbers: counts by bin of time, states over time, latencies by bin."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sandbox.lab.findings import percentile, status_class
from sandbox.lab.timeline import CallSeen, Sample, TargetStates

Thing = TypeVar("Thing")

CHANGE, READ, POLL, REFUSED = "changes", "reads", "health polls", "refused"
_POLL = "DescribeTargetHealth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Parts that stand on each other in a span of time."""

    start: float
    end: float
    parts: Mapping[str, float]

    @property
    def height(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBin:
    """Milliseconds of the answers that were due in a span of time."""

    start: float
    end: float
    median: float
    p99: float


def requests(samples: Iterable[Sample], width: float) -> Sequence[Stack]:
    """Requests per second by status class."""
    return _binned(samples, width, lambda sample: (sample.at, status_class(sample)), per_second=True)


def calls(seen: Iterable[CallSeen], width: float) -> Sequence[Stack]:
    """Calls by what they are for. A refused call is only counted as refused."""
    return _binned(seen, width, lambda call: (call.at, kind_of(call)), per_second=False)


def kind_of(call: CallSeen) -> str:
    """What a call is for."""
    if call.error:
        return REFUSED
    if call.is_change:
        return CHANGE
    return POLL if call.operation == _POLL else READ


def states(seen: Sequence[TargetStates], end: float) -> Sequence[Stack]:
    """Number of targets by state, from each change to the next."""
    nexts = [*(one.at for one in seen[1:]), end]
    return [
        Stack(start=one.at, end=until, parts=dict(one.counts))
        for one, until in zip(seen, nexts, strict=True)
        if until > one.at
    ]


def latencies(samples: Iterable[Sample], width: float) -> Sequence[LatencyBin]:
    """Of the requests that were answered."""
    bins: dict[int, list[float]] = defaultdict(list)
    for sample in samples:
        if sample.status:
            bins[int(sample.at / width)].append(sample.seconds * 1000)
    return [
        LatencyBin(
            start=number * width,
            end=(number + 1) * width,
            median=percentile(values, 0.5),
            p99=percentile(values, 0.99),
        )
        for number, values in sorted(bins.items())
    ]


def _binned(
    things: Iterable[Thing], width: float, sort: Callable[[Thing], tuple[float, str]], *, per_second: bool
) -> Sequence[Stack]:
    bins: dict[int, Counter[str]] = defaultdict(Counter)
    for thing in things:
        at, name = sort(thing)
        bins[int(at / width)][name] += 1
    scale = 1 / width if per_second else 1
    return [
        Stack(
            start=number * width,
            end=(number + 1) * width,
            parts={name: count * scale for name, count in sorted(counts.items())},
        )
        for number, counts in sorted(bins.items())
    ]
