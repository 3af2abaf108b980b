"""Which traces belong to an object: from what a user names to trace ids. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from elbow.planner.v1 import planner_service_pb2 as wire

from services.cli.errors import CliError

_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_PREFERRED_KIND = "ingress"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectName:
    """An object as a user names it: `NAMESPACE/NAME` or `KIND/NAMESPACE/NAME`."""

    kind: str
    """Lower case, empty where none was given."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    def matches(self, listed: str) -> bool:
        """Whether `<Kind>/<namespace>/<name>` is this object."""
        kind, _, rest = listed.partition("/")
        return rest == f"{self.namespace}/{self.name}" and self.kind in ("", kind.lower())


def is_trace_id(text: str) -> bool:
    """Whether a text is a trace id in hexadecimal, as Events show it."""
    return _TRACE_ID.fullmatch(text) is not None


def parse_object(text: str) -> ObjectName | None:
    """The object that a text names, None when it names none."""
    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        return None
    kind = parts[0].lower() if len(parts) == 3 else ""
    return ObjectName(kind=kind, namespace=parts[-2], name=parts[-1])


def stack_of(stacks: Sequence[wire.StackStatus], wanted: ObjectName) -> wire.StackStatus:
    """The stack that the object belongs to; an Ingress before other kinds of the same name.

    Raises CliError when there is none.
    """
    found = [(listed, stack) for stack in stacks for listed in stack.objects if wanted.matches(listed)]
    if not found:
        raise CliError(f"elbow handles no object {wanted}; what it handles is listed by: elbow status")
    found.sort(key=lambda pair: not pair[0].lower().startswith(f"{_PREFERRED_KIND}/"))
    return found[0][1]


def traces_of(stack: wire.StackStatus, wanted: ObjectName) -> Sequence[str]:
    """Trace ids of the stack's last changes, newest first. Raises CliError when there are none, and says why."""
    traces = [trace for trace in (stack.traces or [stack.trace_id]) if trace]
    if traces:
        return traces
    if stack.last_plan:
        raise CliError(
            f"{wanted} was worked on without a trace: either tracing is off (the services trace when "
            "OTEL_EXPORTER_OTLP_ENDPOINT is set), or nothing has changed since they started"
        )
    raise CliError(f"nothing was done for {wanted} since the services started, so there is no trace of it")
