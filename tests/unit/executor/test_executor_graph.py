"""The plan graph: what is ready, skipped, stopped; and what is no graph."""

import pytest

from services.executor.core.graph import InvalidPlanError, Progress, build
from services.executor.core.steps import AwsCall, Step


def step(step_id: str, *after: str, refers_to: str = "") -> Step:
    parameters = {"Arn": [{"Deep": {"$ref": f"{refers_to}#Arn"}}]} if refers_to else {}
    return Step(
        id=step_id,
        depends_on=after,
        work=AwsCall(service="elbv2", operation="CreateRule", parameters=parameters),
    )


DIAMOND = (step("a"), step("b", "a"), step("c", refers_to="a"), step("d", "b", "c"), step("e"))


def test_steps_are_ready_when_all_that_they_need_has_been_accepted() -> None:
    progress = Progress(build(DIAMOND))
    assert progress.take_ready() == ("a", "e")
    assert progress.take_ready() == ()
    assert progress.finish("a", accepted=True) == ()
    assert progress.take_ready() == ("b", "c")
    progress.finish("b", accepted=True)
    assert progress.take_ready() == ()
    progress.finish("c", accepted=True)
    assert progress.take_ready() == ("d",)
    progress.finish("d", accepted=True)
    assert not progress.done
    progress.finish("e", accepted=True)
    assert progress.done


def test_a_failure_skips_everything_behind_it_once_and_nothing_else() -> None:
    progress = Progress(build(DIAMOND))
    progress.take_ready()
    assert progress.finish("a", accepted=False) == ("b", "c", "d")
    assert progress.finish("e", accepted=True) == ()
    assert progress.done


def test_a_failure_beside_others_skips_what_needs_both() -> None:
    progress = Progress(build(DIAMOND))
    progress.take_ready()
    progress.finish("a", accepted=True)
    progress.take_ready()
    assert progress.finish("b", accepted=False) == ("d",)
    assert progress.finish("c", accepted=True) == ()
    assert progress.take_ready() == ()


def test_a_stop_ends_what_was_not_handed_out() -> None:
    progress = Progress(build(DIAMOND))
    progress.take_ready()
    assert progress.stop() == ("b", "c", "d")
    assert progress.finish("a", accepted=True) == ()
    assert progress.finish("e", accepted=False) == ()
    assert progress.done


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        pytest.param((step("a"), step("a")), "two steps have the id 'a'", id="an id twice"),
        pytest.param((step("a", "b"),), "needs a step 'b'", id="an edge to nowhere"),
        pytest.param((step("a", refers_to="b"),), "needs a step 'b'", id="a reference to nowhere"),
        pytest.param((step("a", "b"), step("b", refers_to="a")), "wait for each other: a, b", id="a circle"),
        pytest.param((step("a", "a"),), "wait for each other: a", id="a step that needs itself"),
    ],
)
def test_steps_that_form_no_graph_are_refused(steps: tuple[Step, ...], message: str) -> None:
    with pytest.raises(InvalidPlanError, match=message):
        build(steps)
