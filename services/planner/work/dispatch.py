"""From what is seen to what is worked on: folds the watcher's events and the tracker's answers, and wakes keys.

The links call it on the event loop; nothing here waits.
"""

from services.planner.core.keys import BindingKey, Key, Lane
from services.planner.core.objects import Kind, Pod
from services.planner.core.targets.presence import stands
from services.planner.inventory.observations import Observation
from services.planner.view.events import Changed, Event, SecretSeen
from services.planner.view.references import stack_of_binding
from services.planner.view.wakes import NETWORK, wakes
from services.planner.work.ledger import State
from services.planner.work.turn import Workshop


class Dispatch:
    """Wakes keys. `collect_seconds`: for how long registrations gather from the first change (architecture, section
    2); deregistrations never do.
    """

    def __init__(self, workshop: Workshop, *, collect_seconds: float) -> None:
        self._w = workshop
        self._collect_seconds = collect_seconds

    def on_event(self, event: Event) -> None:
        """Folds one event of the watcher."""
        if isinstance(event, SecretSeen):
            self._on_secret(event)
            return
        unseen = self._w.view.unseen_kinds
        for changed in self._w.view.fold(event):
            self._on_changed(changed)
        self._unpark()
        if self._w.view.unseen_kinds != unseen:
            self._wake_everything()

    def on_health(self, observation: Observation) -> None:
        """Folds one answer of the tracker; a binding whose targets moved on may have something to do."""
        for arn in self._w.store.observe(observation):
            known = arn in self._w.store.whole().targets
            for binding in self._w.view.bindings_of_group(arn):
                key = BindingKey(namespace=binding.meta.namespace, name=binding.meta.name)
                tracking = self._w.tracked.of(key)
                traceparent = tracking.traceparent if tracking is not None else ""
                self._w.wake(key, Lane.SERVE, traceparent)
                stack = stack_of_binding(binding)
                if stack is not None and not known:
                    self._w.wake(stack, Lane.EDIT, traceparent)

    def on_filled(self) -> None:
        """The account has been read, or cannot be: who waited for it goes on."""
        for key, lane in list(self._w.unfilled.items()):
            self._w.wake(key, lane, "")
        self._w.unfilled.clear()

    def begin_anew(self) -> None:
        """Plans are executed from now on, or are not any more: every key is worked on again."""
        if self._w.caution.reason:
            self._w.tracked.clear()
        self._wake_everything()

    def _on_secret(self, seen: SecretSeen) -> None:
        """The stacks that a Secret is for see what follows."""
        name = seen.state.namespace, seen.state.name
        if self._w.view.secret(name) == seen.state:
            return
        self._w.view.fold(seen)
        for ingress in self._w.view.ingresses_of_secret(name):
            for stack in self._w.view.stacks_of(ingress):
                self._w.causes.note(stack, seen.traceparent, self._w.now_ns(), quiet=not seen.traceparent)
                self._w.gate.queue.add(stack, Lane.EDIT)
                self._tell(stack, Lane.EDIT)

    def _on_changed(self, changed: Changed) -> None:
        own = self._w.writes.trace_of(changed)
        traceparent = changed.traceparent if own is None else own
        for key, lane in wakes(changed, self._w.view).items():
            quiet = own is not None or not traceparent or changed.kind is Kind.CONFIG_MAP
            self._w.causes.note(key, traceparent, self._w.now_ns(), quiet=quiet)
            if isinstance(key, BindingKey) and lane is Lane.SERVE and changed.kind is not Kind.TARGET_GROUP_BINDING:
                self._w.gate.queue.collect(key, lane, self._collect_seconds)
            else:
                self._w.gate.queue.add(key, lane)
            if own is None:
                self._tell(key, lane)
        if changed.kind is Kind.POD:
            self._look_at_held(changed)

    def _look_at_held(self, changed: Changed) -> None:
        """Targets whose removal is held go as soon as the pods behind them do, which no slice may name any more. A
        binding that is being worked on may come to be held because the pod was still there when its work began.
        """
        if isinstance(changed.new, Pod) and stands(changed.new):
            return
        held = {key for key, record in self._w.ledger.records().items() if record.state is State.HELD}
        for key in sorted(held | self._w.gate.queue.running(), key=str):
            if isinstance(key, BindingKey) and key.namespace == changed.now.meta.namespace:
                self._w.wake(key, Lane.DRAIN, changed.traceparent)

    def _tell(self, key: Key, lane: Lane) -> None:
        """A key that is being executed looks whether the newer input overtakes its plan."""
        newer = self._w.executing.get(key)
        if newer is not None:
            newer.tell(lane)

    def _unpark(self) -> None:
        """Wakes keys whose own writes the view has now seen."""
        for key, lane in list(self._w.parked.items()):
            if not self._w.writes.blocked(key):
                del self._w.parked[key]
                self._w.gate.queue.add(key, lane)

    def _wake_everything(self) -> None:
        """A kind appeared, vanished or was refused: what needs it is planned anew."""
        view = self._w.view
        keys: list[Key] = sorted({stack for owner in view.owners() for stack in view.stacks_of_owner(owner)})
        keys += [BindingKey(namespace=b.meta.namespace, name=b.meta.name) for b in self._w.view.bindings()]
        for key in (*keys, NETWORK):
            self._w.wake(key, Lane.RESYNC, "")
