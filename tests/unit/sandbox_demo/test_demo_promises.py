"""Whether AWS's record says what a plan said."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sandbox.demo.promise import UNKNOWN, promise_of

Call = Mapping[str, Any]


def a_call(operation: str, **parameters: Any) -> Call:
    return {"operation": operation, "parameters": parameters}


def a_change(kind: str, name: str, action: str = "create") -> Mapping[str, str]:
    return {"kind": kind, "name": name, "action": action}


def an_answer(calls: Sequence[Call], changes: Sequence[Mapping[str, str]]) -> str:
    steps = [{"id": "finalizer", "kubernetes": {"verb": "merge-patch"}}, *({"aws": call} for call in calls)]
    return json.dumps({"plans": [{"changes": changes, "steps": steps}]})


GROUP = a_call("CreateTargetGroup", Name=f"k8s-echo-{UNKNOWN}", Port=8080)
LISTENER = a_call("CreateListener", LoadBalancerArn={"$ref": "lb#Arn"}, Protocol="TCP", Port=80)
RULE = a_call("CreateRule", Conditions=[{"Values": ["/*"]}], Priority=1)
CHANGES = [
    a_change("target group", f"k8s-echo-{UNKNOWN}"),
    a_change("listener", "TCP:80"),
    a_change("rule", "80:1"),
    a_change("target group binding", "echo"),
]
PLANNED = an_answer([GROUP, LISTENER, RULE], CHANGES)
MADE = [
    a_call("CreateListener", LoadBalancerArn="arn:lb", Protocol="TCP", Port=80),
    a_call("CreateRule", Conditions=[{"Values": ["/*"]}], Priority=1),
    a_call("CreateTargetGroup", Name="k8s-echo-12ab", Port=8080),
]
OPEN = an_answer([], [a_change("target", UNKNOWN), a_change("security group", UNKNOWN, "modify")])
REGISTER = a_call("RegisterTargets", Targets=[{"Id": "10.0.0.1", "Port": 80}])
AUTHORIZE, REVOKE = a_call("AuthorizeSecurityGroupIngress"), a_call("RevokeSecurityGroupIngress")


@pytest.mark.parametrize(
    ("answer", "made", "untrue"),
    [
        pytest.param(PLANNED, MADE, [], id="the planned calls in any order, with what was unknown filled in"),
        pytest.param(
            PLANNED,
            MADE[:2],
            [
                f'planned, but not made: CreateTargetGroup {{"Name": "k8s-echo-{UNKNOWN}", "Port": 8080}}',
                f"planned, but not made: target group k8s-echo-{UNKNOWN}",
            ],
            id="a planned call that was not made",
        ),
        pytest.param(
            PLANNED,
            [*MADE, a_call("ModifyRule", RuleArn="arn:rule")],
            ['made, but not planned: ModifyRule {"RuleArn": "arn:rule"}'],
            id="a call that was not planned",
        ),
        pytest.param(
            PLANNED,
            [MADE[0], MADE[1], a_call("CreateTargetGroup", Name="k8s-echo-12ab", Port=80)],
            [
                f'planned, but not made: CreateTargetGroup {{"Name": "k8s-echo-{UNKNOWN}", "Port": 8080}}',
                'made, but not planned: CreateTargetGroup {"Name": "k8s-echo-12ab", "Port": 80}',
            ],
            id="a parameter that is not the planned one",
        ),
        pytest.param(
            an_answer([GROUP, LISTENER, RULE], [*CHANGES[:2], a_change("rule", "80:2")]),
            MADE,
            ["planned, but not made: rule 2", "made, but not planned: rule 1"],
            id="a change that says something else than its call",
        ),
        pytest.param(OPEN, [REGISTER, AUTHORIZE], [], id="calls for pods that did not exist then"),
        pytest.param(OPEN, [REGISTER, AUTHORIZE, REVOKE], [], id="a rule with a wider range takes another one's place"),
        pytest.param(
            OPEN, [AUTHORIZE], ["foreseen, but not made: RegisterTargets"], id="pods that were never registered"
        ),
        pytest.param(
            an_answer([], []),
            [AUTHORIZE, REVOKE],
            [f"made, but not planned: {one}SecurityGroupIngress {{}}" for one in ("Authorize", "Revoke")],
            id="nothing is open where every name is known",
        ),
    ],
)
def test_a_promise_is_kept_or_not(answer: str, made: Sequence[Call], untrue: Sequence[str]) -> None:
    assert promise_of(answer).untrue(made) == untrue
