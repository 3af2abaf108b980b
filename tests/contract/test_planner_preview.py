"""What `Preview` answers over a real channel: it asks what a plan asks, executes nothing, and says when it cannot."""

import grpc
import grpc.aio
import pytest
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as planner

from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Outcome, Planned
from services.planner.core.plans import Change, ChangeAction, Plan
from services.planner.core.preview import UNKNOWN
from services.planner.core.problems import Reason
from services.planner.work.core_port import Core
from services.runtime.wire import REASON_KEY
from tests.contract.planner_peers import Bench, running
from tests.contract.test_planner_work import Script, call, ingress

FRONT = "Ingress/shop/front"
NEW = planner.PreviewRequest(objects=[planner.PreviewObject(object=ingress(), created=True)])


def naming(inp: StackInput) -> Outcome:
    """A plan whose names hash the UID of the stack's Ingress; none where there is no Ingress."""
    if not inp.ingresses:
        return Planned(plan=Plan(key=inp.key))
    name = f"k8s-shop-{inp.ingresses[0].meta.uid}"
    change = Change(kind="load balancer", name=name, action=ChangeAction.CREATE, reason=Reason.WANTED, asked_by=FRONT)
    step = call("CreateIt", Name=name, Scheme="internal")
    return Planned(plan=Plan(key=inp.key, changes=(change,), steps=(step,), cost={"elb-mutating": 1}))


def asking(inp: StackInput) -> Outcome:
    """As `naming`, once the route tables were read."""
    if not inp.inventory.knowledge.route_tables:
        return Needs(lookups=(Lookup(kind=LookupKind.ROUTE_TABLES),))
    return naming(inp)


async def previewed(bench: Bench, request: planner.PreviewRequest) -> list[planner.PreviewResponse]:
    return [part async for part in bench.stub.Preview(request)]


async def refusal(bench: Bench, request: planner.PreviewRequest) -> tuple[grpc.StatusCode, str]:
    """Status and reason code of a preview that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await previewed(bench, request)
    reasons = [str(value) for key, value in failure.value.trailing_metadata() or () if key == REASON_KEY]
    return failure.value.code(), "".join(reasons)


def core(plan_stack: object) -> Core:
    return Script(stack=plan_stack).core()  # type: ignore[arg-type]


async def test_an_object_that_does_not_exist_is_planned_and_nothing_is_executed() -> None:
    async with running(core(asking)) as bench:
        bench.watcher.snapshot()
        await bench.settled()
        (answer,) = await previewed(bench, NEW)
        known = bench.parts.workshop.view.ingress(("shop", "front"))
        assert (bench.executor.executed(), known, bench.executor.asked()) == ([], None, ["ROUTE_TABLES"])
    (change,) = answer.plan.changes
    assert (answer.plan.key.name, answer.plan.verdict) == ("ingress/shop/front", plan_pb2.VERDICT_OK)
    assert (change.name, dict(answer.plan.cost)) == (f"k8s-shop-{UNKNOWN}", {"elb-mutating": 1})
    assert answer.plan.steps[0].aws.parameters == f'{{"Name":"k8s-shop-{UNKNOWN}","Scheme":"internal"}}'


async def test_an_object_that_exists_is_planned_as_it_is() -> None:
    async with running(core(naming)) as bench:
        bench.watcher.snapshot(ingress())
        await bench.until(lambda: bool(bench.executor.executed()))
        (answer,) = await previewed(bench, planner.PreviewRequest(existing=[FRONT]))
    assert [change.action for change in answer.plan.changes] == [plan_pb2.ACTION_CREATE]
    assert UNKNOWN not in answer.plan.changes[0].name


async def test_before_the_cluster_was_seen_nothing_is_planned() -> None:
    async with running(core(naming)) as bench:
        assert await refusal(bench, NEW) == (grpc.StatusCode.UNAVAILABLE, "NotReady")


async def test_a_planner_that_stands_by_says_that_it_cannot_read_aws() -> None:
    async with running(core(asking), leads=False) as bench:
        bench.watcher.snapshot()
        await bench.until(lambda: bench.parts.workshop.view.ready)
        assert await refusal(bench, NEW) == (grpc.StatusCode.UNAVAILABLE, "NoExecutorSession")


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        pytest.param("Ingress/shop/none", grpc.StatusCode.NOT_FOUND, "NoObject", id="an object that there is not"),
        pytest.param("Lamp/shop/front", grpc.StatusCode.INVALID_ARGUMENT, "UnknownObject", id="a kind that is none"),
    ],
)
async def test_what_cannot_be_looked_at_is_said(name: str, status: grpc.StatusCode, reason: str) -> None:
    async with running(core(naming)) as bench:
        bench.watcher.snapshot()
        await bench.settled()
        assert await refusal(bench, planner.PreviewRequest(existing=[name])) == (status, reason)
