"""The drift sweep in the shell: what it finds is told, and what was asked for meanwhile is not."""

import threading
from dataclasses import dataclass, field

import pytest

from services.planner.core.inputs import StackInput
from services.planner.core.keys import Lane, StackKey, StackKind
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import Change, ChangeAction, FieldChange, Plan
from services.planner.core.problems import Reason
from tests.contract.planner_peers import Bench, change, running
from tests.contract.test_planner_work import Script, call, ingress

KEY = StackKey(kind=StackKind.INGRESS, namespace="shop", name="front")
MODIFIED = Change(
    kind="load balancer",
    name="k8s-shop-front",
    action=ChangeAction.MODIFY,
    fields=(FieldChange(field="idle_timeout.timeout_seconds", old="61", new="120"),),
    reason=Reason.FIELDS_DIFFER,
    asked_by="Ingress/shop/front",
)
PUT_RIGHT = call("ModifyLoadBalancerAttributes", LoadBalancerArn="arn:lb", Attributes=[])


@dataclass(slots=True)
class Drifted:
    """Nothing is to be done until AWS has `drifted`; then one plan puts it right, which takes until `go` to compute."""

    drifted: bool = False
    began: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, inp: StackInput) -> Outcome:
        if not self.drifted:
            return Planned(plan=Plan(key=inp.key))
        self.drifted = False
        self.began.set()
        self.go.wait()
        return Planned(plan=Plan(key=inp.key, changes=(MODIFIED,), steps=(PUT_RIGHT,)))


def told(bench: Bench) -> list[str]:
    """Reasons of the Events."""
    steps = [s for e in bench.executor.plans for s in e.plan.steps if s.kubernetes.resource == "events"]
    return [reason for s in steps for reason in ("DriftReverted",) if reason in s.kubernetes.body]


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        pytest.param(False, ["DriftReverted"], id="what nobody asked for is drift"),
        pytest.param(True, [], id="what may have been asked for meanwhile is not"),
    ],
)
async def test_what_a_sweep_puts_right_is_told_unless_it_was_asked_for(edited: bool, said: list[str]) -> None:
    stack = Drifted()
    script = Script(stack=stack)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(finalizers=["ingress.k8s.aws/resources"]))
        await bench.settled()
        await bench.until_said(lambda status: status.inventory_filled)
        try:
            stack.drifted = True
            bench.parts.workshop.sweeping.begin(KEY)
            bench.parts.workshop.wake(KEY, Lane.SWEEP, "")
            await bench.until(stack.began.is_set)
            if edited:
                bench.watcher.change(change(ingress(200, generation=2)))
                seen = bench.parts.workshop.gate.queue.queued
                await bench.until(lambda: KEY in seen())
        finally:
            stack.go.set()
        await bench.until(lambda: ["ModifyLoadBalancerAttributes"] in bench.executor.executed())
        await bench.settled()
        await bench.parts.workshop.reporter.idle()
        assert told(bench) == said
