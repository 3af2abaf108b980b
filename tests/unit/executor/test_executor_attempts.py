"""Retries and outcomes, from scripted attempts."""

from collections.abc import Sequence

import pytest

from services.executor.attempts import Attempt, Attempts
from services.executor.core.steps import CallError, ErrorClass, Outcome
from services.executor.sequence import Sequence as Numbers
from services.executor.stopping import StopSignal


class AtOnce(StopSignal):
    """A signal whose sleeps take no time; it is set in the n-th of them when the test says so."""

    def __init__(self, *, set_in_sleep: int = 0) -> None:
        super().__init__()
        self._set_in_sleep = set_in_sleep
        self._sleeps = 0

    async def sleep(self, seconds: float) -> None:
        self._sleeps += 1
        if self._sleeps == self._set_in_sleep:
            self.set()


def failed(error_class: ErrorClass, *, lost: bool = False) -> Attempt:
    return Attempt(error=CallError(error_class=error_class, code="Code", message="text"), lost=lost)


DONE = Attempt(answer={"Arn": "arn"})
THROTTLED = failed(ErrorClass.THROTTLED)
NOT_SENT = failed(ErrorClass.TRANSIENT)
LOST = failed(ErrorClass.TRANSIENT, lost=True)
CONFLICT = failed(ErrorClass.CONFLICT)


class Script:
    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self._attempts = list(attempts)

    async def send(self, number: int) -> Attempt:
        return self._attempts.pop(0)


@pytest.mark.parametrize(
    ("script", "repeatable", "outcome", "attempts"),
    [
        pytest.param([DONE], False, Outcome.ACCEPTED, 1, id="answered at once"),
        pytest.param([THROTTLED, THROTTLED, DONE], False, Outcome.ACCEPTED, 3, id="throttled twice"),
        pytest.param([NOT_SENT, DONE], False, Outcome.ACCEPTED, 2, id="never sent, then sent"),
        pytest.param([LOST, DONE], True, Outcome.ACCEPTED, 2, id="lost, and may be sent twice"),
        pytest.param([LOST], False, Outcome.UNKNOWN, 1, id="lost, and must not be sent twice"),
        pytest.param([CONFLICT], True, Outcome.REFUSED, 1, id="refused"),
        pytest.param([THROTTLED, CONFLICT], True, Outcome.REFUSED, 2, id="throttled, then refused"),
        pytest.param([LOST, CONFLICT], True, Outcome.REFUSED, 2, id="lost, then answered for certain"),
        pytest.param([THROTTLED, LOST], False, Outcome.UNKNOWN, 2, id="throttled, then lost"),
    ],
)
async def test_an_outcome(script: list[Attempt], repeatable: bool, outcome: Outcome, attempts: int) -> None:
    result = await Attempts(Numbers(), 10).run(Script(script).send, repeatable=repeatable, stop=AtOnce())
    assert (result.outcome, result.attempts) == (outcome, attempts)
    assert (result.answer is not None, result.error is None) == (outcome is Outcome.ACCEPTED,) * 2
    assert 0 < result.begun < result.ended


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param([THROTTLED], Outcome.REFUSED, id="throttled"),
        pytest.param([NOT_SENT], Outcome.REFUSED, id="never sent"),
        pytest.param([LOST], Outcome.UNKNOWN, id="lost"),
    ],
)
async def test_when_the_time_is_up_a_call_is(script: list[Attempt], outcome: Outcome) -> None:
    result = await Attempts(Numbers(), 0).run(Script(script).send, repeatable=True, stop=AtOnce())
    assert (result.outcome, result.attempts) == (outcome, 1)
    assert result.error == script[0].error


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param([THROTTLED], Outcome.STOPPED, id="stopped, when it was turned away before"),
        pytest.param([LOST], Outcome.UNKNOWN, id="unknown, when it may have taken effect before"),
    ],
)
async def test_a_call_that_waits_for_a_retry_at_the_stop_is(script: list[Attempt], outcome: Outcome) -> None:
    stop = AtOnce(set_in_sleep=1)
    result = await Attempts(Numbers(), 10).run(Script(script).send, repeatable=True, stop=stop)
    assert result.outcome is outcome


async def test_nothing_is_sent_after_a_stop() -> None:
    stop = StopSignal()
    stop.set()
    result = await Attempts(Numbers(), 10).run(Script([]).send, repeatable=True, stop=stop)
    assert (result.outcome, result.attempts, result.begun, result.ended) == (Outcome.STOPPED, 0, 0, 0)


async def test_a_call_that_is_not_admitted_was_not_sent() -> None:
    admissions = [True, False]

    async def admit() -> bool:
        return admissions.pop(0)

    run = Attempts(Numbers(), 10).run(Script([THROTTLED]).send, admit=admit, repeatable=True, stop=AtOnce())
    assert (await run).outcome is Outcome.STOPPED
    assert admissions == []


def test_sequence_numbers_of_a_later_process_are_above_those_of_an_earlier_one() -> None:
    earlier = Numbers()
    numbers = [earlier.next() for _ in range(3)]
    assert numbers == sorted(set(numbers))
    assert Numbers().next() > numbers[0]
