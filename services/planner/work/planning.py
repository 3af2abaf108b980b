"""From a key to its outcome: gather, compute, answer the questions, compute again. Used by `worker`."""

from services.planner.core.keys import BindingKey, Key, Lane, StackKey
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import OWN_ROLE, Plan
from services.planner.core.targets.group import role_of
from services.planner.work.running import StillPlannedError
from services.planner.work.turn import Turn, Workshop

_ROUNDS = 12
"""Rounds of questions that one plan may need; each round is about what the one before it found."""


class UnansweredError(Exception):
    """The plan goes on asking what was answered: AWS's answers do not say what it needs to know."""


class UnfilledError(Exception):
    """The plan asks for what the fill of the inventory is about to read."""


class Planning:
    """Computes outcomes."""

    def __init__(self, workshop: Workshop) -> None:
        self._w = workshop

    async def outcome(self, turn: Turn) -> Outcome | None:
        """The key's outcome, every question of it answered; None where the key stands for nothing any more.

        Raises SessionLostError and CallFailedError where AWS cannot be read, UnansweredError where reading is no help,
        UnfilledError where a stack that nobody changed is better planned after the fill.
        """
        key = turn.key
        if isinstance(key, StackKey):
            self._w.gatherer.released.pop(key, None)
        elif self._w.store.answers.doubted(key):
            await self._settle(key, turn)
        asked: set[Lookup] = set()
        for _ in range(_ROUNDS):
            inp = self._w.gatherer.gather(key)
            if inp is None:
                return None
            outcome = await self._w.core.plan(inp)
            if not isinstance(outcome, Needs) or not outcome.lookups:
                return outcome
            if asked.issuperset(outcome.lookups):
                break
            if self._fill_answers(turn, outcome):
                raise UnfilledError
            asked.update(outcome.lookups)
            await self._w.asker.answer(outcome.lookups, key, lane=turn.lane, traceparent=turn.traceparent)
        self._w.store.answers.doubt(key, self._w.clock())
        raise UnansweredError("AWS's answers do not say what the plan needs to know")

    async def plan_now(self, key: Key) -> Plan | None:
        """What would be planned now, without asking anybody; None where the key stands for nothing any more.

        Raises StillPlannedError where that cannot be said, or where the new input cannot be understood: an error never
        shrinks, so what was planned before it stays planned.
        """
        inp = self._w.gatherer.gather(key)
        outcome = None if inp is None else await self._w.core.plan(inp)
        match outcome:
            case None:
                return None
            case Planned():
                return outcome.plan
        raise StillPlannedError

    def _fill_answers(self, turn: Turn, outcome: Needs) -> bool:
        answers = self._w.store.answers
        if turn.lane is not Lane.RESYNC or answers.filled or answers.unfillable:
            return False
        return any(lookup.kind is LookupKind.STACK for lookup in outcome.lookups)

    async def _settle(self, key: Key, turn: Turn) -> None:
        """Observes again what the key owns."""
        binding = self._w.view.binding((key.namespace, key.name)) if isinstance(key, BindingKey) else None
        group = "" if binding is None else binding.target_group_arn
        role = OWN_ROLE if binding is None else role_of(binding)
        await self._w.asker.settle(key, group, lane=turn.lane, traceparent=turn.traceparent, role=role)
