"""What a guard holds, in the shell: the rest is executed, people can see it, and it is looked at again in time."""

from elbow.cluster.v1 import objects_pb2 as cluster
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as planner

from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import Plan, Verdict
from services.planner.core.problems import Problem, Reason
from tests.contract.planner_peers import change, running
from tests.contract.test_planner_work import Script, binding, call, ingress, metadata

WHERE = ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace="shop", name="web-tg")


def pod(version: int, **rest: str) -> cluster.Object:
    return cluster.Object(metadata=metadata("web-1", version, **rest), pod=cluster.Pod(ip="10.0.0.1"))


def holding(inp: BindingInput) -> Outcome:
    """Registers once, and has a deregistration held until an hour has passed."""
    problem = Problem(where=WHERE, reason=Reason.LAST_HEALTHY_TARGET, message="the last one would go")
    held = Plan(key=inp.key, verdict=Verdict.HELD, problems=(problem,), steps=(call("DeregisterTargets"),))
    return Planned(plan=Plan(key=inp.key), held=held, again_seconds=3600.0)


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


async def test_a_held_binding_is_planned_again_when_a_pod_of_its_namespace_goes() -> None:
    script = Script(binding=holding)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(), binding(), pod(3))
        await bench.settled()
        before = len(script.bindings)

        bench.watcher.change(change(pod(200, deletion_timestamp="2026-01-01T00:00:00Z")))

        await bench.until(lambda: len(script.bindings) > before)
