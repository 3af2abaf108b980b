"""The layer of failures."""

import pytest

from services.planner.workqueue.backoff import BACKOFF, Backoff, Failure


@pytest.mark.parametrize(
    ("failure", "waits"),
    [
        pytest.param(Failure.CONFLICT, [0.2, 0.4, 0.8, 1.6], id="a conflict is planned again at once, nearly"),
        pytest.param(Failure.IN_USE, [1, 2, 4, 8, 16, 20, 20], id="a resource in use is tried again each second or so"),
        pytest.param(Failure.DENIED, [5, 10, 20, 40, 80, 160, 300, 300], id="a refusal waits up to five minutes"),
    ],
)
def test_waits_double_up_to_a_cap(failure: Failure, waits: list[float]) -> None:
    backoff: Backoff[str] = Backoff()
    assert [backoff.fail("a", failure) for _ in waits] == waits


def test_keys_are_counted_apart_and_success_forgets() -> None:
    backoff: Backoff[str] = Backoff()
    backoff.fail("a", Failure.IN_USE)
    backoff.fail("a", Failure.IN_USE)
    assert backoff.fail("b", Failure.IN_USE) == 1
    assert backoff.failures("a") == 2
    backoff.forget("a")
    assert backoff.failures("a") == 0
    assert backoff.fail("a", Failure.IN_USE) == 1


def test_a_failure_of_another_class_goes_on_counting() -> None:
    backoff: Backoff[str] = Backoff()
    backoff.fail("a", Failure.CONFLICT)
    assert backoff.fail("a", Failure.IN_USE) == 2


def test_a_thousand_failures_stay_at_the_cap() -> None:
    backoff: Backoff[str] = Backoff()
    waits = [backoff.fail("a", Failure.TRANSIENT) for _ in range(2_000)]
    assert waits[-1] == BACKOFF[Failure.TRANSIENT].cap


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_has_a_backoff(failure: Failure) -> None:
    assert 0 < BACKOFF[failure].first <= BACKOFF[failure].cap <= 300
