"""Ingress groups in the view: the stacks of an Ingress, who is gathered for a stack, and what a change wakes."""

from dataclasses import replace

import pytest

from services.planner.core.keys import Key, Lane, StackKey, StackKind
from services.planner.core.objects import Ingress, Kind
from services.planner.view.events import Changed
from services.planner.view.wakes import wakes
from tests.unit.planner_shell.things import FINALIZER, STACK, class_params, ingress, ingress_class, seen, view_of

GROUP = "alb.ingress.kubernetes.io/group.name"
TEAM = StackKey(kind=StackKind.INGRESS, namespace="", name="team")
OTHER = StackKey(kind=StackKind.INGRESS, namespace="", name="other")
CORP = StackKey(kind=StackKind.INGRESS, namespace="", name="corp")
CORP_CLASS = (
    ingress_class("corp", params="corp"),
    replace(class_params("corp"), spec='{"group": {"name": "corp"}}'),
)


def grouped(name: str = "front", group: str | None = "team", *finalizers: str, **rest: object) -> Ingress:
    annotations = {GROUP: group} if group is not None else {}
    return ingress(name, annotations=annotations, finalizers=finalizers, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "stacks"),
    [
        pytest.param(grouped(group=None), (STACK,), id="one that names no group is its own"),
        pytest.param(grouped(), (TEAM,), id="the group that it names"),
        pytest.param(
            grouped("front", "team", FINALIZER, "group.ingress.k8s.aws/other", "example.com/x"),
            (OTHER, TEAM, STACK),
            id="the groups that it has not left",
        ),
        pytest.param(grouped(group="Team"), (STACK,), id="its own where the name cannot be one"),
        pytest.param(
            grouped("front", None, "group.ingress.k8s.aws/No Name"), (STACK,), id="no group by a foreign finalizer"
        ),
        pytest.param(grouped(class_name="corp"), (CORP,), id="the group of its class counts before the annotation"),
        pytest.param(
            ingress(annotations={GROUP: "team", "kubernetes.io/ingress.class": "alb"}, class_name="corp"),
            (TEAM,),
            id="the legacy annotation names no class object",
        ),
    ],
)
def test_the_stacks_of_an_ingress(subject: Ingress, stacks: tuple[StackKey, ...]) -> None:
    view = view_of(*CORP_CLASS, subject)

    assert view.stacks_of(subject) == stacks
    assert all(subject in view.ingresses_of_stack(stack) for stack in stacks)


def test_a_group_is_gathered_across_namespaces() -> None:
    members = (grouped("a"), grouped("b", namespace="desk"), grouped("c", "other", "group.ingress.k8s.aws/team"))
    view = view_of(*members, grouped("d", "other"))

    assert [i.meta.name for i in view.ingresses_of_stack(TEAM)] == ["b", "a", "c"]


def test_a_group_follows_the_parameters_of_its_class() -> None:
    subject = grouped(group=None, class_name="corp")
    view = view_of(*CORP_CLASS, subject)
    assert view.ingresses_of_stack(CORP) == (subject,)

    view.fold(seen(replace(class_params("corp", version=200), spec="{}")))

    assert view.ingresses_of_stack(CORP) == ()
    assert view.stacks_of(subject) == (STACK,)


def test_a_move_wakes_both_groups() -> None:
    old, new = grouped(), grouped("front", "other", "group.ingress.k8s.aws/team")
    woken: dict[Key, Lane] = dict(wakes(Changed(kind=Kind.INGRESS, old=old, new=new), view_of(new)))

    assert woken == {TEAM: Lane.EDIT, OTHER: Lane.EDIT}
