"""One change is one trace through the three services, asserted on what they exported."""

from collections.abc import Sequence

import pytest

from tests.integration.harness.game import Game
from tests.integration.harness.observed import Observed
from tests.integration.harness.traces import Span
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

CHAIN = (
    ("elbow-watcher", "observe change"),
    ("elbow-planner", "queue"),
    ("elbow-planner", "compute plan"),
    ("elbow-executor", "execute plan"),
    ("elbow-executor", "step "),
    ("elbow-executor", "aws RegisterTargets"),
)


def registration(game: Game, observed: Observed) -> Sequence[Span]:
    """The whole trace of an EndpointSlice change that led to a registration."""

    def found() -> Sequence[Span]:
        for change in observed.changes(game.namespace, "EndpointSlice"):
            spans = game.sandbox.traces.trace(change.trace)
            if any(span.name == "aws RegisterTargets" for span in spans):
                return spans
        return ()

    until(found, what="a trace that ends in a registration")
    game.elbow.settled()
    return found()


def test_an_endpoint_change_is_one_trace_through_the_three_services(game: Game) -> None:
    game.publish()
    game.published()
    game.elbow.settled()
    observed = Observed(game.sandbox.traces)
    game.scale(3)
    game.follows(3)
    spans = until(
        lambda: registration(game, observed),
        holds=lambda seen: {name for _, name in CHAIN} <= {s.name for s in seen} | {"step "},
        what="all spans to be exported",
    )
    by_id = {span.id: span for span in spans}
    (call,) = (span for span in spans if span.name == "aws RegisterTargets")
    path = [call]
    while path[0].parent:
        path.insert(0, by_id[path[0].parent])
    assert [span.service for span in path] == [service for service, _ in CHAIN]
    assert all(span.name.startswith(name) for span, (_, name) in zip(path, CHAIN, strict=True)), path
    assert [span.start_ns for span in path] == sorted(span.start_ns for span in path)
    assert {span.parent for span in spans if span.parent} <= by_id.keys()


def test_the_status_names_the_trace_of_the_last_change(game: Game) -> None:
    game.publish()
    game.published()
    game.elbow.settled()
    observed = Observed(game.sandbox.traces)
    game.scale(3)
    game.follows(3)
    spans = registration(game, observed)
    stack = game.elbow.planner.stack(game.namespace, "ingress-2048")
    assert stack is not None
    assert spans[0].trace in stack.traces
