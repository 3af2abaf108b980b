"""The worker: takes a key, plans it, has the plan executed. Several run side by side, each a background task."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from services.planner.core.encoding import plan_digest
from services.planner.core.keys import BindingKey, Key, Lane, NetworkKey, StackKey
from services.planner.core.outcomes import Errored, Needs, Outcome, Planned
from services.planner.core.plans import KubernetesWrite, Plan, Verb
from services.planner.links.failures import CallFailedError, SessionLostError
from services.planner.work.aftermath import Aftermath
from services.planner.work.judgement import Judgement, judge
from services.planner.work.ledger import State
from services.planner.work.network_needs import name_of_key
from services.planner.work.planning import Planning, UnansweredError, UnfilledError
from services.planner.work.running import Newer, Run
from services.planner.work.turn import Turn, Workshop
from services.planner.work.zone_names import learns_zones
from services.planner.workqueue.backoff import Failure
from services.runtime import telemetry

_LOGGER = logging.getLogger(__name__)


class Worker:
    """Runs keys, one at a time."""

    def __init__(self, workshop: Workshop, suppose: Callable[[StackKey], Awaitable[Plan]]) -> None:
        """`suppose` plans a stack as if the network had already been executed."""
        self._w = workshop
        self._suppose = suppose
        self._planning = Planning(workshop)
        self._aftermath = Aftermath(workshop)

    async def run(self) -> None:
        """Until the queue is drained."""
        while (taken := await self._w.gate.take()) is not None:
            key, lane = taken
            try:
                await self._work(key, lane)
            except Exception as error:
                # A fault of ours in one key must not stop the others; it is told, and the key retried slowly.
                _LOGGER.exception("a key could not be worked on", extra={"key": name_of_key(key)})
                self._w.ledger.of(key).end(State.ERRORED, error=f"internal error: {error}")
                self._w.store.answers.doubt(key, self._w.clock())
                self._w.gate.queue.retry(key, lane, Failure.PERMANENT)
            finally:
                self._w.sweeping.end(key)
                self._w.gate.queue.done(key)

    async def _work(self, key: Key, lane: Lane) -> None:
        if self._w.writes.blocked(key):
            self._w.parked[key] = lane
            return
        cause = self._w.causes.take(key, self._w.now_ns())
        turn = Turn(key=key, lane=lane, cause=cause, record=self._w.ledger.of(key), traceparent=cause.traceparent)
        if self._w.sweeping.takes(key, lane):
            turn.sweeps = True
            self._w.store.doubt(key, self._w.clock())
        try:
            outcome = await (self._plan_quietly(turn) if cause.quiet else self._plan(turn))
        except SessionLostError as error:
            self._aftermath.again(turn, Failure.TRANSIENT, str(error))
        except UnfilledError:
            self._aftermath.awaits_fill(turn)
        except UnansweredError as error:
            self._aftermath.again(turn, Failure.CONFLICT, str(error))
        except CallFailedError as error:
            self._aftermath.unread(turn, error)
        else:
            # What was asked for meanwhile may be in the plan, and is not drift.
            turn.sweeps = turn.sweeps and key not in self._w.gate.queue.queued()
            await self._follow(turn, outcome)

    async def _plan(self, turn: Turn) -> Outcome | None:
        """Plans for somebody's change: how long it waited and what was computed can be seen, whatever comes of it."""
        _queue_span(turn)
        with _plan_span(turn) as span:
            outcome = await self._planning.outcome(turn)
            _describe(span, outcome)
        return outcome

    async def _plan_quietly(self, turn: Turn) -> Outcome | None:
        """Plans to see whether something follows: it can be seen where something does."""
        begun = self._w.now_ns()
        outcome = await self._planning.outcome(turn)
        if isinstance(outcome, Planned) and not outcome.plan.empty:
            _queue_span(turn)
            with _plan_span(turn, start_ns=begun) as span:
                _describe(span, outcome)
        return outcome

    async def _follow(self, turn: Turn, outcome: Outcome | None) -> None:
        match outcome:
            case None:
                self._aftermath.gone(turn)
            case Needs() if self._w.caution.reason:
                self._aftermath.observed(turn, await self._supposed(turn.key))
            case Needs():
                self._aftermath.needs_network(turn, outcome)
            case Errored():
                self._aftermath.errored(turn, outcome)
            case Planned() if outcome.plan.empty and not _tidies(turn, outcome, observing=bool(self._w.caution.reason)):
                self._aftermath.settled(turn, outcome)
            case Planned() if self._w.caution.reason:
                self._aftermath.observed(turn, outcome.plan)
            case Planned():
                tidied = replace(outcome, plan=outcome.tidying) if outcome.plan.empty and outcome.tidying else outcome
                await self._execute(turn, tidied)

    async def _supposed(self, key: Key) -> Plan:
        """The plan of a key that needs the network, which is not executed either."""
        return await self._suppose(key) if isinstance(key, StackKey) else Plan(key=key)

    async def _execute(self, turn: Turn, outcome: Planned) -> None:
        key, plan, record = turn.key, outcome.plan, turn.record
        record.begin(plan, turn.lane, turn.traceparent, self._w.now_ns())
        record.end(State.WAITING, waits_for="its plan to be executed")
        if isinstance(key, StackKey):
            self._w.gatherer.released[key] = _released(plan)
        _LOGGER.info("executing", extra={"key": name_of_key(key), "plan": plan_digest(plan), "steps": len(plan.steps)})
        newer = self._w.executing[key] = Newer()
        served = self._served(key)
        run = Run(
            plan=plan,
            lane=turn.lane,
            traceparent=turn.traceparent,
            links=turn.cause.links,
            newer=newer,
            replan=lambda: self._planning.plan_now(key),
            results=record.results,
        )
        try:
            ended = await self._w.runner.run(run)
        except SessionLostError as error:
            self._aftermath.again(turn, Failure.TRANSIENT, str(error))
            return
        except CallFailedError as error:
            refused = Judgement(failure=Failure.PERMANENT, errors=(str(error),), doubt=True)
            self._aftermath.failed(turn, outcome, refused)
            return
        finally:
            del self._w.executing[key]
            self._aftermath.serving(turn, self._served(key) - served)
        if ended.cut:
            _LOGGER.warning("the executor was lost during a plan", extra={"key": name_of_key(key), "reason": ended.cut})
        if isinstance(key, NetworkKey):
            self._w.needs.note_grants(plan, record.results, outcome.full_groups)
        self._aftermath.track(turn, outcome, moved=True)
        if isinstance(key, BindingKey) and learns_zones(self._w.gatherer.zone_names, key, plan, record.results):
            self._aftermath.again(turn, Failure.TRANSIENT, "the zones of targets are told by name from now on")
            return
        judgement = judge(plan, record.results, ended.awaited)
        if judgement.failure is None:
            self._aftermath.executed(turn, outcome)
        else:
            self._aftermath.failed(turn, outcome, judgement)

    def _served(self, key: Key) -> frozenset[str]:
        """Target groups that a load balancer uses, as far as the work on a key may change that."""
        if not isinstance(key, StackKey):
            return frozenset()
        groups = self._w.store.whole().target_groups
        return frozenset(arn for arn, group in groups.items() if group.load_balancers)


