"""The build against what the reference controller made of the same objects in the same account."""

import copy
import json
from itertools import pairwise
from typing import Any

import pytest

from services.planner.core import naming
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredStack
from services.planner.core.outcomes import Planned
from services.planner.core.plans import AwsCall
from services.planner.core.problems import Reason
from services.planner.core.stack import plan_stack
from tests.conformance.recordings import (
    BUILT,
    ROOT,
    Raw,
    Recording,
    built_recordings,
    cluster,
    ingresses,
    key_of,
    recordings,
    stack_input,
)
from tests.conformance.stack_shapes import desired_shape, recorded_shape
from tests.conformance.standing import adopted_objects, standing

FINALIZER = "ingress.k8s.aws/resources"


def _steps() -> list[tuple[Recording, Recording]]:
    """Steps of scenarios that are built whole, each with the one before it."""
    found = []
    for scenario in BUILT:
        steps = list(recordings(scenario))
        found += list(pairwise(steps))
    return found


def _renamed(value: Any, old: str, new: str) -> Any:
    """The value with another name for one thing, wherever it is named."""
    match value:
        case dict():
            return {_renamed(k, old, new): _renamed(v, old, new) for k, v in value.items()}
        case list():
            return [_renamed(v, old, new) for v in value]
        case str():
            return value.replace(old, new)
    return value


@pytest.mark.parametrize("recording", [pytest.param(r, id=r.id) for r in built_recordings()])
def test_the_build_is_what_was_recorded(recording: Recording) -> None:
    members = ingresses(recording)
    (key,) = {key_of(ingress) for ingress in members}

    built = build_stack(stack_input(recording.raw, key))

    assert isinstance(built, Built)
    assert desired_shape(built.desired) == recorded_shape(recording, key.stack_id)
    assert {str(m.ref): [m.finalizer] for m in built.desired.active} == {
        _name(ingress): ingress["metadata"]["finalizers"] for ingress in members
    }


@pytest.mark.parametrize(
    ("before", "after"), [pytest.param(b, a, id=f"{a.id} after step {b.step}") for b, a in _steps()]
)
def test_a_step_from_what_the_step_before_left_is_what_was_recorded(before: Recording, after: Recording) -> None:
    key = key_of(ingresses(after)[0])
    rest = [item for item in after.raw if item["kind"] != "TargetGroupBinding"]
    bindings = [item for item in adopted_objects(before) if item["kind"] == "TargetGroupBinding"]

    built = build_stack(stack_input([*rest, *bindings], key, known=standing(before)))

    assert isinstance(built, Built)
    wanted = recorded_shape(after, key.stack_id)
    if after.scenario == "ingress-scheme-change":
        # The old load balancer goes first there and last here: while its group holds the name, the new one has another.
        (old,), (new,) = wanted["target_groups"], built.desired.target_groups
        assert new.name != old
        wanted = _renamed(wanted, old, new.name)
    assert desired_shape(built.desired) == wanted


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
def test_deleted_ingresses_leave_nothing(recording: Recording) -> None:
    members = ingresses(recording)
    (key,) = {key_of(ingress) for ingress in members}
    deleted = copy.deepcopy(members)
    for ingress in deleted:
        ingress["metadata"]["deletionTimestamp"] = "2026-11-22T14:00:00Z"

    rest = [item for item in adopted_objects(recording) if item["kind"] != "Ingress"]
    outcome = plan_stack(stack_input([*rest, *deleted], key, known=standing(recording)))

    assert isinstance(outcome, Planned)
    calls = [s.work for s in outcome.plan.steps if isinstance(s.work, AwsCall)]
    gone = {next(iter(c.parameters.values())) for c in calls}
    deletes = {"DeleteLoadBalancer", "DeleteTargetGroup", "DeleteSecurityGroup"}
    # A load balancer that is a target is taken out first.
    assert {c.operation for c in calls} - deletes <= {"DeregisterTargets"}
    after = json.loads((ROOT / "recorded" / recording.scenario / "after-delete.json").read_text())["aws"]
    for kind, prefix in (("loadBalancers", "lb:"), ("targetGroups", "tg:"), ("securityGroups", "sg:")):
        left = {name for name in recording.aws[kind] if f"{prefix}{name}" not in gone}
        # The shared group goes with the network, not with a stack.
        assert left - {naming.shared_group_name(cluster().name)} == set(after[kind])


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
