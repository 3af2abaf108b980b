"""Numbers and verdicts from what was seen. Pure: samples in, numbers out."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.lab.timeline import CallSeen, PodChange, Sample, TargetChange, TargetStates
from sandbox.lab.verdicts import Verdict, judged

NO_ANSWER = "no answer"
_OWN_5XX = (502, 503, 504)
"""What a load balancer answers itself when its targets do not (Elastic Load Balancing, "Troubleshoot your Application
Load Balancers"); told apart from all other 5xx."""
_SIGMAS = 4
"""A fair split is further off than this once in 16,000 experiments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from the moment a request was due until its answer was whole."""

    median: float
    p90: float
    p99: float
    worst: float

    def __str__(self) -> str:
        return f"median {self.median:.1f} ms, p99 {self.p99:.1f} ms, worst {self.worst:.1f} ms"


def status_class(sample: Sample) -> str:
    """`2xx` to `5xx`, 502, 503 and 504 by themselves, or NO_ANSWER."""
    if sample.status == 0:
        return NO_ANSWER
    if sample.status in _OWN_5XX:
        return str(sample.status)
    return f"{sample.status // 100}xx"


def by_class(samples: Iterable[Sample]) -> Mapping[str, int]:
    """Number of requests by status class."""
    return dict(sorted(Counter(map(status_class, samples)).items()))


def by_pod(samples: Iterable[Sample]) -> Mapping[str, int]:
    """Number of answers by pod, those of nobody left out."""
    return dict(sorted(Counter(sample.pod for sample in samples if sample.pod).items()))


def described(samples: Sequence[Sample]) -> str:
    """`300 requests: 2xx 298, 502 1, no answer (reset) 1`."""
    if not samples:
        return "no requests"
    counts = Counter(
        f"{NO_ANSWER} ({sample.error})" if sample.status == 0 else status_class(sample) for sample in samples
    )
    return f"{len(samples)} requests: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def latency(samples: Iterable[Sample]) -> Latency:
    """Of the requests that were answered."""
    values = [sample.seconds * 1000 for sample in samples if sample.status]
    return Latency(
        median=percentile(values, 0.5),
        p90=percentile(values, 0.9),
        p99=percentile(values, 0.99),
        worst=percentile(values, 1.0),
    )


def chance_bounds(total: int, share: float) -> tuple[int, int]:
    """How many of `total` requests go one way when each does so with this probability: fewest and most that chance
    explains (normal approximation of the binomial distribution)."""
    spread = _SIGMAS * math.sqrt(total * share * (1 - share))
    return max(0, math.floor(total * share - spread)), min(total, math.ceil(total * share + spread))


def none_failed(check: str, samples: Sequence[Sample]) -> Verdict:
    """Every request had a whole answer without an error; and there were some."""
    good = bool(samples) and not any(sample.is_failed for sample in samples)
    return judged(check, expected="every request answered, 2xx or 3xx", seen=described(samples), passed=good)


def answered_by(check: str, samples: Iterable[Sample], pods: Collection[str]) -> Verdict:
    """Exactly these pods answered, each at least once."""
    counts = by_pod(samples)
    return judged(
        check,
        expected=f"answers of {len(pods)} pods: {', '.join(sorted(pods))}",
        seen=counts,
        passed=bool(pods) and set(counts) == set(pods),
    )


def split_as(check: str, samples: Sequence[Sample], prefix: str, share: float) -> Verdict:
    """Pods whose name begins so gave this share of the answers, within chance."""
    answered = [sample for sample in samples if sample.pod]
    fewest, most = chance_bounds(len(answered), share)
    got = sum(sample.pod.startswith(prefix) for sample in answered)
    return judged(
        check,
        expected=f"{share:.0%} of {len(answered)}: {fewest} to {most}",
        seen=f"{got} ({got / len(answered):.0%})" if answered else "no answers",
        passed=bool(answered) and fewest <= got <= most,
    )


def changes_made(calls: Iterable[CallSeen]) -> Mapping[str, int]:
    """Accepted calls that change something, by operation."""
    return dict(sorted(Counter(call.operation for call in calls if call.is_change and not call.error).items()))


def fewest_in_state(seen: Sequence[TargetStates], state: str, begin: float, end: float) -> int:
    """The smallest number of targets in a state at any moment of a span of time; 0 when nothing is known of it."""
    before = [one for one in seen if one.at <= begin][-1:]
    within = [one for one in seen if begin < one.at <= end]
    return min((one.counts.get(state, 0) for one in [*before, *within]), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a new pod waited for. Seconds of the wall clock."""

    pod: str
    until_healthy: float
    """From its creation until its target was healthy."""
    after_healthy: float
    """From there until the pod was ready; what the controller cost."""


def gate_waits(pods: Iterable[PodChange], targets: Iterable[TargetChange]) -> Sequence[Wait]:
    """Of each pod that was created, became healthy as a target and became ready; in order of creation.

    A pod is looked for among the targets by its address. Moments before the pod had one belong to another pod.
    """
    created: dict[str, float] = {}
    ready: dict[str, PodChange] = {}
    for change in pods:
        if change.what == "created":
            created[change.pod] = change.at
        elif change.what == "ready":
            ready.setdefault(change.pod, change)
    healthy = [change for change in targets if change.state == "healthy"]
    waits = []
    for pod, began in sorted(created.items(), key=lambda one: one[1]):
        if pod not in ready:
            continue
        address = ready[pod].address
        moments = [one.at for one in healthy if one.target.rpartition(":")[0] == address and one.at >= began]
        if moments:
            waits.append(Wait(pod=pod, until_healthy=moments[0] - began, after_healthy=ready[pod].at - moments[0]))
    return waits
