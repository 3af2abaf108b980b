"""From OTLP messages to spans (OpenTelemetry protocol specification, trace data). Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from sandbox.traces.store import Span, SpanEvent, SpanLink, SpanStatus

_STATUS = {
    Status.STATUS_CODE_OK: SpanStatus.OK,
    Status.STATUS_CODE_ERROR: SpanStatus.ERROR,
}


def spans_of(resources: Iterable[ResourceSpans]) -> Iterator[Span]:
    """All spans of an export request."""
    for resource in resources:
        service = str(_attributes(resource.resource.attributes).get("service.name", "unknown_service"))
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _span(span, service)


def _span(span: WireSpan, service: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        name=span.name,
        service=service,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status=_STATUS.get(span.status.code, SpanStatus.UNSET),
        status_message=span.status.message,
        attributes=_attributes(span.attributes),
        links=tuple(
            SpanLink(trace_id=link.trace_id.hex(), span_id=link.span_id.hex(), attributes=_attributes(link.attributes))
            for link in span.links
        ),
        events=tuple(
            SpanEvent(name=event.name, time_ns=event.time_unix_nano, attributes=_attributes(event.attributes))
            for event in span.events
        ),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    """The plain value; bytes as hex, because the answer is JSON."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(one) for one in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case name:
            return getattr(value, name)
