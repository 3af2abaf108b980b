"""The trace store."""

from collections.abc import AsyncIterator

import aiohttp
import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from sandbox.traces import Span, SpanEvent, SpanLink, SpanStatus, TraceServer, TraceStore
from sandbox.traces.otlp import spans_of

TRACE = "0af7651916cd43dd8448eb211c80319c"


def span(span_id: str, *, trace_id: str = TRACE, start_ns: int = 1, name: str = "compute plan") -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=None,
        name=name,
        service="elbow-planner",
        start_ns=start_ns,
        end_ns=start_ns + 1,
    )


def exported() -> ExportTraceServiceRequest:
    targets = AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="a"), AnyValue(int_value=2)]))
    wire = WireSpan(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex("b7ad6b7169203331"),
        parent_span_id=bytes.fromhex("00f067aa0ba902b7"),
        name="aws RegisterTargets",
        start_time_unix_nano=10,
        end_time_unix_nano=20,
        attributes=[KeyValue(key="elbow.targets", value=targets)],
        status=Status(code=Status.STATUS_CODE_ERROR, message="Throttling"),
        links=[WireSpan.Link(trace_id=bytes(16), span_id=bytes(8))],
        events=[WireSpan.Event(name="retry", time_unix_nano=15)],
    )
    service = KeyValue(key="service.name", value=AnyValue(string_value="elbow-executor"))
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=Resource(attributes=[service]), scope_spans=[ScopeSpans(spans=[wire])])]
    )


RECEIVED = Span(
    trace_id=TRACE,
    span_id="b7ad6b7169203331",
    parent_id="00f067aa0ba902b7",
    name="aws RegisterTargets",
    service="elbow-executor",
    start_ns=10,
    end_ns=20,
    status=SpanStatus.ERROR,
    status_message="Throttling",
    attributes={"elbow.targets": ["a", 2]},
    links=(SpanLink(trace_id="0" * 32, span_id="0" * 16),),
    events=(SpanEvent(name="retry", time_ns=15),),
)


def test_spans_are_read_from_their_wire_form() -> None:
    assert list(spans_of(exported().resource_spans)) == [RECEIVED]


def test_a_trace_is_told_by_start_and_a_span_kept_once() -> None:
    store = TraceStore()
    late, early = span("2", start_ns=9), span("1", start_ns=3)
    store.add([late, early, late])
    assert store.trace(TRACE) == [early, late]


def test_the_latest_spans_of_a_name_are_found() -> None:
    store = TraceStore()
    store.add(span(str(number), trace_id=f"{number:032x}", start_ns=number) for number in range(5))
    store.add([span("x", name="queue", start_ns=99)])
    assert [one.span_id for one in store.find(name="compute plan", limit=2)] == ["3", "4"]
    assert store.find(service="other", limit=2) == []


def test_a_full_store_forgets_the_trace_that_rested_longest() -> None:
    store = TraceStore(capacity=3)
    store.add([span("1", trace_id="a"), span("2", trace_id="b"), span("3", trace_id="a"), span("4", trace_id="c")])
    assert [len(store.trace(one)) for one in "abc"] == [2, 0, 1]


@pytest.fixture
async def traces() -> AsyncIterator[TraceServer]:
    server = TraceServer()
    await server.start()
    yield server
    await server.stop()


async def test_spans_sent_by_grpc_are_answered_by_http(traces: TraceServer) -> None:
    async with grpc.aio.insecure_channel(traces.otlp_url.removeprefix("http://")) as channel:
        await TraceServiceStub(channel).Export(exported())  # type: ignore[no-untyped-call]
    async with aiohttp.ClientSession(traces.url) as http:
        async with http.get(f"/traces/{TRACE}") as answer:
            assert await answer.json() == {
                "spans": [{**RECEIVED.as_json(), "links": [vars_of_link()], "events": [vars_of_event()]}]
            }
        async with http.get("/spans", params={"name": "aws RegisterTargets", "limit": "5"}) as answer:
            assert [one["span_id"] for one in (await answer.json())["spans"]] == ["b7ad6b7169203331"]
        async with http.delete("/traces") as answer:
            assert answer.status == 204
        async with http.get(f"/traces/{TRACE}") as answer:
            assert await answer.json() == {"spans": []}


async def test_a_limit_that_is_no_number_is_refused(traces: TraceServer) -> None:
    async with aiohttp.ClientSession(traces.url) as http, http.get("/spans", params={"limit": "all"}) as answer:
        assert (answer.status, await answer.text()) == (400, "limit must be a positive number, not 'all'")


def vars_of_link() -> dict[str, object]:
    return {"trace_id": "0" * 32, "span_id": "0" * 16, "attributes": {}}


def vars_of_event() -> dict[str, object]:
    return {"name": "retry", "time_ns": 15, "attributes": {}}
