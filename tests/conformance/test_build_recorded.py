"""The build against what the reference controller made of the same objects in the same account."""

import copy

import pytest

from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredStack
from services.planner.core.problems import Reason
from tests.conformance.recordings import (
    BUILT,
    BUILT_IN_PART,
    Raw,
    Recording,
    built_recordings,
    ingress_scenarios,
    ingresses,
    key_of,
    recordings,
    stack_input,
)
from tests.conformance.stack_shapes import desired_shape, recorded_shape

FINALIZER = "ingress.k8s.aws/resources"

# Nothing was made of it.
INVALID = ("ingress-bad-annotation",)


def _refused() -> list[Recording]:
    return [
        recording
        for scenario in ingress_scenarios()
        if scenario not in (*BUILT, *INVALID)
        for recording in recordings(scenario)
        if recording.step not in BUILT_IN_PART.get(scenario, ())
    ]


@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in built_recordings()])
def test_the_build_is_what_was_recorded(recording: Recording) -> None:
    (ingress,) = ingresses(recording)
    key = key_of(ingress)

    built = build_stack(stack_input(recording.raw, key))

    assert isinstance(built, Built)
    assert desired_shape(built.desired) == recorded_shape(recording, key.stack_id)
    assert [m.finalizer for m in built.desired.active] == ingress["metadata"]["finalizers"]


@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in _refused()])
def test_what_is_not_built_yet_is_refused_and_never_built_without_it(recording: Recording) -> None:
    for ingress in ingresses(recording):
        refused = build_stack(stack_input(recording.raw, key_of(ingress)))

        assert isinstance(refused, Broken)
        assert {p.reason for p in refused.problems} == {Reason.NOT_SUPPORTED_YET}


def test_a_bad_annotation_is_named_with_its_value_and_what_is_accepted() -> None:
    (recording,) = recordings("ingress-bad-annotation")
    (ingress,) = ingresses(recording)

    broken = build_stack(stack_input(recording.raw, key_of(ingress)))

    assert isinstance(broken, Broken)
    assert [(str(p.where), p.reason, p.field, p.message) for p in broken.problems] == [
        (
            "Ingress/bad/web",
            Reason.INVALID_ANNOTATION,
            "alb.ingress.kubernetes.io/healthcheck-interval-seconds",
            'the value "soon" is not accepted: accepted are whole numbers from 5 to 300',
        )
    ]


@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in built_recordings()])
def test_a_deleted_ingress_leaves_nothing(recording: Recording) -> None:
    (ingress,) = ingresses(recording)
    deleted = copy.deepcopy(ingress)
    deleted["metadata"]["deletionTimestamp"] = "2026-11-22T14:00:00Z"

    built = build_stack(stack_input([deleted], key_of(ingress)))

    assert isinstance(built, Built)
    assert built.desired == DesiredStack(key=key_of(ingress), leaving=built.desired.leaving)
    assert [(str(m.ref), m.finalizer) for m in built.desired.leaving] == [(_name(ingress), FINALIZER)]


def test_an_ingress_switched_to_another_class_leaves() -> None:
    (_, away) = recordings("ingress-class-switched-away")
    (ingress,) = ingresses(away)
    before = copy.deepcopy(ingress)
    before["metadata"]["finalizers"] = [FINALIZER]
    rest = [item for item in away.raw if item["kind"] != "Ingress"]

    leaving = build_stack(stack_input([*rest, before], key_of(ingress)))
    gone = build_stack(stack_input(away.raw, key_of(ingress)))

    assert isinstance(leaving, Built)
    assert [str(m.ref) for m in leaving.desired.leaving] == [_name(ingress)]
    assert leaving.desired.load_balancer is None
    assert gone == Built(desired=DesiredStack(key=key_of(ingress)))


def _name(ingress: Raw) -> str:
    return f"Ingress/{ingress['metadata']['namespace']}/{ingress['metadata']['name']}"
