"""The plan as a graph: which steps may be sent now, which never will be. Driven by the runner.

An edge leads from a step to each one that names it in `depends_on` or refers to its answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.executor.core.references import referenced_steps
from services.executor.core.steps import AwsCall, Step


class InvalidPlanError(Exception):
    """Steps that form no graph: an id twice, an edge to an unknown step, or a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Steps and their edges, in both directions."""

    needs: Mapping[str, frozenset[str]]
    needed_by: Mapping[str, tuple[str, ...]]


def build(steps: Iterable[Step]) -> Graph:
    """The graph of `steps`. Raises InvalidPlanError."""
    needs: dict[str, frozenset[str]] = {}
    for step in steps:
        if step.id in needs:
            raise InvalidPlanError(f"two steps have the id {step.id!r}")
        needs[step.id] = frozenset(step.depends_on) | _implied(step)
    needed_by: dict[str, list[str]] = {step_id: [] for step_id in needs}
    for step_id, predecessors in needs.items():
        for predecessor in sorted(predecessors):
            if predecessor not in needed_by:
                raise InvalidPlanError(f"step {step_id!r} needs a step {predecessor!r} that the plan does not have")
            needed_by[predecessor].append(step_id)
    graph = Graph(needs=needs, needed_by={step_id: tuple(successors) for step_id, successors in needed_by.items()})
    _refuse_circles(graph)
    return graph


class Progress:
    """How far a plan has come. Steps are handed out once by `take_ready` and reported back by `finish`."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._missing = {step_id: set(predecessors) for step_id, predecessors in graph.needs.items()}
        self._running: set[str] = set()

    @property
    def done(self) -> bool:
        """Whether every step has ended."""
        return not self._missing and not self._running

    def take_ready(self) -> tuple[str, ...]:
        """Steps whose predecessors have all been accepted, in plan order; they count as running from now on."""
        ready = tuple(step_id for step_id, missing in self._missing.items() if not missing)
        for step_id in ready:
            del self._missing[step_id]
        self._running.update(ready)
        return ready

    def finish(self, step_id: str, *, accepted: bool) -> tuple[str, ...]:
        """Reports how a running step ended; returns the steps that are skipped because of it, direct or not."""
        self._running.remove(step_id)
        if accepted:
            for successor in self._graph.needed_by[step_id]:
                if successor in self._missing:
                    self._missing[successor].discard(step_id)
            return ()
        skipped: list[str] = []
        front = list(self._graph.needed_by[step_id])
        while front:
            lost = front.pop(0)
            if lost in self._missing:
                del self._missing[lost]
                skipped.append(lost)
                front.extend(self._graph.needed_by[lost])
        return tuple(skipped)

    def stop(self) -> tuple[str, ...]:
        """Ends every step that was not handed out yet and returns them, in plan order."""
        left = tuple(self._missing)
        self._missing.clear()
        return left


def _implied(step: Step) -> frozenset[str]:
    return referenced_steps(step.work.parameters if isinstance(step.work, AwsCall) else step.work.body)


def _refuse_circles(graph: Graph) -> None:
    progress = Progress(graph)
    while ready := progress.take_ready():
        for step_id in ready:
            progress.finish(step_id, accepted=True)
    if circle := progress.stop():
        raise InvalidPlanError(f"steps wait for each other: {', '.join(circle)}")
