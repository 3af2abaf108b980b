"""The planner's workers over real channels: what is asked, executed, folded, retried and stopped."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from elbow.cluster.v1 import objects_pb2 as cluster
from elbow.executor.v1 import executor_service_pb2 as executor
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as planner
from elbow.watcher.v1 import watcher_service_pb2 as watcher

from services.planner.core.inputs import BindingInput, NetworkInput, StackInput
from services.planner.core.keys import Lane, NetworkKey
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import (
    Errored,
    Lookup,
    LookupKind,
    Needs,
    Outcome,
    Planned,
    Tracked,
    TrackedGroup,
)
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Report, Step, Verb, Verdict
from services.planner.core.problems import Problem, Reason
from services.planner.leadership import Term
from services.planner.work.core_port import Core
from tests.contract.planner_peers import Bench, accepted, change, refused, running

ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/web/1"
LABELS = {"ingress.k8s.aws/stack-namespace": "shop", "ingress.k8s.aws/stack-name": "front"}


def metadata(name: str, version: int, **rest: Any) -> cluster.Metadata:
    return cluster.Metadata(namespace="shop", name=name, uid=f"uid-{name}", resource_version=str(version), **rest)


def ingress(version: int = 1, **rest: Any) -> cluster.Object:
    return cluster.Object(metadata=metadata("front", version, **rest), ingress=cluster.Ingress())


def binding(version: int = 1, **rest: Any) -> cluster.Object:
    body = cluster.TargetGroupBinding(service_name="web", target_group_arn=ARN, target_type="ip")
    return cluster.Object(metadata=metadata("web-tg", version, labels=LABELS, **rest), target_group_binding=body)


def endpoints(version: int, *addresses: str) -> cluster.Object:
    found = [cluster.Endpoint(addresses=[a], target_kind="Pod", target_name=a, target_uid=a) for a in addresses]
    body = cluster.EndpointSlice(service_name="web", address_type="IPv4", endpoints=found)
    return cluster.Object(metadata=metadata("web-abc", version), endpoint_slice=body)


def call(operation: str, step: str = "", **parameters: Any) -> Step:
    return Step(id=step or operation, work=AwsCall(service="elbv2", operation=operation, parameters=parameters))


def planned(inp: Any, *steps: Step, **rest: Any) -> Planned:
    return Planned(plan=Plan(key=inp.key, steps=steps), **rest)


@dataclass(slots=True)
class Script:
    """A core whose answers are functions of the input; each input is kept."""

    stack: Callable[[StackInput], Outcome] = planned
    binding: Callable[[BindingInput], Outcome] = planned
    network: Callable[[NetworkInput], Outcome] = lambda _: Planned(plan=Plan(key=NetworkKey()))
    stacks: list[StackInput] = field(default_factory=list)
    bindings: list[BindingInput] = field(default_factory=list)
    networks: list[NetworkInput] = field(default_factory=list)

    def core(self) -> Core:
        def plan_stack(inp: StackInput) -> Outcome:
            self.stacks.append(inp)
            return self.stack(inp)

        def plan_binding(inp: BindingInput) -> Outcome:
            self.bindings.append(inp)
            return self.binding(inp)

        def plan_network(inp: NetworkInput) -> Outcome:
            self.networks.append(inp)
            return self.network(inp)

        return Core(plan_stack=plan_stack, plan_binding=plan_binding, plan_network=plan_network)


def once(*steps: Step, **rest: Any) -> Callable[[Any], Outcome]:
    """A plan with these steps for the first input, an empty one for every other."""
    left = [steps]

    def plan(inp: Any) -> Outcome:
        return planned(inp, *(left.pop() if left else ()), **rest)

    return plan


def targets_of(inp: BindingInput) -> dict[str, str]:
    return {target.id: health.state for target, health in inp.inventory.targets.get(ARN, {}).items()}


def following(inp: BindingInput) -> Outcome:
    """Registers and deregisters what differs between the slices and the inventory."""
    wanted = {a for s in inp.slices for e in s.endpoints for a in e.addresses}
    known = {id_ for id_, state in targets_of(inp).items() if state != "draining"}
    steps = [
        call(operation, TargetGroupArn=ARN, Targets=[{"Id": id_, "Port": 80} for id_ in sorted(ids)])
        for operation, ids in (("DeregisterTargets", known - wanted), ("RegisterTargets", wanted - known))
        if ids
    ]
    moving = {id_ for id_, state in targets_of(inp).items() if state != "healthy"} | wanted - known
    tracked = TrackedGroup(
        target_group_arn=ARN, binding=inp.key, targets=tuple(Tracked(id=id_, port=80) for id_ in sorted(moving))
    )
    return planned(inp, *steps, tracked=tracked)


async def test_nothing_is_planned_before_every_kind_was_seen_once() -> None:
    script = Script()
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(), kinds=[k for k in cluster.Kind.values() if k not in (0, cluster.KIND_POD)])
        await bench.until(lambda: bench.parts.workshop.view.ingress(("shop", "front")) is not None)
        status = await bench.status()
        assert (status.in_sync, status.settled, status.queued, script.stacks) == (False, False, 1, [])
        bench.watcher.say(bench.watcher.state(cluster.KIND_POD, watcher.KIND_STATE_MISSING, "no such kind"))
        await bench.settled()
        assert [inp.view.blind for inp in script.stacks] == [{Kind.POD: "missing: no such kind"}] * len(script.stacks)


async def test_a_plan_is_executed_folded_and_followed_by_an_empty_one() -> None:
    script = Script(binding=following)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(binding(), endpoints(1, "10.0.0.1"))
        bench.executor.observations["LOOKUP_KIND_TARGETS"] = []
        await bench.until(lambda: len(bench.executor.plans) == 1)
        await bench.until(lambda: targets_of(script.bindings[-1]) == {"10.0.0.1": "initial"})
        await bench.report_health(ARN, ("10.0.0.1", "healthy"))
        await bench.settled()
        assert bench.executor.executed() == [["RegisterTargets"]]
        assert targets_of(script.bindings[-1]) == {"10.0.0.1": "healthy"}


async def test_registrations_gather_and_deregistrations_do_not_wait() -> None:
    script = Script(binding=following)
    async with running(script.core(), collect_seconds=3_600) as bench:
        bench.watcher.snapshot(binding(), endpoints(1))
        await bench.settled()
        bench.watcher.change(*(change(endpoints(200 + n, *(f"10.0.0.{m}" for m in range(n + 1)))) for n in range(5)))
        await bench.until(
            lambda: bench.parts.workshop.view.slices_of_service(("shop", "web"))[0].meta.resource_version == "204"
        )
        assert (await bench.status()).queued == 1
        assert bench.executor.executed() == []
        bench.watcher.change(change(endpoints(300, "10.0.0.0", "10.0.0.1")))
        await bench.until(lambda: bench.executor.executed() == [["RegisterTargets"]])


async def test_questions_are_answered_before_the_plan() -> None:
    def ask(inp: StackInput) -> Outcome:
        knows = inp.inventory.knowledge
        if not knows.network:
            return Needs(lookups=(Lookup(kind=LookupKind.NETWORK),))
        if "sg-1" not in knows.groups:
            return Needs(lookups=(Lookup(kind=LookupKind.SECURITY_GROUPS, keys=("sg-1",)),))
        return planned(inp)

    async with running(Script(stack=ask).core()) as bench:
        bench.executor.observations["all"] = [_error(executor.ERROR_CLASS_TRANSIENT)]
        bench.watcher.snapshot(ingress())
        await bench.settled()
        assert bench.executor.asked() == ["NETWORK", "SECURITY_GROUPS"]


async def test_a_question_that_is_put_again_after_its_answer_is_not_asked_for_ever() -> None:
    script = Script(stack=lambda _: Needs(lookups=(Lookup(kind=LookupKind.ATTRIBUTES, keys=("lb",)),)))
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress())
        await bench.until(lambda: len(bench.executor.asked()) >= 1)
        await bench.until_said(lambda status: status.waiting == 1)
        (stack,) = await bench.stacks()
        assert (stack.state, stack.error) == ("waiting", "AWS's answers do not say what the plan needs to know")


async def test_what_needs_the_network_runs_after_it() -> None:
    order: list[str] = []

    def stack(inp: StackInput) -> Outcome:
        order.append("stack")
        return planned(inp) if order.count("network") else Needs(network=True)

    def network(_: NetworkInput) -> Outcome:
        order.append("network")
        steps = (call("MakeGroup"),) if order.count("network") == 1 else ()
        return Planned(plan=Plan(key=NetworkKey(), steps=steps))

    async with running(Script(stack=stack, network=network).core()) as bench:
        bench.watcher.snapshot(ingress())
        await bench.settled()
        assert order.index("network") == 1
        assert bench.executor.executed() == [["MakeGroup"]]


async def test_a_key_that_goes_on_asking_for_the_network_is_given_time() -> None:
    script = Script(stack=lambda _: Needs(network=True))
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress())
        await bench.until(lambda: len(script.stacks) == 2)
        await asyncio.sleep(0.05)
        assert (len(script.stacks), len(script.networks)) == (2, 1)
        assert (await bench.status()).waiting == 2


async def test_an_errored_input_changes_nothing_and_waits_for_the_user() -> None:
    def errored(inp: StackInput) -> Outcome:
        where = ObjectRef(kind=Kind.INGRESS, namespace="shop", name="front")
        problem = Problem(where=where, reason=Reason.INVALID_ANNOTATION, message="soon is no number", field="x")
        plan = Plan(key=inp.key, verdict=Verdict.ERRORED, problems=(problem,))
        return Errored(plan=plan, problems=(problem,), reports=(_report("soon is no number"),))

    script = Script(stack=errored)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress())
        await bench.settled()
        bench.watcher.change(change(ingress(200, labels={"a": "b"})))
        await bench.until(lambda: len(script.stacks) > 1)
        await bench.settled()
        (stack,) = await bench.stacks()
        assert (stack.state, stack.error) == ("errored", "x: soon is no number")
        assert [e.operations for e in bench.executor.plans] == [["event events"]]
        (plan, *_) = [part.plan async for part in bench.stub.GetPlan(planner.GetPlanRequest(key=stack.key))]
        assert (plan.verdict, plan.problems[0].reason) == (plan_pb2.VERDICT_ERRORED, "InvalidAnnotation")


def _report(message: str) -> Report:
    return Report(
        object_kind="Ingress",
        api_version="networking.k8s.io/v1",
        namespace="shop",
        name="front",
        uid="uid-front",
        generation=1,
        warning=True,
        reason=Reason.FAILED_BUILD_MODEL,
        message=message,
    )


def _error(error_class: "executor.ErrorClass.ValueType", message: str = "why") -> executor.ObserveResponse:
    return executor.ObserveResponse(error=executor.Error(error_class=error_class, code="Code", message=message))


@pytest.mark.parametrize(
    ("error_class", "state", "counted", "warned"),
    [
        pytest.param(executor.ERROR_CLASS_THROTTLED, "waiting", True, False, id="throttled: it passes"),
        pytest.param(executor.ERROR_CLASS_IN_USE, "waiting", True, False, id="in use: it passes"),
        pytest.param(executor.ERROR_CLASS_DENIED, "errored", False, True, id="denied: somebody has to do something"),
        pytest.param(
            executor.ERROR_CLASS_PERMANENT, "errored", False, True, id="invalid: somebody has to do something"
        ),
    ],
)
async def test_a_refusal_is_retried_and_told_where_it_lasts(
    error_class: "executor.ErrorClass.ValueType", state: str, counted: bool, warned: bool
) -> None:
    script = Script(stack=lambda inp: planned(inp, call("CreateLoadBalancer")))
    async with running(script.core()) as bench:
        bench.executor.answers["CreateLoadBalancer"] = [refused(error_class, "Code", "no")] * 50
        bench.watcher.snapshot(ingress(finalizers=["ingress.k8s.aws/resources"]))
        stack = await bench.until_stack(lambda stack: bool(stack.error) and stack.state != "working")
        assert (stack.state, stack.error) == (state, "CreateLoadBalancer: Code: no")
        assert ((await bench.status()).waiting == 1) is counted
        await bench.until(lambda: not bench.parts.workshop.reporter.pending)
        events = [e.plan.steps[0].kubernetes for e in bench.executor.plans if e.operations == ["event events"]]
        assert ["Failed deploy model due to CreateLoadBalancer: Code: no" in e.body for e in events] == [True] * warned


async def test_after_an_outcome_that_nobody_knows_the_stack_is_observed() -> None:
    left = [call("CreateRule")]

    def stack(inp: StackInput) -> Outcome:
        if not (inp.inventory.knowledge.filled or inp.key in inp.inventory.knowledge.stacks):
            return Needs(lookups=(Lookup(kind=LookupKind.STACK, keys=("lb:front",)),))
        return planned(inp, *(left.pop() for _ in left[:]))

    async with running(Script(stack=stack).core()) as bench:
        bench.watcher.snapshot()
        await bench.until(lambda: bench.parts.workshop.store.answers.filled)
        bench.executor.answers["CreateRule"] = [lambda _: executor.StepResult(outcome=executor.OUTCOME_UNKNOWN)]
        bench.watcher.change(change(ingress(200)))
        await bench.until(lambda: bench.executor.asked() == ["STACK"])
        await bench.settled()
        (query,) = [q.stack for q in bench.executor.queries if q.WhichOneof("query") == "stack"]
        assert dict(query.tags) == {"elbv2.k8s.aws/cluster": "rig", "ingress.k8s.aws/stack": "shop/front"}
        assert list(query.load_balancer_names) == ["front"]


async def test_an_executor_that_is_lost_during_a_plan_is_found_again_and_the_stack_observed() -> None:
    def stack(inp: StackInput) -> Outcome:
        if not (inp.inventory.knowledge.filled or inp.key in inp.inventory.knowledge.stacks):
            return Needs(lookups=(Lookup(kind=LookupKind.STACK),))
        return planned(inp, *(call("CreateRule") for _ in range(len(bench_plans) < 2)))

    async with running(Script(stack=stack).core()) as bench:
        bench_plans = bench.executor.plans
        bench.watcher.snapshot()
        await bench.until(lambda: bench.parts.workshop.store.answers.filled)
        bench.executor.hold = True
        bench.watcher.change(change(ingress(200)))
        await bench.until(lambda: len(bench_plans) == 1)
        bench.executor.hold = False
        bench.executor.forget_session()
        await bench.settled()
        assert [(h.holder, h.epoch) for h in bench.executor.hellos] == [("planner-0", 7)] * 2
        assert [e.session for e in bench_plans] == ["session-1", "session-2"]
        assert bench.executor.asked() == ["STACK"]
        assert sum(q.WhichOneof("query") == "all" for q in bench.executor.queries) == 1


class TestNewerInput:
    """A key whose input changes while its plan is executed."""

    async def held(self, bench: Bench) -> None:
        bench.watcher.snapshot(binding(), endpoints(1))
        await bench.settled()
        bench.executor.hold = True
        bench.watcher.change(change(endpoints(200, "10.0.0.1", "10.0.0.2")))
        await bench.until(lambda: len(bench.executor.plans) == 1)

    async def test_more_targets_follow(self) -> None:
        script = Script(binding=following)
        async with running(script.core()) as bench:
            await self.held(bench)
            bench.watcher.change(change(endpoints(201, "10.0.0.1", "10.0.0.2", "10.0.0.3")))
            await bench.until(lambda: len(script.bindings[-1].slices[0].endpoints) == 3)
            assert not bench.executor.plans[0].stopped.is_set()
            bench.executor.hold = False
            bench.executor.plans[0].go.set()
            await bench.until(lambda: len(bench.executor.executed()) == 2)
            await bench.report_health(ARN, *((f"10.0.0.{n}", "healthy") for n in (1, 2, 3)))
            await bench.settled()
            assert bench.executor.executed() == [["RegisterTargets"], ["RegisterTargets"]]
            assert [t["Id"] for t in _parameters(bench.executor.plans[1].plan)["Targets"]] == ["10.0.0.3"]

    async def test_a_target_that_is_not_wanted_any_more_stops_the_plan(self) -> None:
        script = Script(binding=following)
        async with running(script.core()) as bench:
            await self.held(bench)
            bench.executor.hold = False
            bench.watcher.change(change(endpoints(201, "10.0.0.1")))
            await bench.executor.plans[0].stopped.wait()
            await bench.until(lambda: len(bench.executor.executed()) == 2)
            assert [t["Id"] for t in _parameters(bench.executor.plans[1].plan)["Targets"]] == ["10.0.0.1"]

    async def test_a_deregistration_does_not_wait_behind_a_registration(self) -> None:
        script = Script(binding=following)
        async with running(script.core()) as bench:
            bench.watcher.snapshot(binding(), endpoints(1, "10.0.0.9"))
            await bench.until(lambda: len(bench.executor.plans) == 1)
            await bench.report_health(ARN, ("10.0.0.9", "healthy"))
            await bench.settled()
            bench.executor.hold = True
            bench.watcher.change(change(endpoints(200, "10.0.0.9", "10.0.0.1")))
            await bench.until(lambda: len(bench.executor.plans) == 2)
            bench.executor.hold = False
            bench.watcher.change(change(endpoints(201, "10.0.0.1")))
            await bench.executor.plans[1].stopped.wait()
            await bench.until(lambda: len(bench.executor.plans) == 3)
            assert bench.executor.plans[2].plan.lane == plan_pb2.LANE_DRAIN
            assert bench.executor.plans[2].operations == ["DeregisterTargets", "RegisterTargets"]


def _parameters(plan: plan_pb2.Plan) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(plan.steps[0].aws.parameters)
    return found


class TestOwnWrites:
    """A key whose plan wrote to Kubernetes."""

    def script(self) -> Script:
        patch = KubernetesWrite(
            verb=Verb.MERGE_PATCH,
            api_version="networking.k8s.io/v1",
            resource="ingresses",
            namespace="shop",
            name="front",
            uid="uid-front",
            resource_version="1",
            body={"metadata": {"finalizers": ["f"]}},
        )
        return Script(
            stack=lambda inp: planned(
                inp, *(Step(id="patch", work=patch) for i in inp.ingresses if not i.meta.finalizers)
            )
        )

    async def test_it_is_planned_again_when_the_view_has_seen_them(self) -> None:
        script = self.script()
        async with running(script.core()) as bench:
            bench.executor.answers["merge-patch"] = [accepted({"metadata": {"resourceVersion": "150"}})]
            bench.watcher.snapshot(ingress())
            await bench.until(lambda: bool(bench.parts.workshop.parked))
            assert len(script.stacks) == 1
            status = await bench.status()
            assert (status.waiting, status.settled) == (1, False)
            bench.watcher.change(change(ingress(150, finalizers=["f"])))
            await bench.settled()
            assert bench.executor.executed() == [["merge-patch ingresses"]]

    async def test_a_conflict_waits_for_the_newer_version_and_for_no_backoff(self) -> None:
        script = self.script()
        async with running(script.core()) as bench:
            bench.executor.answers["merge-patch"] = [refused(executor.ERROR_CLASS_CONFLICT)]
            bench.watcher.snapshot(ingress())
            await bench.until(lambda: bool(bench.parts.workshop.parked))
            bench.watcher.change(change(ingress(150, finalizers=["f"])))
            await bench.settled()
            assert bench.executor.executed() == [["merge-patch ingresses"]]
            assert bench.parts.workshop.gate.queue.waiting() == {}


class TestTracking:
    """The stream of target health."""

    async def test_what_is_tracked_is_sent_when_it_changes_and_whole_on_a_new_stream(self) -> None:
        script = Script(binding=following)
        async with running(script.core()) as bench:
            bench.watcher.snapshot(binding(), endpoints(1, "10.0.0.1"))
            await bench.until(lambda: len(bench.executor.tracks) == 2)
            first, second = bench.executor.tracks
            assert (first.session, first.reset, list(first.groups)) == ("session-1", True, [])
            (group,) = second.groups
            assert (group.target_group_arn, group.binding, [t.id for t in group.targets]) == (
                ARN,
                "shop/web-tg",
                ["10.0.0.1"],
            )
            bench.executor.forget_session()
            await bench.until(lambda: len(bench.executor.tracks) == 3)
            again = bench.executor.tracks[2]
            assert (again.session, again.reset, [g.binding for g in again.groups]) == (
                "session-2",
                True,
                ["shop/web-tg"],
            )
            assert (await bench.status()).moving_targets == 1
            await bench.report_health(ARN, ("10.0.0.1", "healthy"))
            await bench.settled()
            assert [list(g.targets) for g in bench.executor.tracks[-1].groups] == [[]]

    async def test_a_binding_that_is_gone_is_not_tracked(self) -> None:
        async with running(Script(binding=following).core()) as bench:
            bench.watcher.snapshot(binding(), endpoints(1, "10.0.0.1"))
            await bench.until(lambda: len(bench.executor.tracks) == 2)
            bench.watcher.change(change(binding(), deleted_at=200))
            await bench.settled()
            assert [list(g.targets) for g in bench.executor.tracks[-1].groups] == [[]]


class TestLeadership:
    """Who does not lead does not act."""

    async def test_without_the_lease_nothing_is_opened_or_planned(self) -> None:
        script = Script()
        async with running(script.core(), leads=False) as bench:
            bench.watcher.snapshot(ingress())
            await bench.until(lambda: bench.parts.workshop.view.ready)
            status = await bench.status()
            assert (status.leader, status.settled, status.queued, bench.executor.hellos) == (False, False, 1, [])
            bench.leadership.set(Term(holder="planner-0", epoch=9))
            status = await bench.settled()
            assert (status.leader, status.epoch, status.identity) == (True, 9, "planner-0")
            assert [h.epoch for h in bench.executor.hellos] == [9]

    async def test_a_lost_lease_ends_the_session(self) -> None:
        script = Script()
        async with running(script.core()) as bench:
            bench.watcher.snapshot()
            await bench.settled()
            bench.leadership.set(None)
            await bench.until(lambda: not bench.parts.readiness.has_session)
            bench.watcher.change(change(ingress(200)))
            await bench.until(lambda: bool(bench.parts.workshop.gate.queue.queued()))
            assert script.stacks == []
            bench.leadership.set(Term(holder="planner-0", epoch=8))
            await bench.settled()
            assert [h.epoch for h in bench.executor.hellos] == [7, 8]

    async def test_an_executor_that_refuses_is_asked_again(self) -> None:
        async with running(Script().core()) as bench:
            bench.executor.refuses_hello = True
            bench.watcher.snapshot()
            await bench.until(lambda: len(bench.executor.hellos) >= 2)
            status = await bench.status()
            assert "the Lease says otherwise" in status.executor.error
            bench.executor.refuses_hello = False
            await bench.settled()


async def test_a_cut_stream_freezes_the_view_and_a_new_one_brings_it_up_to_date() -> None:
    script = Script(binding=following)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(binding(), endpoints(1, "10.0.0.1"))
        await bench.until(lambda: len(bench.executor.plans) == 1)
        await bench.report_health(ARN, ("10.0.0.1", "healthy"))
        await bench.settled()
        bench.watcher.cut()
        await bench.until(lambda: not bench.parts.watcher.outage.connected)
        status = await bench.status()
        assert (status.in_sync, status.settled, status.watcher.connected) == (False, False, False)
        assert bench.executor.executed() == [["RegisterTargets"]]
        bench.watcher.snapshot(binding(), endpoints(300, "10.0.0.1", "10.0.0.2"), at=400)
        await bench.until(lambda: len(bench.executor.plans) == 2)
        assert bench.watcher.receivers == ["planner-0", "planner-0"]


async def test_a_watcher_that_says_what_nobody_understands_is_left_and_tried_again() -> None:
    async with running(Script().core()) as bench:
        bench.watcher.say(watcher.WatchResponse())
        await bench.until(lambda: "does not understand" in bench.parts.watcher.outage.error)
        await bench.until(lambda: len(bench.watcher.receivers) == 2)
        bench.watcher.snapshot()
        await bench.settled()


async def test_a_fault_of_ours_in_one_key_is_told_and_stops_no_other() -> None:
    def broken(_: StackInput) -> Outcome:
        raise ZeroDivisionError("a fault")

    async with running(Script(stack=broken, binding=following).core()) as bench:
        bench.watcher.snapshot(ingress(finalizers=["ingress.k8s.aws/resources"]), binding(), endpoints(1, "10.0.0.1"))
        await bench.until(lambda: len(bench.executor.plans) == 1)
        await bench.report_health(ARN, ("10.0.0.1", "healthy"))
        await bench.settled()
        (stack,) = await bench.stacks()
        assert (stack.state, stack.error) == ("errored", "internal error: a fault")


async def test_a_plan_that_never_gets_there_is_slowed_down() -> None:
    script = Script(stack=lambda inp: planned(inp, call("TouchNothing")))
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress(finalizers=["ingress.k8s.aws/resources"]))
        await bench.until(lambda: len(bench.executor.plans) == 3)
        (stack,) = await bench.stacks()
        assert stack.error == "the same changes are wanted again after they were made"
        assert (await bench.status()).settled is False


async def test_a_plan_that_waits_is_planned_again_in_time() -> None:
    script = Script()
    waits = [0.01]
    script.stack = lambda inp: planned(
        inp, waits_for="a certificate" if waits else "", again_seconds=waits.pop() if waits else None
    )
    async with running(script.core()) as bench:
        bench.watcher.snapshot(ingress())
        await bench.settled()
        assert len(script.stacks) == 2


async def test_draining_ends_what_is_in_hand_and_begins_nothing() -> None:
    script = Script(binding=following)
    async with running(script.core()) as bench:
        bench.watcher.snapshot(binding(), endpoints(1))
        await bench.settled()
        bench.executor.hold = True
        bench.watcher.change(change(endpoints(200, "10.0.0.1")))
        await bench.until(lambda: len(bench.executor.plans) == 1)
        draining = asyncio.create_task(bench.parts.drain())
        bench.watcher.change(change(ingress(201)))
        await bench.until(lambda: bench.parts.workshop.view.ingress(("shop", "front")) is not None)
        assert not draining.done()
        bench.executor.plans[0].go.set()
        await draining
        assert [inp.ingresses for inp in script.stacks] == [()]
        assert bench.executor.executed() == [["RegisterTargets"]]


async def test_edits_go_before_what_was_there_at_the_start() -> None:
    async with running(Script().core(), leads=False) as bench:
        bench.watcher.snapshot(ingress())
        await bench.until(lambda: bench.parts.workshop.view.ready)
        bench.watcher.change(change(ingress(200, labels={"a": "b"})))
        await bench.until(lambda: bench.parts.workshop.view.ingress(("shop", "front")).meta.labels != {})  # type: ignore[union-attr]
        taken = bench.parts.workshop.gate.queue.take()
        assert taken is not None
        assert taken[1] is Lane.EDIT
