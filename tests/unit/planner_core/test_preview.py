"""What two plans, made with other stand-ins, have in common is what is known."""

from typing import Any

import pytest

from services.planner.core.keys import BindingKey, StackKey, StackKind
from services.planner.core.plans import (
    AwsCall,
    Change,
    ChangeAction,
    FieldChange,
    KubernetesWrite,
    Plan,
    Ref,
    Step,
    Verb,
)
from services.planner.core.preview import UNKNOWN, known_part, merged
from services.planner.core.problems import Reason

KEY = StackKey(kind=StackKind.INGRESS, namespace="game", name="front")


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        pytest.param(80, 80, 80, id="what is equal is known"),
        pytest.param(30001, 31001, UNKNOWN, id="a number that differs is not"),
        pytest.param("k8s-game-web-aaaa", "k8s-game-web-bbbb", f"k8s-game-web-{UNKNOWN}", id="a word of a text is not"),
        pytest.param("a-b", "a", UNKNOWN, id="texts of other forms have nothing in common"),
        pytest.param(
            {"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}, {"a": 1, "b": [1, UNKNOWN]}, id="parts are compared"
        ),
        pytest.param({"a": 1}, {"b": 1}, UNKNOWN, id="objects with other keys have nothing in common"),
        pytest.param([1], [1, 2], UNKNOWN, id="lists of other lengths have nothing in common"),
    ],
)
def test_values_are_known_as_far_as_they_agree(one: Any, other: Any, known: Any) -> None:
    assert merged(one, other) == known


def group(name: str, port: int) -> tuple[Change, Step]:
    change = Change(
        kind="target group",
        name=f"k8s-game-web-{name}",
        action=ChangeAction.CREATE,
        reason=Reason.WANTED,
        asked_by="Ingress/game/front",
        fields=(FieldChange(field="port", new=port),),
    )
    parameters = {"Name": change.name, "Port": port, "Protocol": "HTTP"}
    call = AwsCall(service="elbv2", operation="CreateTargetGroup", parameters=parameters)
    return change, Step(id=f"create-target-group-{change.name}", work=call)


def plan(*groups: tuple[str, int], uid: str = "uid") -> Plan:
    """A plan that makes target groups and binds the first; its changes are sorted by name as plans' changes are."""
    made = [group(*g) for g in groups]
    first = made[0][1].id
    arn = Ref(first, "TargetGroups[0].TargetGroupArn")
    write = KubernetesWrite(
        verb=Verb.CREATE, api_version="v1", resource="targetgroupbindings", name="b", uid=uid, body={"arn": arn}
    )
    return Plan(
        key=KEY,
        changes=tuple(sorted((change for change, _ in made), key=lambda c: c.name)),
        steps=(*(step for _, step in made), Step(id="bind", work=write, depends_on=(first,))),
        cost={"elb-mutating": len(made)},
    )


def test_equal_plans_are_known_whole() -> None:
    one = plan(("aaaa", 80))
    assert known_part(one, plan(("aaaa", 80))) == one


def test_names_that_sort_differently_are_still_paired() -> None:
    told = known_part(plan(("aaaa", 80), ("bbbb", 81)), plan(("yyyy", 80), ("xxxx", 81)))
    assert [(c.name, c.fields[0].new) for c in told.changes] == [
        (f"k8s-game-web-{UNKNOWN}", 80),
        (f"k8s-game-web-{UNKNOWN}", 81),
    ]


def test_steps_stay_told_apart_and_references_follow_them() -> None:
    told = known_part(plan(("aaaa", 80), ("bbbb", 81), uid="one"), plan(("yyyy", 80), ("xxxx", 81), uid="other"))
    name = f"create-target-group-k8s-game-web-{UNKNOWN}"
    assert [(s.id, s.depends_on) for s in told.steps] == [(name, ()), (f"{name} 2", ()), ("bind", (name,))]
    write = told.steps[-1].work
    assert isinstance(write, KubernetesWrite)
    assert (write.uid, write.body) == (UNKNOWN, {"arn": Ref(name, "TargetGroups[0].TargetGroupArn")})


def test_a_changed_value_of_a_change_is_not_known() -> None:
    told = known_part(plan(("aaaa", 30001)), plan(("yyyy", 31001)))
    assert told.changes[0].fields == (FieldChange(field="port", new=UNKNOWN),)


def test_a_binding_s_name_is_known_as_far_as_it_agrees() -> None:
    one, other = (Plan(key=BindingKey(namespace="game", name=f"k8s-web-{n}")) for n in ("aaaa", "bbbb"))
    assert known_part(one, other) == Plan(key=BindingKey(namespace="game", name=f"k8s-web-{UNKNOWN}"))
