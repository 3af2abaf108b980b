"""Our own writes, until the view has seen them."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.objects import Ingress, Kind
from services.planner.core.plans import KubernetesWrite, Step, Verb
from services.planner.results import ErrorClass, StepOutcome, StepResult
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed, Progressed
from services.planner.work.own_writes import OwnWrites
from tests.unit.planner_shell.plan_things import accepted, aws, by_id, plan, refused, write
from tests.unit.planner_shell.things import STACK, ingress, pod, seen, view_of

HERE = (Kind.INGRESS, ("shop", "front"))
GONE = "2026-01-01T00:00:00Z"


def ended(writes: OwnWrites, step: Step, result: StepResult) -> bool:
    assert isinstance(step.work, KubernetesWrite)
    return writes.ended(STACK, step.work, result, "trace")


def shown(view: ClusterView, version: int, **rest: Any) -> None:
    view.fold(seen(ingress(version=version, **rest)))


@pytest.fixture
def view() -> ClusterView:
    return view_of(ingress(version=5), at=10)


def answer(version: int, **metadata: Any) -> StepResult:
    return accepted("write", metadata={"resourceVersion": str(version), **metadata})


PATCH = write("write", version="5")
DELETE = write("write", verb=Verb.DELETE)
STOPPED = replace(refused("write", ErrorClass.CONFLICT), outcome=StepOutcome.STOPPED)


@pytest.mark.parametrize(
    ("step", "result", "unblocked_by"),
    [
        pytest.param(PATCH, answer(12), [(11, True), (12, False)], id="a patch: until its version is seen"),
        pytest.param(
            PATCH,
            refused("write", ErrorClass.CONFLICT),
            [(6, False)],
            id="a conflict: until a version after the one that was expected is seen",
        ),
        pytest.param(
            write("write"),
            refused("write", ErrorClass.CONFLICT, metadata={"resourceVersion": "7"}),
            [(7, True), (8, False)],
            id="a conflict with a version that came from an earlier step",
        ),
    ],
)
def test_a_key_waits_for_the_version(
    view: ClusterView, step: Step, result: StepResult, unblocked_by: list[tuple[int, bool]]
) -> None:
    writes = OwnWrites(view)
    assert ended(writes, step, result)
    assert writes.blocked(STACK) == (HERE,)
    for version, blocked in unblocked_by:
        shown(view, version)
        assert bool(writes.blocked(STACK)) is blocked


@pytest.mark.parametrize(
    ("step", "result"),
    [
        pytest.param(DELETE, answer(12), id="a delete of an object without finalizers"),
        pytest.param(DELETE, accepted("write", kind="Status"), id="a delete that is answered without the object"),
        pytest.param(
            PATCH, answer(5, deletionTimestamp=GONE), id="the last finalizer's removal, answered with an old version"
        ),
        pytest.param(PATCH, refused("write", ErrorClass.NOT_FOUND), id="a patch of what is gone already"),
    ],
)
@pytest.mark.parametrize(
    ("remade", "blocked"), [pytest.param(False, False, id="gone"), pytest.param(True, False, id="made anew")]
)
def test_a_key_waits_until_the_object_is_gone(
    view: ClusterView, step: Step, result: StepResult, remade: bool, blocked: bool
) -> None:
    writes = OwnWrites(view)
    assert ended(writes, step, result)
    shown(view, 11, deleted_at=GONE)
    assert writes.blocked(STACK) == (HERE,)
    view.fold(seen(ingress(version=11), deleted_at=20))
    if remade:
        shown(view, 21, uid="second")
    assert bool(writes.blocked(STACK)) is blocked


def test_a_delete_that_meets_finalizers_is_seen_by_its_version(view: ClusterView) -> None:
    writes = OwnWrites(view)
    ended(writes, DELETE, answer(12, deletionTimestamp=GONE, finalizers=["f"]))
    assert writes.blocked(STACK) == (HERE,)
    shown(view, 12, deleted_at=GONE)
    assert writes.blocked(STACK) == ()


def test_a_condition_of_a_pod_that_is_terminating_is_seen_by_its_version_and_not_when_the_pod_is_gone() -> None:
    view = view_of(pod("web-1"), at=10)
    writes = OwnWrites(view)
    condition = write("write", resource="pods", name="web-1", verb=Verb.CONDITION)
    ended(writes, condition, answer(12, deletionTimestamp=GONE))
    assert writes.blocked(STACK) == ((Kind.POD, ("shop", "web-1")),)
    view.fold(Progressed(kind=Kind.POD, revision=12))
    assert writes.blocked(STACK) == ()


@pytest.mark.parametrize(
    ("step", "result"),
    [
        pytest.param(PATCH, refused("write", ErrorClass.DENIED), id="a write that was refused"),
        pytest.param(write("write", resource="configmaps"), answer(12), id="a kind that is not watched for this"),
        pytest.param(write("write", verb=Verb.EVENT), answer(12), id="an Event"),
        pytest.param(write("write", uid=""), refused("write", ErrorClass.CONFLICT), id="a create that met another"),
        pytest.param(PATCH, STOPPED, id="a write that was stopped: it was never sent"),
    ],
)
def test_nothing_to_wait_for(view: ClusterView, step: Step, result: StepResult) -> None:
    writes = OwnWrites(view)
    assert not ended(writes, step, result)
    assert writes.blocked(STACK) == ()


def test_a_bookmark_unblocks_what_has_vanished_meanwhile(view: ClusterView) -> None:
    writes = OwnWrites(view)
    ended(writes, write("write", name="other", uid="uid-other"), answer(12))
    assert writes.blocked(STACK) == ((Kind.INGRESS, ("shop", "other")),)
    view.fold(Progressed(kind=Kind.INGRESS, revision=12))
    assert writes.blocked(STACK) == ()


def changed(old: Ingress | None, new: Ingress | None) -> Changed:
    return Changed(kind=Kind.INGRESS, old=old, new=new, traceparent="the watcher's")


class TestTraces:
    """Which changes are our own."""

    def test_the_version_that_we_wrote_is_ours_and_the_next_is_not(self, view: ClusterView) -> None:
        writes = OwnWrites(view)
        ended(writes, PATCH, answer(12))
        assert writes.trace_of(changed(ingress(version=5), ingress(version=12))) == "trace"
        assert writes.trace_of(changed(ingress(version=12), ingress(version=13))) is None

    def test_a_change_may_overtake_the_answer_of_the_write_that_caused_it(self, view: ClusterView) -> None:
        writes = OwnWrites(view)
        steps = plan(PATCH, aws("call", "CreateLoadBalancer", "write"), write("publish", "call", name="other"))
        writes.advance(steps, {}, "trace")
        assert writes.trace_of(changed(ingress(version=5), ingress(version=12))) == "trace"
        results = by_id(answer(12))
        writes.advance(steps, results, "trace")
        assert writes.trace_of(changed(ingress(version=5), ingress(version=13))) is None

    def test_a_write_that_waits_for_another_step_is_not_in_flight(self, view: ClusterView) -> None:
        writes = OwnWrites(view)
        steps = plan(aws("call", "CreateLoadBalancer"), write("publish", "call"))
        writes.advance(steps, {}, "trace")
        assert writes.trace_of(changed(ingress(version=5), ingress(version=12))) is None
        writes.advance(steps, by_id(accepted("call")), "trace")
        assert writes.trace_of(changed(ingress(version=5), ingress(version=12))) == "trace"

    def test_after_the_plan_nothing_is_in_flight(self, view: ClusterView) -> None:
        writes = OwnWrites(view)
        writes.advance(plan(PATCH), {}, "trace")
        writes.finish(plan(PATCH))
        assert writes.trace_of(changed(ingress(version=5), ingress(version=12))) is None

    def test_a_deletion_that_we_caused_is_ours(self, view: ClusterView) -> None:
        writes = OwnWrites(view)
        ended(writes, DELETE, answer(12))
        assert writes.trace_of(changed(ingress(version=5), None)) == "trace"
        assert writes.trace_of(changed(ingress(version=5), None)) is None
