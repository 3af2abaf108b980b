"""What the planner tells: status, stacks, plans; its traces; peers of another version; the process itself."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from elbow.cluster.v1 import objects_pb2 as cluster
from elbow.executor.v1 import executor_service_pb2 as executor
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as planner
from elbow.watcher.v1 import watcher_service_pb2 as watcher
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id, format_trace_id

from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import AwsCall, Change, ChangeAction, KubernetesWrite, Plan, Step, Verb
from services.planner.core.problems import Reason
from services.runtime import channel, telemetry, wire
from services.runtime.wire import REASON_KEY
from tests.contract.planner_peers import change, running
from tests.contract.test_planner_work import (
    ARN,
    Script,
    binding,
    call,
    endpoints,
    following,
    ingress,
    once,
    planned,
)

FINALIZERS = ["ingress.k8s.aws/resources"]
TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Telemetry switched on for one test; the process-wide provider is left alone."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_TRACER", provider.get_tracer("elbow"))
    yield exporter
    provider.shutdown()


def spans_of(exporter: InMemorySpanExporter, trace_id: str) -> list[ReadableSpan]:
    """Finished spans of a trace, oldest first."""
    spans = [s for s in exporter.get_finished_spans() if format_trace_id(s.context.trace_id) == trace_id]
    return sorted(spans, key=lambda span: span.end_time or 0)


class TestTraces:
    """One change is one trace."""

    async def test_a_change_is_followed_from_the_watcher_to_the_executor(self, exported: InMemorySpanExporter) -> None:
        async with running(Script(binding=following).core()) as bench:
            bench.watcher.snapshot(binding(), endpoints(1))
            await bench.settled()
            bench.watcher.change(change(endpoints(200, "10.0.0.1"), traceparent=TRACEPARENT))
            await bench.until(lambda: len(bench.executor.plans) == 1)
            await bench.report_health(ARN, ("10.0.0.1", "healthy"))
            await bench.settled()
            (executing,) = bench.executor.plans
        queue, compute = spans_of(exported, TRACE_ID)
        assert (queue.name, compute.name) == ("queue", "compute plan")
        assert queue.parent is not None
        assert compute.parent is not None
        assert format_span_id(queue.parent.span_id) == SPAN_ID
        assert compute.parent.span_id == queue.context.span_id
        assert executing.traceparent == f"00-{TRACE_ID}-{format_span_id(compute.context.span_id)}-01"
        assert dict(compute.attributes or {}) == {
            "elbow.key": "binding shop/web-tg",
            "elbow.lane": "serve",
            "elbow.plan": executing.plan.id,
            "elbow.steps": 1,
        }

    async def test_a_run_continues_the_oldest_change_and_links_the_others(self, exported: InMemorySpanExporter) -> None:
        other = TRACEPARENT.replace(SPAN_ID, "00f067aa0ba902b7").replace(TRACE_ID, "4bf92f3577b34da6a3ce929d0e0e4736")
        async with running(Script(binding=following).core(), collect_seconds=0.01) as bench:
            bench.watcher.snapshot(binding(), endpoints(1))
            await bench.settled()
            bench.watcher.change(
                change(endpoints(200, "10.0.0.1"), traceparent=TRACEPARENT),
                change(endpoints(201, "10.0.0.1", "10.0.0.2"), traceparent=other),
            )
            await bench.until(lambda: len(bench.executor.plans) == 1)
            (executing,) = bench.executor.plans
            assert (executing.traceparent.split("-")[1], executing.links) == (TRACE_ID, [other])
        queue = spans_of(exported, TRACE_ID)[0]
        assert [format_trace_id(link.context.trace_id) for link in queue.links] == ["4bf92f3577b34da6a3ce929d0e0e4736"]

    async def test_what_nobody_changed_makes_no_spans_unless_something_follows(
        self, exported: InMemorySpanExporter
    ) -> None:
        async with running(Script(stack=once(call("Touch"))).core()) as bench:
            bench.watcher.snapshot(ingress(), binding())
            await bench.settled()
        spans = [span for span in exported.get_finished_spans() if span.name in ("queue", "compute plan")]
        assert [(span.name, (span.attributes or {}).get("elbow.key")) for span in spans] == [
            ("queue", "stack ingress/shop/front"),
            ("compute plan", "stack ingress/shop/front"),
        ]

    async def test_a_watch_event_of_our_own_write_belongs_to_the_run_that_wrote(
        self, exported: InMemorySpanExporter
    ) -> None:
        made = json.dumps({"metadata": {"resourceVersion": "150"}})
        async with running(Script(stack=_patching).core()) as bench:
            bench.executor.answers["merge-patch"] = [
                lambda _: executor.StepResult(outcome=executor.OUTCOME_ACCEPTED, answer=made)
            ]
            bench.watcher.snapshot()
            await bench.settled()
            bench.watcher.change(change(ingress(120), traceparent=TRACEPARENT))
            await bench.until(lambda: bool(bench.parts.workshop.parked))
            stranger = TRACEPARENT.replace(TRACE_ID, "4bf92f3577b34da6a3ce929d0e0e4736")
            bench.watcher.change(change(ingress(150, finalizers=FINALIZERS), traceparent=stranger))
            await bench.settled()
        assert [span.name for span in spans_of(exported, TRACE_ID)] == ["queue", "compute plan"]
        assert spans_of(exported, "4bf92f3577b34da6a3ce929d0e0e4736") == []


def _patching(inp: StackInput) -> Outcome:
    """Patches an Ingress that has no finalizer."""
    return planned(inp, *(_PATCH for found in inp.ingresses if not found.meta.finalizers))


_PATCH = Step(
    id="patch",
    work=KubernetesWrite(
        verb=Verb.MERGE_PATCH,
        api_version="networking.k8s.io/v1",
        resource="ingresses",
        namespace="shop",
        name="front",
        uid="uid-front",
        body={"metadata": {"finalizers": FINALIZERS}},
    ),
)


class TestStatus:
    """GetStatus, ListStacks, GetPlan."""

    async def test_everything_that_is_told_of_a_settled_planner(self) -> None:
        async with running(Script().core()) as bench:
            bench.watcher.snapshot(ingress(), at=100)
            bench.watcher.say(bench.watcher.state(cluster.KIND_POD, watcher.KIND_STATE_REFUSED, "forbidden"))
            await bench.until(lambda: bench.parts.workshop.store.answers.filled)
            status = await bench.settled()
            kinds = {k.kind: (k.state, k.message, k.objects) for k in status.kinds}
            assert kinds.pop("Ingress") == ("synced", "", 1)
            assert kinds.pop("Pod") == ("refused", "forbidden", 0)
            assert kinds == dict.fromkeys(kinds, ("synced", "", 0))
            assert len(kinds) == 8
            assert (status.in_sync, status.leader, status.epoch, status.identity) == (True, True, 7, "planner-0")
            assert (status.watcher.connected, status.executor.connected) == (True, True)
            assert (status.queued, status.running, status.waiting, status.moving_targets) == (0, 0, 0, 0)
            assert status.inventory_filled

    async def test_a_lost_kind_is_not_in_sync(self) -> None:
        async with running(Script().core()) as bench:
            bench.watcher.snapshot()
            await bench.settled()
            bench.watcher.say(bench.watcher.state(cluster.KIND_POD, watcher.KIND_STATE_LOST, "cut"))
            status = await bench.until_said(lambda status: not status.in_sync)
            assert not status.settled

    async def test_a_stack_with_its_last_plan_traces_and_targets(self, exported: InMemorySpanExporter) -> None:
        async with running(Script(stack=_once_with_changes(), binding=following).core()) as bench:
            bench.watcher.snapshot(binding(), endpoints(1, "10.0.0.1", "10.0.0.2"))
            await bench.until(lambda: len(bench.executor.plans) == 1)
            await bench.report_health(ARN, ("10.0.0.1", "healthy"), ("10.0.0.2", "unhealthy"))
            await bench.settled()
            bench.watcher.change(change(ingress(200, finalizers=FINALIZERS), traceparent=TRACEPARENT))
            await bench.settled()
            (found,) = await bench.stacks()
            assert (found.state, found.last_plan, list(found.objects)) == (
                "ready",
                "create 2 rules (1 AWS call)",
                ["Ingress/shop/front"],
            )
            (targets,) = found.targets
            assert (targets.target_group, targets.binding, dict(targets.states)) == (
                "web",
                "shop/web-tg",
                {"healthy": 1, "unhealthy": 1},
            )
            assert len(found.traces) == 2
            assert found.trace_id == found.traces[0]
            parts = [part async for part in bench.stub.GetPlan(planner.GetPlanRequest(key=found.key))]
            assert [step.aws.operation for part in parts for step in part.plan.steps] == ["Touch"]
            results = [result.outcome for part in parts for result in part.results]
            assert results == [executor.OUTCOME_ACCEPTED]

    async def test_an_ingress_of_somebody_else_is_no_stack_of_ours(self) -> None:
        async with running(Script().core()) as bench:
            bench.watcher.snapshot(ingress())
            await bench.settled()
            assert await bench.stacks() == []

    async def test_an_ingress_that_is_being_deleted_says_so(self) -> None:
        script = Script(stack=lambda inp: planned(inp, waits_for="a security group to be deleted"))
        async with running(script.core()) as bench:
            bench.watcher.snapshot(ingress(finalizers=FINALIZERS, deletion_timestamp="2026-01-01T00:00:00Z"))
            await bench.settled()
            (found,) = await bench.stacks()
            assert (found.state, found.waits_for) == ("deleting", "a security group to be deleted")

    @pytest.mark.parametrize(
        ("key", "status", "words"),
        [
            pytest.param(
                plan_pb2.Key(kind=plan_pb2.KEY_KIND_STACK, name="ingress/shop/none"),
                grpc.StatusCode.NOT_FOUND,
                "there is no plan for ingress/shop/none",
                id="a key that was never worked on",
            ),
            pytest.param(
                plan_pb2.Key(name="what"), grpc.StatusCode.INVALID_ARGUMENT, "'what' is no key", id="what is no key"
            ),
        ],
    )
    async def test_a_plan_that_there_is_not(self, key: plan_pb2.Key, status: grpc.StatusCode, words: str) -> None:
        async with running(Script().core()) as bench:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                [part async for part in bench.stub.GetPlan(planner.GetPlanRequest(key=key))]
            assert failure.value.code() is status
            assert words in (failure.value.details() or "")


def _once_with_changes() -> Any:
    def made(name: str) -> Change:
        return Change(
            kind="rule", name=name, action=ChangeAction.CREATE, reason=Reason.WANTED, asked_by="Ingress/shop/front"
        )

    left = [(made("80:1"), made("80:2"))]
    step = Step(id="touch", work=AwsCall(service="elbv2", operation="Touch", parameters={}))

    def plan(inp: Any) -> Any:
        return (
            Planned(plan=Plan(key=inp.key, changes=left.pop(), steps=(step,)))
            if left and inp.ingresses
            else planned(inp)
        )

    return plan


async def test_a_peer_of_another_wire_version_is_refused_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "WIRE_VERSION", wire.WIRE_VERSION + 1)
    async with running(Script().core()) as bench:
        words = f"this watcher speaks wire version {wire.WIRE_VERSION}, the caller sent wire version"
        await bench.until(lambda: words in bench.parts.watcher.outage.error)
        await bench.until(lambda: "this executor speaks wire version" in bench.parts.executor.outage.error)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await bench.status()
        assert (REASON_KEY, "WireVersionMismatch") in list(failure.value.trailing_metadata() or ())


ARGUMENTS = [
    "--watcher-address=127.0.0.1:1",
    "--executor-address=127.0.0.1:1",
    "--identity=planner-0",
    "--cluster-name=rig",
]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ARGUMENTS, ["--aws-region", "AWS_REGION", "--aws-vpc-id", "ELBOW_VPC_ID"], id="what lacks is named"
        ),
        pytest.param(
            [*ARGUMENTS, "--aws-region=us-west-2", "--aws-vpc-id=vpc-1", "--kubeconfig=/nowhere"],
            ["no access to Kubernetes", "--kubeconfig or KUBECONFIG"],
            id="no way to the API server",
        ),
        pytest.param([*ARGUMENTS, "--workers=0"], ["--workers", "ELBOW_WORKERS"], id="a value that cannot be"),
    ],
)
def test_a_process_that_cannot_start_says_why(arguments: list[str], words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.planner", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert done.returncode == 2
    assert [word for word in words if word not in done.stderr] == []
