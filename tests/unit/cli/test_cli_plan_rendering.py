"""What `elbow plan` writes."""

import json
from typing import Any

import pytest
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as wire

from services.cli.errors import CliError
from services.cli.previewing import KeyPlan, existing_name
from services.cli.rendering.plan import UNKNOWN, plan_lines, plans_as_json

STACK = plan_pb2.Key(kind=plan_pb2.KEY_KIND_STACK, name="ingress/game/front")
FRONT = "Ingress/game/front"


def change(kind: str, name: str, action: plan_pb2.Action.ValueType, **more: Any) -> plan_pb2.Change:
    return plan_pb2.Change(kind=kind, name=name, action=action, asked_by=FRONT, **more)


def create(operation: str, **parameters: Any) -> plan_pb2.Step:
    call = plan_pb2.AwsCall(service="elbv2", operation=operation, parameters=json.dumps(parameters))
    return plan_pb2.Step(id=f"create-{operation}", aws=call)


def stack(*changes: plan_pb2.Change, steps: Any = (), cost: Any = None, **more: Any) -> KeyPlan:
    message = plan_pb2.Plan(key=STACK, verdict=plan_pb2.VERDICT_OK, changes=changes, steps=steps, cost=cost or {})
    return KeyPlan(plan=message, **more)


ERRORED = KeyPlan(
    plan=plan_pb2.Plan(key=STACK, verdict=plan_pb2.VERDICT_ERRORED),
    reports=[wire.PreviewReport(object=FRONT, warning=True, reason="FailedBuildModel", message="Failed: sideways")],
)
TARGETS = KeyPlan(
    plan=plan_pb2.Plan(
        key=plan_pb2.Key(kind=plan_pb2.KEY_KIND_BINDING, name="game/b"),
        verdict=plan_pb2.VERDICT_OK,
        changes=[change("target", UNKNOWN, plan_pb2.ACTION_CREATE)],
    )
)


@pytest.mark.parametrize(
    ("plans", "lines"),
    [
        pytest.param([], ["No changes."], id="nothing"),
        pytest.param([stack()], ["No changes."], id="a plan without changes"),
        pytest.param(
            [
                stack(
                    change(
                        "load balancer",
                        "lb",
                        plan_pb2.ACTION_MODIFY,
                        fields=[
                            plan_pb2.FieldChange(field="idle", old='"60"', new='"120"'),
                            plan_pb2.FieldChange(field="groups", new='[{"$ref":"a#GroupId"}]'),
                        ],
                        disruptive=True,
                    ),
                    cost={"elb-mutating": 2},
                    waits_for="targets to drain",
                )
            ],
            [
                "Load balancer of ingress/game/front",
                "  ~ load balancer lb  ! disrupts traffic  (Ingress/game/front)",
                "      idle    60 -> 120",
                '      groups  ["(known after apply)"]',
                "  Waits for: targets to drain",
                "  AWS calls: 2 (2 elb-mutating)",
                "",
                "Plan: 1 to modify; 2 AWS calls. 1 change disrupts traffic.",
            ],
            id="a change in place, with what differs",
        ),
        pytest.param(
            [
                stack(
                    change("listener", "HTTP:80", plan_pb2.ACTION_CREATE),
                    change("target group", "tg", plan_pb2.ACTION_REPLACE),
                    change("rule", "80:1", plan_pb2.ACTION_DELETE),
                    steps=[
                        create("CreateListener", Protocol="HTTP", Port=80, DefaultActions=[], Tags=[]),
                        create("CreateTargetGroup", Name="tg", Port=UNKNOWN, VpcId="vpc-1"),
                    ],
                    cost={"elb-mutating": 3},
                )
            ],
            [
                "Load balancer of ingress/game/front",
                "  + listener HTTP:80  (Ingress/game/front)",
                "      DefaultActions  []",
                "  -/+ target group tg  (Ingress/game/front)",
                f"      Port  {UNKNOWN}",
                "  - rule 80:1  (Ingress/game/front)",
                "  AWS calls: 3 (3 elb-mutating)",
                "",
                "Plan: 1 to create, 1 to replace, 1 to delete; 3 AWS calls.",
            ],
            id="what is made, with what it is made with",
        ),
        pytest.param(
            [
                stack(
                    change(
                        "target group",
                        "tg",
                        plan_pb2.ACTION_REPLACE,
                        fields=[plan_pb2.FieldChange(field="target_type", old='"instance"', new='"ip"')],
                    ),
                    steps=[create("CreateTargetGroup", Name="tg", TargetType="ip", Port=80)],
                    cost={"elb-mutating": 1},
                )
            ],
            [
                "Load balancer of ingress/game/front",
                "  -/+ target group tg  (Ingress/game/front)",
                "      Port         80",
                "      target_type  instance -> ip",
                "  AWS calls: 1 (1 elb-mutating)",
                "",
                "Plan: 1 to replace; 1 AWS call.",
            ],
            id="a replacement, what differs told once",
        ),
        pytest.param(
            [TARGETS],
            [
                "Targets of game/b",
                f"  + target {UNKNOWN}  (Ingress/game/front)",
                "",
                f"Plan: 1 to create; no AWS calls, and those for pods that do not exist yet, {UNKNOWN}.",
            ],
            id="targets that nobody can know",
        ),
        pytest.param(
            [ERRORED],
            [
                "Load balancer of ingress/game/front",
                "  Warning Ingress/game/front: Failed: sideways",
                "  Nothing is changed until this is put right.",
                "",
                "Plan: nothing to do; no AWS calls. 1 plan cannot be made.",
            ],
            id="a plan that cannot be made, in the Event's words",
        ),
    ],
)
def test_a_preview_is_written_for_people(plans: list[KeyPlan], lines: list[str]) -> None:
    assert [line.plain for line in plan_lines(plans, ())] == lines


