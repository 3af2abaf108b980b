"""Traces: the one place that knows the OpenTelemetry SDK.

Every module that makes a span does it with the helpers here. Spans are exported over OTLP (gRPC) when the standard
variables name an endpoint; otherwise the helpers make no spans, and a trace context that came from outside still passes
through them unchanged.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Final

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.runtime.errors import StartError
from services.runtime.wire import TRACEPARENT_KEY

__all__ = [
    "NO_SPAN",
    "Attributes",
    "Span",
    "SpanKind",
    "Telemetry",
    "continued",
    "current_ids",
    "record_error",
    "setup",
    "start_span",
    "traceparent",
]

Attributes = Mapping[str, str | bool | int | float | Sequence[str]]
"""What a span may carry: names under `elbow.` or of the OpenTelemetry conventions, plain values."""

ERROR_REASON: Final = "elbow.reason"
"""Attribute that carries the reason code of a span that failed."""

NO_SPAN: Final = trace.INVALID_SPAN
"""Takes attributes and errors like any span and keeps none."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_FLUSH_SECONDS = 5.0  # an unreachable collector must not hold a process that is asked to end
_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("elbow")  # a proxy: it follows the provider that `setup` installs later


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What `setup` installed; `provider` is None when telemetry is off."""

    provider: TracerProvider | None

    def shutdown(self) -> None:
        """Exports what is still buffered, for at most five seconds, and stops. Blocks: call it after the event loop."""
        if self.provider is not None:
            # The SDK's own time-outs do not bound an export that is under way, hence a thread that may be left behind.
            ending = Thread(target=self.provider.shutdown, name="flush traces", daemon=True)
            ending.start()
            ending.join(_FLUSH_SECONDS)


def setup(service_name: str) -> Telemetry:
    """Installs the exporter of this process, once, under `service.name` = "elbow-" + service_name.

    On when `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set, unless `OTEL_SDK_DISABLED` or
    `OTEL_TRACES_EXPORTER` says otherwise; `OTEL_BSP_*`, `OTEL_TRACES_SAMPLER`, `OTEL_RESOURCE_ATTRIBUTES` and the
    exporter's own variables are read by the SDK (OpenTelemetry, Environment Variable Specification).

    Raises StartError for an exporter or a protocol that is not OTLP over gRPC.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS) or _switched_off():
        return Telemetry(provider=None)
    variable, protocol = next(((name, value) for name in _PROTOCOLS if (value := os.environ.get(name))), ("", "grpc"))
    if protocol != "grpc":
        raise StartError(f"traces are exported over gRPC only: {variable}={protocol} is not supported, unset it")
    resource = Resource.create({"service.name": f"elbow-{service_name}", "service.namespace": "elbow"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return Telemetry(provider=provider)


def _switched_off() -> bool:
    exporter = os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if exporter not in {"otlp", "none"}:
        raise StartError(f"OTEL_TRACES_EXPORTER={exporter} is not supported: use otlp or none")
    return exporter == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"


def traceparent() -> str:
    """The current span's context as a W3C traceparent, "" when there is none."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(TRACEPARENT_KEY, "")


def current_ids() -> tuple[str, str]:
    """Trace id and span id of the current span in hexadecimal, two empty strings when there is none."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return "", ""
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


@contextmanager
def start_span(
    name: str,
    *,
    traceparent: str = "",
    links: Sequence[str] = (),
    attributes: Attributes | None = None,
    start_ns: int | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
) -> Iterator[Span]:
    """A span that is current inside the block and ends with it; an exception that leaves the block marks it failed.

    Its parent is `traceparent` where one is given, else the current span. `links` are traceparents of other changes
    that this work answers too; what is not a valid traceparent is left out. `start_ns` (nanoseconds since the
    epoch) sets a start in the past, for time that was spent waiting.
    """
    parent = _context_of(traceparent) if traceparent else None
    contexts = (trace.get_current_span(_context_of(link)).get_span_context() for link in links)
    with _TRACER.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=attributes,
        links=[Link(context) for context in contexts if context.is_valid],
        start_time=start_ns,
    ) as span:
        yield span


@contextmanager
def continued(traceparent: str) -> Iterator[None]:
    """Makes the caller's span current inside the block without a span of its own; "" changes nothing.

    For streams: a span around one would last as long as it does.
    """
    if not traceparent:
        yield
        return
    token = context_api.attach(_context_of(traceparent))
    try:
        yield
    finally:
        context_api.detach(token)


def record_error(span: Span, reason: str, message: str) -> None:
    """Marks a span as failed, with the reason code as attribute `elbow.reason` and the message as its status."""
    span.set_attribute(ERROR_REASON, reason)
    span.set_status(Status(StatusCode.ERROR, message))


def _context_of(traceparent: str) -> Context:
    return _PROPAGATOR.extract({TRACEPARENT_KEY: traceparent}, context=Context())