def _tidies(turn: Turn, outcome: Planned, *, observing: bool) -> bool:
    """Whether this run does what nobody waits for: it has the time, and there is something."""
    tidying = outcome.tidying
    return turn.lane >= Lane.RESYNC and tidying is not None and not tidying.empty and not observing


def _queue_span(turn: Turn) -> None:
    """The time between the oldest change and now; what follows in the turn hangs on it."""
    cause = turn.cause
    with telemetry.start_span(
        "queue",
        traceparent=cause.traceparent,
        links=cause.links,
        attributes=_attributes(turn),
        start_ns=cause.since_ns,
    ):
        turn.traceparent = telemetry.traceparent() or cause.traceparent


@contextmanager
def _plan_span(turn: Turn, *, start_ns: int | None = None) -> Iterator[telemetry.Span]:
    with telemetry.start_span(
        "compute plan", traceparent=turn.traceparent, attributes=_attributes(turn), start_ns=start_ns
    ) as span:
        turn.traceparent = telemetry.traceparent() or turn.traceparent
        yield span


def _attributes(turn: Turn) -> telemetry.Attributes:
    return {"elbow.key": name_of_key(turn.key), "elbow.lane": turn.lane.name.lower()}


def _describe(span: telemetry.Span, outcome: Outcome | None) -> None:
    match outcome:
        case Planned():
            span.set_attribute("elbow.plan", plan_digest(outcome.plan))
            span.set_attribute("elbow.steps", len(outcome.plan.steps))
        case Errored():
            reason = str(outcome.problems[0].reason) if outcome.problems else "Errored"
            telemetry.record_error(span, reason, "; ".join(p.message for p in outcome.problems))


def _released(plan: Plan) -> frozenset[BindingKey]:
    """Bindings whose finalizer the plan takes off: their stack takes them down, they need not do it themselves."""
    writes = (step.work for step in plan.steps if isinstance(step.work, KubernetesWrite))
    return frozenset(
        BindingKey(namespace=w.namespace, name=w.name)
        for w in writes
        if w.resource == "targetgroupbindings"
        and w.verb is Verb.MERGE_PATCH
        and "finalizers" in (w.body or {}).get("metadata", {})
    )