def test_a_preview_is_written_for_programs() -> None:
    fields = [plan_pb2.FieldChange(field="idle", old='"60"', new='"120"')]
    changed = change("load balancer", "lb", plan_pb2.ACTION_MODIFY, fields=fields, reason="FieldsDiffer")
    step = plan_pb2.Step(
        id="modify", aws=plan_pb2.AwsCall(service="elbv2", operation="ModifyIt", parameters='{"A":{"$ref":"a#B"}}')
    )
    assert plans_as_json([stack(changed, steps=[step], cost={"elb-mutating": 1})], ["a note"]) == {
        "schema": "elbow.plan/v1",
        "changes": True,
        "errored": False,
        "aws_calls": {"elb-mutating": 1},
        "notes": ["a note"],
        "plans": [
            {
                "key": {"kind": "stack", "name": "ingress/game/front"},
                "verdict": "ok",
                "waits_for": "",
                "problems": [],
                "reports": [],
                "changes": [
                    {
                        "kind": "load balancer",
                        "name": "lb",
                        "action": "modify",
                        "reason": "FieldsDiffer",
                        "disruptive": False,
                        "asked_by": FRONT,
                        "fields": [{"field": "idle", "old": "60", "new": "120"}],
                    }
                ],
                "aws_calls": {"elb-mutating": 1},
                "steps": [
                    {
                        "id": "modify",
                        "depends_on": [],
                        "aws": {"service": "elbv2", "operation": "ModifyIt", "parameters": {"A": {"$ref": "a#B"}}},
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("kind", "name", "full"),
    [
        pytest.param("ingress", "game/front", FRONT, id="a kind in lower case"),
        pytest.param("ing", "game/front", FRONT, id="a short name"),
        pytest.param("services", "game/web", "Service/game/web", id="a plural"),
        pytest.param("IngressClass", "alb", "IngressClass/alb", id="a kind without namespaces"),
    ],
)
def test_objects_are_named_as_kubectl_names_them(kind: str, name: str, full: str) -> None:
    assert existing_name(kind, name) == full


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param("deployment", "game/web", id="a kind that nothing is planned from"),
        pytest.param("ingress", "front", id="a namespaced kind without a namespace"),
    ],
)
def test_what_names_no_object_is_refused(kind: str, name: str) -> None:
    with pytest.raises(CliError):
        existing_name(kind, name)
