"""`Preview`: the plans that would follow if some objects were applied, without executing or changing anything.

Called by the servicer. Stacks come first, the network before a stack that needs its group and again for the rules of
their bindings, then the bindings: the order in which they would be executed. Each plan is computed twice, with other
stand-ins, and what differs is not known. AWS is asked what a real plan would ask.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.planner.core.keys import BindingKey, Key, Lane, StackKey
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Errored, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import Change, ChangeAction, FieldChange, Plan, Report
from services.planner.core.preview import UNKNOWN, known_part
from services.planner.core.problems import Reason
from services.planner.links.failures import CallFailedError, SessionLostError
from services.planner.preview.stand_ins import Given, Guess
from services.planner.preview.supposition import Supposition
from services.planner.view.events import Changed
from services.planner.view.objects import Object, kind_of, name_of
from services.planner.view.wakes import NETWORK, wakes
from services.planner.work.network_needs import name_of_key
from services.planner.work.turn import Workshop
from services.runtime.errors import NotFoundError, UnavailableError

_ROUNDS = 12
_ALWAYS_SHOWN = frozenset({Kind.INGRESS, Kind.SERVICE, Kind.TARGET_GROUP_BINDING})
"""Kinds whose keys are planned although the objects are there as they are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """One key's plan. `waits_for`: what is left out until later; `reports`: Events that would be written."""

    plan: Plan
    waits_for: str = ""
    reports: tuple[Report, ...] = ()


