"""Sending a call until it is answered: retries by error class, and what the outcome is when no answer came.

Used by the AWS caller and the Kubernetes client around their single attempts. Retried are throttles, errors of a
request that was never sent, and transport or server errors of operations that may be sent twice; for at most ten
seconds (a setting) counted from the first attempt, with full jitter.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_before_delay,
    wait_random_exponential,
)

from services.executor.core.steps import CallError, CallResult, ErrorClass, Json, Outcome, stopped
from services.executor.sequence import Sequence
from services.executor.stopping import StopSignal

_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt ended: `error` None with an answer. `lost`: it failed, and may have taken effect all the same."""

    answer: Json = None
    error: CallError | None = None
    lost: bool = False


Admit = Callable[[], Awaitable[bool]]
"""Waits until an attempt may be sent; False when it was stopped before."""

Send = Callable[[int], Awaitable[Attempt]]
"""Makes one attempt, told its number from 1."""


async def at_once() -> bool:
    """The `Admit` of calls that no budget limits."""
    return True


class Attempts:
    """Runs calls. One per process: it carries the sequence and the limit."""

    def __init__(self, sequence: Sequence, limit_seconds: float) -> None:
        self._sequence = sequence
        self._limit_seconds = limit_seconds

    async def run(self, send: Send, *, admit: Admit = at_once, repeatable: bool, stop: StopSignal) -> CallResult:
        """Sends until there is an answer to keep.

        `repeatable`: sending twice does no harm. The outcome is unknown when an attempt may have taken effect and no
        later one was answered for certain; stopped when, before the stop, none was sent, or all that were sent were
        turned away. The wait for the first admission does not count towards the limit.
        """
        run = _Run(send=send, admit=admit, sequence=self._sequence, repeatable=repeatable, stop=stop)
        if stop.is_set or not await admit():
            return run.result(None)
        retrying = AsyncRetrying(
            stop=stop_before_delay(self._limit_seconds),
            wait=wait_random_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS),
            retry=retry_if_result(run.worth_a_retry),
            retry_error_callback=_last,
            sleep=stop.sleep,
        )
        return run.result(await retrying(run.once))


class _Run:
    def __init__(self, *, send: Send, admit: Admit, sequence: Sequence, repeatable: bool, stop: StopSignal) -> None:
        self._send = send
        self._admit = admit
        self._sequence = sequence
        self._repeatable = repeatable
        self._stop = stop
        self._attempts = 0
        self._begun = 0
        self._ended = 0
        self._lost = False

    async def once(self) -> Attempt | None:
        again = self._attempts > 0
        if self._stop.is_set or (again and not await self._admit()):
            return None
        self._begun = self._begun or self._sequence.next()
        self._attempts += 1
        attempt = await self._send(self._attempts)
        self._ended = self._sequence.next()
        self._lost = attempt.lost or (self._lost and _undecided(attempt))
        return attempt

    def worth_a_retry(self, attempt: Attempt | None) -> bool:
        if attempt is None or not _undecided(attempt):
            return False
        return self._repeatable or not attempt.lost

    def result(self, attempt: Attempt | None) -> CallResult:
        if attempt is None and not self._lost:
            return stopped("the plan was stopped before this call was sent")
        if attempt is not None and attempt.error is None:
            outcome, error = Outcome.ACCEPTED, None
        else:
            outcome = Outcome.UNKNOWN if self._lost else Outcome.REFUSED
            error = attempt.error if attempt is not None else _STOPPED_AFTER_LOSS
        return CallResult(
            outcome=outcome,
            answer=attempt.answer if attempt is not None and error is None else None,
            error=error,
            begun=self._begun,
            ended=self._ended,
            attempts=self._attempts,
        )


_STOPPED_AFTER_LOSS = CallError(
    error_class=ErrorClass.TRANSIENT, code="NoAnswer", message="no answer came, and the plan was stopped before a retry"
)


def _last(state: RetryCallState) -> Attempt | None:
    """The attempt after which the limit was reached: its error is the result."""
    return state.outcome.result() if state.outcome is not None else None


def _undecided(attempt: Attempt) -> bool:
    """Whether another attempt could end differently."""
    return attempt.error is not None and attempt.error.error_class in {ErrorClass.THROTTLED, ErrorClass.TRANSIENT}
