"""Numbers and verdicts from samples."""

import pytest

from sandbox.lab.findings import (
    Latency,
    Wait,
    answered_by,
    by_class,
    by_pod,
    chance_bounds,
    changes_made,
    described,
    gate_waits,
    latency,
    none_failed,
    percentile,
    split_as,
)
from sandbox.lab.timeline import CallSeen, PodChange, Sample, TargetChange
from sandbox.lab.verdicts import Outcome


def sample(status: int = 200, *, pod: str = "", error: str = "", at: float = 0.0, seconds: float = 0.01) -> Sample:
    return Sample(at=at, seconds=seconds, status=status, pod=pod, error=error)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        pytest.param([200, 204], {"2xx": 2}, id="successes are one class"),
        pytest.param([502, 503, 504], {"502": 1, "503": 1, "504": 1}, id="what load balancers make is told apart"),
        pytest.param([500, 501, 404, 301], {"3xx": 1, "4xx": 1, "5xx": 2}, id="other errors are classes"),
        pytest.param([0], {"no answer": 1}, id="without a status there was no answer"),
        pytest.param([], {}, id="no requests, no classes"),
    ],
)
def test_requests_are_counted_by_class(statuses: list[int], expected: dict[str, int]) -> None:
    assert by_class(map(sample, statuses)) == expected


def test_answers_are_counted_by_pod_without_those_of_nobody() -> None:
    assert by_pod([sample(pod="b"), sample(pod="a"), sample(pod="b"), sample(502)]) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param([], "no requests", id="nothing was sent"),
        pytest.param([sample(), sample(502)], "2 requests: 2xx 1, 502 1", id="by class"),
        pytest.param(
            [sample(0, error="reset"), sample(0, error="late"), sample(0, error="late")],
            "3 requests: no answer (late) 2, no answer (reset) 1",
            id="requests without an answer by why",
        ),
    ],
)
def test_a_load_is_told_in_words(samples: list[Sample], expected: str) -> None:
    assert described(samples) == expected


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        pytest.param([], 0.5, 0.0, id="of nothing it is 0"),
        pytest.param([3.0], 0.99, 3.0, id="of one value it is that"),
        pytest.param([1.0, 2.0, 3.0, 4.0], 0.5, 2.0, id="half of the values do not exceed the median"),
        pytest.param([float(n) for n in range(1, 101)], 0.99, 99.0, id="ninety-nine of a hundred"),
        pytest.param([2.0, 1.0], 1.0, 2.0, id="the whole share is the largest, in any order"),
    ],
)
def test_a_percentile_is_a_value_that_was_seen(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_latency_is_of_answered_requests_only() -> None:
    seen = latency([sample(seconds=0.002), sample(502, seconds=0.004), sample(0, seconds=60)])
    assert seen == Latency(median=2.0, p90=4.0, p99=4.0, worst=4.0)


@pytest.mark.parametrize(
    ("total", "share", "expected"),
    [
        pytest.param(100, 0.5, (30, 70), id="half of a hundred"),
        pytest.param(400, 0.1, (16, 64), id="a tenth of four hundred"),
        pytest.param(50, 0.0, (0, 0), id="nothing leaves no room for chance"),
        pytest.param(50, 1.0, (50, 50), id="everything leaves no room for chance"),
        pytest.param(0, 0.5, (0, 0), id="no requests"),
    ],
)
def test_chance_has_bounds(total: int, share: float, expected: tuple[int, int]) -> None:
    assert chance_bounds(total, share) == expected


def test_one_failed_request_fails_the_check() -> None:
    good = none_failed("load", [sample(), sample(301)])
    bad = none_failed("load", [sample(), sample(404)])
    assert (good.outcome, bad.outcome) == (Outcome.HOLDS, Outcome.FAILS)
    assert bad.seen == "2 requests: 2xx 1, 4xx 1"


def test_a_load_that_never_was_is_no_success() -> None:
    assert none_failed("load", []).outcome is Outcome.FAILS


@pytest.mark.parametrize(
    ("answers", "pods", "outcome"),
    [
        pytest.param(["a", "b"], ["a", "b"], Outcome.HOLDS, id="both pods answered"),
        pytest.param(["a", "a"], ["a", "b"], Outcome.FAILS, id="one pod never answered"),
        pytest.param(["a", "b", "c"], ["a", "b"], Outcome.FAILS, id="a pod answered that should not"),
        pytest.param([], [], Outcome.FAILS, id="there are no pods"),
    ],
)
def test_the_right_pods_answered(answers: list[str], pods: list[str], outcome: Outcome) -> None:
    assert answered_by("pods", [sample(pod=pod) for pod in answers], pods).outcome is outcome


@pytest.mark.parametrize(
    ("canary", "main", "share", "outcome"),
    [
        pytest.param(9, 91, 0.1, Outcome.HOLDS, id="about a tenth"),
        pytest.param(40, 60, 0.1, Outcome.FAILS, id="far more than a tenth"),
        pytest.param(100, 0, 1.0, Outcome.HOLDS, id="everything"),
        pytest.param(99, 1, 1.0, Outcome.FAILS, id="not quite everything"),
        pytest.param(0, 0, 0.5, Outcome.FAILS, id="no answers prove nothing"),
    ],
)
def test_a_split_is_judged_within_chance(canary: int, main: int, share: float, outcome: Outcome) -> None:
    samples = [sample(pod="ng-canary-1")] * canary + [sample(pod="ng-7")] * main
    assert split_as("split", samples, "ng-canary-", share).outcome is outcome


def test_only_accepted_changes_are_counted() -> None:
    calls = [
        CallSeen(at=0, operation="ModifyRule", is_change=True),
        CallSeen(at=0, operation="ModifyRule", is_change=True, error="Throttling"),
        CallSeen(at=0, operation="DescribeRules", is_change=False),
    ]
    assert changes_made(calls) == {"ModifyRule": 1}


def pod(at: float, what: str, *, name: str = "new", address: str = "10.0.0.9") -> PodChange:
    return PodChange(at=at, pod=name, address=address, what=what)


def target(at: float, state: str, *, address: str = "10.0.0.9") -> TargetChange:
    return TargetChange(at=at, group="g", target=f"{address}:80", state=state)


@pytest.mark.parametrize(
    ("pods", "targets", "expected"),
    [
        pytest.param(
            [pod(1, "created", address=""), pod(7, "ready")],
            [target(2, "initial"), target(5, "healthy")],
            [Wait(pod="new", until_healthy=4, after_healthy=2)],
            id="a pod is ready some time after its target is healthy",
        ),
        pytest.param([pod(1, "created", address=""), pod(7, "ready")], [], [], id="a target that was never healthy"),
        pytest.param([pod(1, "created", address="")], [target(5, "healthy")], [], id="a pod that is not ready"),
        pytest.param(
            [pod(4, "created", address=""), pod(7, "ready")],
            [target(2, "healthy"), target(6, "healthy")],
            [Wait(pod="new", until_healthy=2, after_healthy=1)],
            id="the address belonged to another pod before",
        ),
        pytest.param([pod(7, "ready")], [target(5, "healthy")], [], id="a pod that was there from the start"),
    ],
)
def test_waits_at_the_gate(pods: list[PodChange], targets: list[TargetChange], expected: list[Wait]) -> None:
    assert list(gate_waits(pods, targets)) == expected