class Preview:
    """Makes previews."""

    def __init__(self, workshop: Workshop) -> None:
        self._w = workshop

    async def of(self, given: Sequence[Given], existing: Sequence[ObjectRef]) -> Sequence[Previewed]:
        """Plans of all keys that the given objects, or those that exist already, would wake.

        Raises UnavailableError where the cluster or AWS cannot be read, NotFoundError for an object that there is not.
        """
        if not self._w.view.ready:
            raise UnavailableError("NotReady", "the planner has not seen the whole cluster yet; ask again in a moment")
        anew = [g for g in given if not self._stands(g)]
        looked_at = [*self._found(existing), *(g.thing for g in given if g not in anew)]
        one = await self._play(Supposition(self._w, anew, Guess.ONE), looked_at)
        other = await self._play(Supposition(self._w, anew, Guess.OTHER), looked_at)
        others = other if len(other) == len(one) else one
        made = frozenset(name_of(g.thing) for g in anew if g.created and kind_of(g.thing) is Kind.SERVICE)
        return [p for pair in zip(one, others, strict=True) for p in _together(*pair, made)]

    async def of_stack(self, key: StackKey) -> Plan:
        """The plan of one stack as the cluster is, as if the network had been executed before it.

        Raises UnavailableError where AWS cannot be read.
        """
        plans = []
        for guess in (Guess.ONE, Guess.OTHER):
            played: list[_Played] = []
            await self._play_stack(Supposition(self._w, (), guess), key, played)
            plans += [_plan(each) for each in played if each.key == key]
        return known_part(*plans) if plans else Plan(key=key)

    def _stands(self, given: Given) -> bool:
        """Whether the object is there and applying it would change nothing."""
        thing, live = given.thing, self._w.view.get(kind_of(given.thing), name_of(given.thing))
        if live is None or given.created:
            return False
        version = {"resource_version": live.meta.resource_version, "generation": live.meta.generation}
        return replace(thing, meta=replace(thing.meta, **version)) == live  # type: ignore[arg-type]

    def _found(self, refs: Iterable[ObjectRef]) -> Iterable[Object]:
        for ref in refs:
            thing = self._w.view.get(ref.kind, (ref.namespace, ref.name))
            if thing is None:
                raise NotFoundError("NoObject", f"there is no {ref.kind} {ref.namespace}/{ref.name}".replace(" /", " "))
            yield thing

    async def _play(self, world: Supposition, looked_at: Iterable[Object]) -> "list[_Played]":
        keys = _keys(world, looked_at)
        played: list[_Played] = []
        touched: list[BindingKey] = [k for k in keys if isinstance(k, BindingKey)]
        for stack in (k for k in keys if isinstance(k, StackKey)):
            touched += await self._play_stack(world, stack, played)
        if touched or NETWORK in keys:
            await self._play_key(world, NETWORK, played, quiet=True)
        for key in dict.fromkeys(touched):
            await self._play_key(world, key, played)
        return played

    async def _play_stack(self, world: Supposition, key: StackKey, played: "list[_Played]") -> list[BindingKey]:
        outcome = await self._outcome(world, key)
        if isinstance(outcome, Needs) and outcome.network:
            world.network_asked = True
            await self._play_key(world, NETWORK, played, quiet=True)
            outcome = await self._outcome(world, key)
        return _note(world, key, outcome, played)

    async def _play_key(
        self, world: Supposition, key: Key, played: "list[_Played]", *, quiet: bool = False
    ) -> list[BindingKey]:
        outcome = await self._outcome(world, key)
        if quiet and isinstance(outcome, Planned) and outcome.plan.empty:
            return []
        return _note(world, key, outcome, played)

    async def _outcome(self, world: Supposition, key: Key) -> Outcome | None:
        """The key's outcome, every question answered that can be."""
        asked_about = False
        try:
            for _ in range(_ROUNDS):
                inp = world.input(key)
                outcome = None if inp is None else await self._w.core.plan(inp)
                lookups = outcome.lookups if isinstance(outcome, Needs) else ()
                real = [lookup for lookup in lookups if not world.is_guessed(lookup) or lookup.kind is LookupKind.STACK]
                if not real:
                    return outcome
                asked_about = asked_about or any(lookup.kind is LookupKind.STACK for lookup in real)
                await self._w.asker.answer(real, key, lane=Lane.EDIT, traceparent="")
        except SessionLostError as error:
            message = (
                f"this planner cannot read AWS now ({error}): only the leader, connected to an executor, can; "
                "ask the planner that leads"
            )
            raise UnavailableError("NoExecutorSession", message) from error
        except CallFailedError as error:
            raise UnavailableError("AwsUnreadable", f"AWS cannot be read: {error}") from error
        finally:
            if asked_about and isinstance(key, StackKey):
                # Names that hash a UID were asked about with one that is made up.
                self._w.store.answers.forget(key)
        message = f"AWS's answers do not say what the plan of {name_of_key(key)} needs to know; ask again in a moment"
        raise UnavailableError("Unanswered", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """One key as it was planned in one supposed world. `ip_of`: for a binding of addresses, its Service; `guarded`: the
    binding says who may reach its targets."""

    key: Key
    outcome: Outcome
    ip_of: tuple[str, str] | None = None
    guarded: bool = False


def _keys(world: Supposition, looked_at: Iterable[Object]) -> Sequence[Key]:
    keys: dict[Key, None] = {}
    for changed in world.changed:
        keys.update(dict.fromkeys(wakes(changed, world.view)))
    for thing in looked_at:
        if kind_of(thing) in _ALWAYS_SHOWN:
            as_new = Changed(kind=kind_of(thing), old=None, new=thing)
            keys.update(dict.fromkeys(wakes(as_new, world.view)))
    return sorted(keys, key=lambda key: (type(key).__name__, str(key)))


def _note(world: Supposition, key: Key, outcome: Outcome | None, played: list[_Played]) -> list[BindingKey]:
    """Keeps an outcome and goes on as if its plan had been executed."""
    if outcome is None:
        return []
    binding = world.view.binding((key.namespace, key.name)) if isinstance(key, BindingKey) else None
    by_address = binding is not None and binding.target_type == "ip"
    ip_of = (binding.meta.namespace, binding.service_name) if binding is not None and by_address else None
    guarded = binding is not None and binding.networking is not None
    played.append(_Played(key=key, outcome=outcome, ip_of=ip_of, guarded=guarded))
    if isinstance(outcome, Planned) and not outcome.plan.empty and not isinstance(key, BindingKey):
        return world.accept(outcome.plan)
    return []


def _together(one: _Played, other: _Played, made: frozenset[tuple[str, str]]) -> Iterator[Previewed]:
    """What is known of one key's plan. `made`: Services that do not exist yet, nor do the pods behind them: which
    targets they will be, and which security groups must let them be reached, nobody knows."""
    plan = known_part(_plan(one), _plan(other))
    if one.ip_of in made:
        binding = f"{Kind.TARGET_GROUP_BINDING}/{plan.key}"
        unknown = FieldChange(field="ingress", new=UNKNOWN)
        reach = _unknown("security group", ChangeAction.MODIFY, Reason.FIELDS_DIFFER, binding, (unknown,))
        target = _unknown("target", ChangeAction.CREATE, Reason.TARGET_ADDED, binding)
        if one.guarded:
            yield Previewed(plan=Plan(key=NETWORK, changes=(reach,)))
        plan = replace(plan, changes=(*plan.changes, target))
    yield Previewed(plan=plan, waits_for=_waits_for(one.outcome), reports=one.outcome.reports)
    held = _held(one)
    if held is not None:
        yield Previewed(plan=known_part(held, _held(other) or held))


def _unknown(
    kind: str, action: ChangeAction, reason: Reason, asked_by: str, fields: tuple[FieldChange, ...] = ()
) -> Change:
    return Change(kind=kind, name=UNKNOWN, action=action, reason=reason, asked_by=asked_by, fields=fields)


def _plan(played: _Played) -> Plan:
    return Plan(key=played.key) if isinstance(played.outcome, Needs) else played.outcome.plan


def _held(played: _Played) -> Plan | None:
    """What a guard keeps from happening."""
    return played.outcome.held if isinstance(played.outcome, Planned) else None


def _waits_for(outcome: Outcome) -> str:
    match outcome:
        case Planned():
            return outcome.waits_for
        case Needs(network=True):
            return "the network"
        case Needs():
            return "what does not exist yet"
        case Errored():
            return ""
