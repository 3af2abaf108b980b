"""What follows from an outcome: records, reports, tracking, and when the key runs again. Used by `worker`.

The contract in one sentence: success forgets the key, failure re-adds it with a backoff by error class, and "wait" is a
re-add at a time or by an event, not an error.
"""

import logging
from collections.abc import Iterable

from services.planner.core.keys import BindingKey, Lane, NetworkKey, StackKey
from services.planner.core.outcomes import Errored, Needs, Planned
from services.planner.core.plans import Plan
from services.planner.core.problems import Problem
from services.planner.links.failures import CallFailedError
from services.planner.view.wakes import NETWORK
from services.planner.work.judgement import Judgement, failure_of
from services.planner.work.ledger import State, summary
from services.planner.work.network_needs import name_of_key
from services.planner.work.turn import Turn, Workshop
from services.planner.workqueue.backoff import Failure

_LOGGER = logging.getLogger(__name__)

_NETWORK_FIRST_SECONDS, _NETWORK_LONGEST_SECONDS = 0.5, 20.0
"""How long a key that asks for the network again, right after it had a result of it, waits for the next one."""


class Aftermath:
    """Draws the consequences of one turn."""

    def __init__(self, workshop: Workshop) -> None:
        self._w = workshop

    def gone(self, turn: Turn) -> None:
        """The key stands for nothing any more."""
        self._w.gate.queue.forget(turn.key)
        self._w.needs.forget(turn.key)
        self._w.ledger.drop(turn.key)
        if isinstance(turn.key, BindingKey):
            self._w.tracked.drop(turn.key)
            self._w.gatherer.zone_names.discard(turn.key)

    def needs_network(self, turn: Turn, outcome: Needs) -> None:
        """Not plannable before the network has run."""
        self._w.reporter.say(turn.key, outcome.reports, turn.traceparent)
        turn.record.end(State.WAITING, waits_for="the network")
        self._ask_network(turn)

    def errored(self, turn: Turn, outcome: Errored) -> None:
        """The user's turn: a change of what is wrong wakes the key."""
        problems = in_words(outcome.problems)
        if turn.record.error != problems:
            _LOGGER.warning("nothing is changed", extra={"key": name_of_key(turn.key), "reason": problems})
        turn.record.end(State.ERRORED, error=problems, unexecuted=outcome.plan)
        if outcome.look_again:
            self._w.gate.queue.retry(turn.key, turn.lane, Failure.PERMANENT)
        else:
            self._w.gate.queue.forget(turn.key)
        self._w.reporter.say(turn.key, outcome.reports, turn.traceparent)
        self._network_ran(turn)
        self._stack_rests(turn)

    def observed(self, turn: Turn, plan: Plan) -> None:
        """The plan is shown and not executed; a change, or leave to execute, has the key planned anew."""
        reason = self._w.caution.reason
        if turn.record.unexecuted != plan:
            words = {"key": name_of_key(turn.key), "plan": summary(plan), "reason": reason}
            _LOGGER.info("observed, not executed", extra=words)
        turn.record.end(State.OBSERVING, waits_for=f"nothing is executed: {reason}", unexecuted=plan)
        self._w.gate.queue.forget(turn.key)
        self._w.needs.forget(turn.key)

    def awaits_fill(self, turn: Turn) -> None:
        """Nobody changed anything: what the fill is about to read is not read a second time for one key."""
        turn.record.end(State.WAITING, waits_for="the account to be read")
        self._w.unfilled[turn.key] = turn.lane

    def settled(self, turn: Turn, outcome: Planned) -> None:
        """Nothing is to be done now, or nothing that a guard lets happen unasked."""
        state, waits_for = State.WAITING if outcome.waits_for else State.READY, outcome.waits_for
        if outcome.held is not None:
            state, waits_for = State.HELD, "; ".join(p.message for p in outcome.held.problems)
            if turn.record.unexecuted != outcome.held:
                _LOGGER.warning("a plan is held", extra={"key": name_of_key(turn.key), "reason": waits_for})
        error = in_words(outcome.quarantined)
        if error:
            state = State.ERRORED
            if turn.record.error != error:
                _LOGGER.warning("members are in quarantine", extra={"key": name_of_key(turn.key), "reason": error})
        turn.record.end(state, error=error, waits_for=waits_for, settled=True, unexecuted=outcome.held)
        self._w.keeping.keep(turn.key, outcome.keeps, turn.traceparent)
        self._w.keeping.note_unkept(turn.key, outcome.unkept)
        turn.record.repeats = 0
        self._w.gate.queue.forget(turn.key)
        self.track(turn, outcome, moved=False)
        self._wait(turn, outcome)
        self._note_secrets(turn, outcome)
        if outcome.tidying is not None and not outcome.tidying.empty and turn.lane < Lane.RESYNC:
            self._w.wake(turn.key, Lane.RESYNC, turn.traceparent)
        if isinstance(turn.key, NetworkKey):
            self._w.needs.note_grants(outcome.plan, {}, outcome.full_groups)
        self._network_ran(turn)
        self._stack_rests(turn)
        if isinstance(turn.key, StackKey) and not self._w.gatherer.exists(turn.key):
            self._w.ledger.drop(turn.key)

    def executed(self, turn: Turn, outcome: Planned) -> None:
        """Nothing failed. The key runs once more: that plan is empty when all is well, and costs no call."""
        turn.record.end(State.WAITING, waits_for=outcome.waits_for or "its plan to take effect")
        drift = self._w.reports.of_drift(turn.key, outcome.plan) if turn.sweeps else ()
        self._w.reporter.say(turn.key, (*outcome.reports, *drift), turn.traceparent)
        if outcome.keeps is not None:
            self._w.keeping.keep(turn.key, outcome.keeps, turn.traceparent)
        self._note_secrets(turn, outcome)
        if turn.record.repeats:
            # The same plan again, though all of it was accepted: something undoes it, or it never gets there.
            self.again(turn, Failure.CONFLICT, "the same changes are wanted again after they were made")
        else:
            self._w.gate.queue.forget(turn.key)
            self._w.wake(turn.key, turn.lane, turn.traceparent)
        if outcome.network:
            self._ask_network(turn)
        if isinstance(turn.key, NetworkKey):
            for asker in self._w.needs.askers():
                self._w.ledger.of(asker).asks = 0  # the network got on: who asks again does so for another reason
        self._network_ran(turn)

    def failed(self, turn: Turn, outcome: Planned, judgement: Judgement) -> None:
        """Something was refused, or nobody knows."""
        if judgement.doubt:
            self._w.store.answers.doubt(turn.key, self._w.clock())
        for arn in judgement.details:
            self._w.store.forget_details(arn)
        told = self._w.reports.of_plan(turn.key, turn.record, judgement.errors)
        self._w.reporter.say(turn.key, (*outcome.reports, *told), turn.traceparent)
        self.again(turn, judgement.failure or Failure.TRANSIENT, "; ".join(judgement.errors))
        self._network_ran(turn)

    def unread(self, turn: Turn, error: CallFailedError) -> None:
        """AWS could not be read."""
        failure = failure_of(error.error)
        if not failure.passes:
            self._w.reporter.say(turn.key, self._w.reports.of_reading(turn.key, str(error)), turn.traceparent)
        self.again(turn, failure, f"AWS cannot be read: {error}")

    def again(self, turn: Turn, failure: Failure, error: str) -> None:
        """Re-adds the key with a backoff; its next run belongs to the same trace."""
        seconds = self._w.gate.queue.retry(turn.key, turn.lane, failure)
        self._w.note_later(turn.key, turn.traceparent, seconds)
        state = State.WAITING if failure.passes else State.ERRORED
        turn.record.end(state, error=error, waits_for=f"another attempt in {seconds:.1f} s")
        if not failure.passes:
            self._stack_rests(turn)
        _LOGGER.warning(
            "another attempt is needed",
            extra={"key": name_of_key(turn.key), "reason": error, "class": str(failure), "seconds": seconds},
        )

    def _stack_rests(self, turn: Turn) -> None:
        """Bindings that pods wait for will not come from this stack any more."""
        if isinstance(turn.key, StackKey):
            for binding in self._w.to_come.waited_for(turn.key):
                self._w.wake(binding, Lane.SERVE, turn.traceparent)

    def track(self, turn: Turn, outcome: Planned, *, moved: bool) -> None:
        """Says which targets matter now; `moved`: the plan has just moved some."""
        if outcome.tracked is not None and not self._w.caution.reason:
            self._w.tracked.put(outcome.tracked, turn.traceparent, moved=moved)

    def serving(self, turn: Turn, groups: Iterable[str]) -> None:
        """Load balancers use these target groups from now on, so that AWS checks their targets: the bindings look."""
        for arn in groups:
            for binding in self._w.view.bindings_of_group(arn):
                key = BindingKey(namespace=binding.meta.namespace, name=binding.meta.name)
                self._w.wake(key, Lane.SERVE, turn.traceparent)

    def _wait(self, turn: Turn, outcome: Planned) -> None:
        self._w.reporter.say(turn.key, outcome.reports, turn.traceparent)
        if outcome.again_seconds is not None:
            self._w.wake_later(turn.key, turn.lane, turn.traceparent, outcome.again_seconds)
        if outcome.network and not self._w.caution.reason:
            self._ask_network(turn)
        else:
            turn.record.asks = 0
            self._w.needs.forget(turn.key)

    def _note_secrets(self, turn: Turn, outcome: Planned) -> None:
        """All that is desired stands now: its secrets are those that AWS was given."""
        if not isinstance(turn.key, StackKey):
            return
        if outcome.given_secrets:
            self._w.gatherer.given_secrets[turn.key] = outcome.given_secrets
        else:
            self._w.gatherer.given_secrets.pop(turn.key, None)

    def _ask_network(self, turn: Turn) -> None:
        """The network runs, and its next result wakes the key. A key that asks again and again is given time."""
        asks, turn.record.asks = turn.record.asks, turn.record.asks + 1
        self._w.needs.wait(turn.key, turn.lane, turn.traceparent)
        if asks == 0:
            self._w.wake(NETWORK, turn.lane, turn.traceparent)
            return
        seconds = min(_NETWORK_LONGEST_SECONDS, _NETWORK_FIRST_SECONDS * 2.0 ** min(asks - 1, 10))
        self._w.wake_later(NETWORK, turn.lane, turn.traceparent, seconds)

    def _network_ran(self, turn: Turn) -> None:
        """A result of the network wakes everybody who waits for one."""
        if isinstance(turn.key, NetworkKey):
            for key, (lane, traceparent) in self._w.needs.take_askers().items():
                self._w.wake(key, lane, traceparent)


def in_words(problems: Iterable[Problem]) -> str:
    """Problems in one line, for `elbow status`."""
    return "; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in problems)
