"""A trace store for the sandbox: receives spans by OTLP over gRPC, keeps the latest, answers questions over HTTP."""

from sandbox.traces.server import TraceServer
from sandbox.traces.store import Span, SpanEvent, SpanLink, SpanStatus, TraceStore

__all__ = ["Span", "SpanEvent", "SpanLink", "SpanStatus", "TraceServer", "TraceStore"]
