"""Spans of single calls: made inside a trace only, so that polls and bulk reads start no traces of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.executor.core.steps import CallError
from services.runtime import telemetry


@contextmanager
def call_span(name: str, attributes: telemetry.Attributes | None = None) -> Iterator[telemetry.Span]:
    """A client span under the current span; no span where there is none."""
    if not telemetry.traceparent():
        yield telemetry.NO_SPAN
        return
    with telemetry.start_span(name, attributes=attributes, kind=telemetry.SpanKind.CLIENT) as span:
        yield span


def mark(span: telemetry.Span, error: CallError | None) -> None:
    """Records why a call failed, when it did."""
    if error is not None:
        span.set_attribute("elbow.error_class", error.error_class.value)
        telemetry.record_error(span, error.code, error.message)
