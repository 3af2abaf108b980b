"""What the watcher saw and when, read from the root spans of its traces: the clock by which calls are counted."""

from collections.abc import Sequence

from tests.integration.harness.traces import Span, Traces
from tests.integration.harness.waiting import until

_OBSERVE = "observe change"
_PLAN = "compute plan"


class Observed:
    """Changes seen since it was made."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._before = {span.id for span in traces.named(_OBSERVE)}

    def changes(self, namespace: str, *kinds: str) -> Sequence[Span]:
        """The changes of objects of these kinds in a namespace, in order."""
        return [
            span
            for span in self._traces.named(_OBSERVE)
            if span.id not in self._before
            and span.attributes["elbow.kind"] in kinds
            and str(span.attributes["elbow.object"]).startswith(f"{namespace}/")
        ]

    def planned(self, namespace: str, kind: str) -> None:
        """Waits until a change of such an object led to the computation of a plan."""

        def computed() -> bool:
            traces = {span.trace for span in self.changes(namespace, kind)}
            return any(span.name == _PLAN for trace in traces for span in self._traces.trace(trace))

        until(computed, what=f"a change of a {kind} in {namespace} to be planned")

    def windows(self, namespace: str, kind: str, seconds: float) -> int:
        """In how many windows of this length such an object was written."""
        return len({int(span.start_ns // (seconds * 1e9)) for span in self.changes(namespace, kind)})
