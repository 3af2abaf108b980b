"""Events as Kubernetes takes them (core/v1), with the trace they belong to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.executor.core.steps import Json

COMPONENT = "elbow"
"""Reporting component of every Event."""

TRACE_ANNOTATION = "elbow.k8s.aws/trace-id"
"""Annotation of an Event: id of the trace of the reconcile that it tells of."""


def as_event(body: Mapping[str, Json], *, name: str, namespace: str, now: datetime, trace_id: str) -> dict[str, Any]:
    """A whole Event from what a plan says: involvedObject, type, reason, message.

    `trace_id` goes into an annotation and after the message; empty, nothing does.
    """
    written = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    metadata = dict(body.get("metadata") or {}) | {"name": name, "namespace": namespace}
    message = str(body.get("message") or "")
    if trace_id:
        metadata["annotations"] = dict(metadata.get("annotations") or {}) | {TRACE_ANNOTATION: trace_id}
        message = f"{message} (trace {trace_id})"
    return {
        **body,
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata,
        "message": message,
        "count": 1,
        "firstTimestamp": written,
        "lastTimestamp": written,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "reportingInstance": "",
    }
