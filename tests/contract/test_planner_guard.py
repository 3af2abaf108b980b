"""What a guard holds, in the shell: the rest is executed, people can see it, and it is looked at again in time."""

import threading
from dataclasses import dataclass, field

import pytest
from elbow.cluster.v1 import objects_pb2 as cluster
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as planner
from elbow.watcher.v1 import watcher_service_pb2 as watcher

from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import Plan, Verdict
from services.planner.core.problems import Problem, Reason
from tests.contract.planner_peers import change, running
from tests.contract.test_planner_work import Script, binding, call, ingress, metadata

WHERE = ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace="shop", name="web-tg")


def pod(version: int, *, phase: str = "Running", **rest: str) -> cluster.Object:
    return cluster.Object(metadata=metadata("web-1", version, **rest), pod=cluster.Pod(ip="10.0.0.1", phase=phase))


def holding(inp: BindingInput) -> Outcome:
    """Registers once, and has a deregistration held until an hour has passed."""
    problem = Problem(where=WHERE, reason=Reason.LAST_HEALTHY_TARGET, message="the last one would go")
    held = Plan(key=inp.key, verdict=Verdict.HELD, problems=(problem,), steps=(call("DeregisterTargets"),))
    return Planned(plan=Plan(key=inp.key), held=held, again_seconds=3600.0)


@dataclass(slots=True)
class Slow:
    """Holds like `holding`, but the first answer takes until `go`."""

    began: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, inp: BindingInput) -> Outcome:
        self.began.set()
        self.go.wait()
        return holding(inp)


async def test_what_is_held_is_shown_and_does_not_count_as_waiting() -> None:
    finalizers = ["ingress.k8s.aws/resources"]
    script = Script(binding=holding)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(finalizers=finalizers), binding(), pod(3))
        await bench.settled()

        (stack,) = await bench.stacks()
        assert (stack.state, stack.waits_for, stack.error) == ("held", "the last one would go", "")
        key = plan_pb2.Key(kind=plan_pb2.KEY_KIND_BINDING, name="shop/web-tg")
        (part, *_) = [part.plan async for part in bench.stub.GetPlan(planner.GetPlanRequest(key=key))]
        assert (part.verdict, part.problems[0].reason) == (plan_pb2.VERDICT_HELD, "LastHealthyTarget")
        assert all("DeregisterTargets" not in e.operations for e in bench.executor.plans)


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(change(pod(200, deletion_timestamp="2026-01-01T00:00:00Z")), id="its deletion is asked for"),
        pytest.param(change(pod(3), deleted_at=200), id="it is gone"),
        pytest.param(change(pod(200, phase="Failed")), id="it has ended"),
    ],
)
async def test_a_held_binding_is_planned_again_when_a_pod_of_its_namespace_goes(news: watcher.Change) -> None:
    script = Script(binding=holding)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(), binding(), pod(3))
        await bench.settled()
        before = len(script.bindings)

        bench.watcher.change(news)

        await bench.until(lambda: len(script.bindings) > before)


async def test_a_pod_that_goes_while_a_binding_comes_to_be_held_has_it_planned_again() -> None:
    slow = Slow()
    script = Script(binding=slow)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(), binding(), pod(3))
        try:
            await bench.until(slow.began.is_set)
            bench.watcher.change(change(pod(3), deleted_at=200))
            await bench.until(lambda: bench.parts.workshop.view.pod(("shop", "web-1")) is None)
        finally:
            slow.go.set()

        await bench.until(lambda: len(script.bindings) > 1)
