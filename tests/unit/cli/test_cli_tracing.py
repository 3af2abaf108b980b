"""From what a user names to trace ids."""

from collections.abc import Sequence

import pytest
from elbow.planner.v1 import planner_service_pb2 as wire

from services.cli.errors import CliError
from services.cli.tracing import ObjectName, is_trace_id, parse_object, stack_of, traces_of
from tests.unit.cli.builders import a_stack

WEB = ObjectName(kind="", namespace="shop", name="web")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("shop/web", WEB, id="namespace and name"),
        pytest.param(
            "Ingress/shop/web",
            ObjectName(kind="ingress", namespace="shop", name="web"),
            id="with its kind, in any case",
        ),
        pytest.param("web", None, id="a name alone"),
        pytest.param("shop/", None, id="an empty name"),
        pytest.param("a/b/c/d", None, id="too many parts"),
    ],
)
def test_names_of_objects(text: str, expected: ObjectName | None) -> None:
    assert parse_object(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0af7651916cd43dd8448eb211c80319c", True, id="32 hexadecimal digits"),
        pytest.param("0af7651916cd43dd8448eb211c80319", False, id="a digit short"),
        pytest.param("shop/web", False, id="an object"),
    ],
)
def test_trace_ids(text: str, expected: bool) -> None:
    assert is_trace_id(text) is expected


SERVICE = a_stack("service/shop/web", objects=["Service/shop/web"])
GROUP = a_stack("ingress/front", objects=["Ingress/shop/api", "Ingress/shop/web"])


@pytest.mark.parametrize(
    ("wanted", "stacks", "expected"),
    [
        pytest.param(WEB, [SERVICE, GROUP], GROUP, id="an Ingress before a Service of the same name"),
        pytest.param(WEB, [SERVICE], SERVICE, id="a Service where it is the only one"),
        pytest.param(
            ObjectName(kind="service", namespace="shop", name="web"), [SERVICE, GROUP], SERVICE, id="the kind decides"
        ),
    ],
)
def test_the_stack_of_an_object(
    wanted: ObjectName, stacks: Sequence[wire.StackStatus], expected: wire.StackStatus
) -> None:
    assert stack_of(stacks, wanted) == expected


def test_an_object_that_is_not_handled() -> None:
    with pytest.raises(CliError, match="handles no object shop/web"):
        stack_of([a_stack(objects=["Ingress/shop/webs"])], WEB)


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        pytest.param(a_stack(traces=["a", "b"], trace_id="b"), ["a", "b"], id="all of them, newest first"),
        pytest.param(a_stack(traces=[], trace_id="c"), ["c"], id="the last one where that is all there is"),
    ],
)
def test_traces_of_a_stack(stack: wire.StackStatus, expected: Sequence[str]) -> None:
    assert traces_of(stack, WEB) == expected


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        pytest.param(a_stack(traces=[]), "tracing is off", id="worked on without a trace"),
        pytest.param(a_stack(traces=[], last_plan=""), "nothing was done for shop/web", id="never worked on"),
    ],
)
def test_a_stack_without_traces_says_why(stack: wire.StackStatus, message: str) -> None:
    with pytest.raises(CliError, match=message):
        traces_of(stack, WEB)
