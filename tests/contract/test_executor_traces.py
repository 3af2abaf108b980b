"""The spans of a plan and of a gate, as they are exported."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from elbow.executor.v1 import executor_service_pb2 as pb
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sandbox.aws import AwsServer, AwsWorld
from services.runtime import telemetry
from tests.contract.executor_bench import (
    Bench,
    iter_of,
    kube_step,
    plan_of,
    running,
    serving_aws,
    whole_stack,
)

TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
PARENT_ID = 0xB7AD6B7169203331
TRACEPARENT = f"00-{TRACE_ID:032x}-{PARENT_ID:016x}-01"
OTHER = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_TRACER", provider.get_tracer("elbow"))
    yield exporter
    provider.shutdown()


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    async with running(*aws, tmp_path) as started:
        yield started


def by_name(exporter: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    spans: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        spans.setdefault(span.name, []).append(span)
    return spans


def parent_id(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def span_id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    assert context.trace_id == TRACE_ID
    return context.span_id


def attributes(span: ReadableSpan, *names: str) -> tuple[Any, ...]:
    return tuple((span.attributes or {}).get(name) for name in names)


async def test_a_plan_continues_the_planners_trace_down_to_each_attempt(
    bench: Bench, exported: InMemorySpanExporter
) -> None:
    bench.fail("CreateSecurityGroup", code="RequestLimitExceeded", message="slow", status=503, times=1)
    body = {"metadata": {"labels": {"a": "b"}}}
    patch = kube_step("patch", "merge-patch", "ingresses", "web", api_version="v1", namespace="shop", body=body)
    part = pb.PlanPart(plan=plan_of([whole_stack(bench.world)[0], patch]), last=True)
    session = await bench.hello()
    exported.clear()
    request = pb.ExecuteRequest(session=session, traceparent=TRACEPARENT, links=[OTHER], part=part)
    async for _ in bench.stub.Execute(iter_of(request)):
        pass
    spans = by_name(exported)
    assert set(spans) == {
        "execute plan",
        "step security group k8s-shop-web",
        "aws CreateSecurityGroup",
        "step Ingress shop/web",
        "kube patch Ingress",
    }
    (plan,), (step,), (write,) = (
        spans[name] for name in ("execute plan", "step security group k8s-shop-web", "step Ingress shop/web")
    )
    first, second = spans["aws CreateSecurityGroup"]
    assert parent_id(plan) == PARENT_ID
    assert [link.context.trace_id for link in plan.links] == [int(OTHER.split("-")[1], 16)]
    assert parent_id(step) == parent_id(write) == span_id(plan)
    assert parent_id(first) == parent_id(second) == span_id(step)
    assert [parent_id(each) for each in spans["kube patch Ingress"]] == [span_id(write)]
    assert attributes(first, "elbow.attempt", "elbow.reason", "elbow.error_class") == (
        1, "RequestLimitExceeded", "throttled",
    )  # fmt: skip
    assert attributes(second, "elbow.attempt", "elbow.reason") == (2, None)
    assert all(attributes(each, "aws.request_id")[0] for each in (first, second))
    assert attributes(step, "elbow.outcome") == ("accepted",)
    assert attributes(write, "elbow.outcome", "elbow.reason") == ("refused", "NotFound")


async def test_a_read_without_a_trace_makes_no_spans_and_one_with_a_trace_continues_it(
    bench: Bench, exported: InMemorySpanExporter
) -> None:
    session = await bench.hello()
    exported.clear()
    lookup = pb.LookupQuery(kind=pb.LOOKUP_KIND_ROUTE_TABLES)
    await bench.observe(session=session, lookup=lookup)
    assert exported.get_finished_spans() == ()
    await bench.observe(session=session, lookup=lookup, traceparent=TRACEPARENT)
    (span,) = exported.get_finished_spans()
    assert (span.name, parent_id(span), span_id(span) > 0) == ("aws DescribeRouteTables", PARENT_ID, True)


async def test_a_gate_is_set_in_the_trace_of_the_run_that_moved_its_target(
    bench: Bench, exported: InMemorySpanExporter
) -> None:
    pod = bench.kube.put("/api/v1/namespaces/shop/pods/web", {"metadata": {"name": "web"}})
    target = pb.TrackedTarget(
        id="10.0.0.1", port=80, pod_namespace="shop", pod_name="web", pod_uid=pod["metadata"]["uid"], gate="gate"
    )
    group = pb.TrackedGroup(target_group_arn=bench.world.tgs["hand-ip"], targets=[target], traceparent=TRACEPARENT)
    session = await bench.hello()
    exported.clear()

    async def stream() -> AsyncIterator[pb.TrackRequest]:
        yield pb.TrackRequest(session=session, groups=[group], reset=True)
        await asyncio.Event().wait()

    call = bench.stub.Track(stream())
    await call.read()
    while "kube patch Pod" not in by_name(exported):  # noqa: ASYNC110 - the exporter tells nobody
        await asyncio.sleep(0.02)
    call.cancel()
    spans = by_name(exported)
    assert {parent_id(span) for name in ("kube patch Pod", "aws DescribeTargetHealth") for span in spans[name]} == {
        PARENT_ID
    }
