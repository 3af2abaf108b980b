"""Spans: what they carry when telemetry is on, and that a trace passes through when it is off."""

from collections.abc import Iterator
from threading import Event

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime import telemetry
from services.runtime.errors import StartError

TRACE = "0af7651916cd43dd8448eb211c80319c"
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"
NANOSECOND = 1_700_000_000_000_000_000


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Telemetry switched on for one test; the process-wide provider is left alone."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_TRACER", provider.get_tracer("elbow"))
    yield exporter
    provider.shutdown()


def only(exported: InMemorySpanExporter) -> ReadableSpan:
    [span] = exported.get_finished_spans()
    return span


def test_without_an_endpoint_telemetry_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    off = telemetry.setup("planner")
    off.shutdown()
    assert off == telemetry.Telemetry(provider=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("OTEL_TRACES_EXPORTER", "none", id="no exporter wanted"),
        pytest.param("OTEL_SDK_DISABLED", "True", id="SDK disabled"),
    ],
)
def test_an_endpoint_is_overruled(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv(name, value)
    assert telemetry.setup("planner").provider is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param(
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "http/protobuf",
            "traces are exported over gRPC only: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf is not supported, unset it",
            id="another protocol",
        ),
        pytest.param(
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "http/json",
            "traces are exported over gRPC only: OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json is not supported,"
            " unset it",
            id="another protocol for traces",
        ),
        pytest.param(
            "OTEL_TRACES_EXPORTER",
            "zipkin",
            "OTEL_TRACES_EXPORTER=zipkin is not supported: use otlp or none",
            id="another exporter",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv(name, value)
    with pytest.raises(StartError) as caught:
        telemetry.setup("planner")
    assert str(caught.value) == message


def test_an_exporter_that_hangs_does_not_hold_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Event()

    class Hanging(SpanProcessor):
        def shutdown(self) -> None:
            answered.wait()

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Hanging())
    monkeypatch.setattr(telemetry, "_FLUSH_SECONDS", 0.0)
    telemetry.Telemetry(provider=provider).shutdown()
    assert not answered.is_set()
    answered.set()


def test_off_a_given_trace_still_passes_through() -> None:
    with telemetry.start_span("observe change", traceparent=GIVEN), telemetry.start_span("queue") as span:
        telemetry.record_error(span, "LampBroke", "the lamp broke")
        assert telemetry.traceparent() == GIVEN
        assert telemetry.current_ids() == (TRACE, "b7ad6b7169203331")


def test_off_no_trace_is_made_up() -> None:
    with telemetry.start_span("observe change"):
        assert telemetry.traceparent() == ""
        assert telemetry.current_ids() == ("", "")


def test_a_span_continues_the_given_trace_and_hands_it_on(exported: InMemorySpanExporter) -> None:
    with telemetry.start_span("queue", traceparent=GIVEN):
        handed_on = telemetry.traceparent()
        trace_id, span_id = telemetry.current_ids()
    span = only(exported)
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == "b7ad6b7169203331"
    assert handed_on == f"00-{TRACE}-{span_id}-01"
    assert trace_id == TRACE


def test_without_a_given_trace_the_parent_is_the_current_span(exported: InMemorySpanExporter) -> None:
    with telemetry.start_span("execute plan"), telemetry.start_span("aws RegisterTargets"):
        pass
    call, plan = exported.get_finished_spans()
    assert call.parent == plan.get_span_context()


@pytest.mark.parametrize(
    "given", [pytest.param("", id="none"), pytest.param("00-nonsense", id="no traceparent at all")]
)
def test_a_span_without_a_valid_trace_starts_one(exported: InMemorySpanExporter, given: str) -> None:
    with telemetry.start_span("observe change", traceparent=given):
        assert telemetry.traceparent() != ""
    assert only(exported).parent is None


def test_a_span_carries_start_attributes_kind_and_valid_links(exported: InMemorySpanExporter) -> None:
    with telemetry.start_span(
        "compute plan",
        links=(OTHER, "nonsense"),
        attributes={"elbow.key": "stack/web/2048"},
        start_ns=NANOSECOND,
        kind=telemetry.SpanKind.CLIENT,
    ):
        pass
    span = only(exported)
    assert (span.name, span.start_time, dict(span.attributes or {}), span.kind) == (
        "compute plan",
        NANOSECOND,
        {"elbow.key": "stack/web/2048"},
        telemetry.SpanKind.CLIENT,
    )
    assert [trace.format_trace_id(link.context.trace_id) for link in span.links] == ["1" * 32]


def test_a_recorded_error_gives_reason_and_status(exported: InMemorySpanExporter) -> None:
    with telemetry.start_span("execute plan") as span:
        telemetry.record_error(span, "LampBroke", "the lamp broke")
    ended = only(exported)
    assert dict(ended.attributes or {}) == {"elbow.reason": "LampBroke"}
    assert (ended.status.status_code, ended.status.description) == (trace.StatusCode.ERROR, "the lamp broke")


def test_an_exception_that_leaves_the_block_marks_the_span_failed(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="the lamp broke"), telemetry.start_span("execute plan"):
        raise ValueError("the lamp broke")
    assert only(exported).status.status_code == trace.StatusCode.ERROR
