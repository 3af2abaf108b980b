"""Rules of a listener, replayed call by call: the end state, and that no request meets a hole on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.aws import Condition, FixedResponse, Rule
from services.planner.core.desired import DesiredRule
from services.planner.core.diff.rules import diff_rules
from services.planner.core.draft import Draft
from services.planner.core.keys import NetworkKey
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.plans import AwsCall

MEMBER = ObjectRef(kind=Kind.INGRESS, namespace="game", name="front")


def desired(priority: int, path: str) -> DesiredRule:
    return DesiredRule(
        priority=priority,
        conditions=(Condition(field="path-pattern", values=(path,)),),
        actions=(FixedResponse(status_code="200", body=path),),
        tags={"ingress.k8s.aws/resource": f"80:{priority}"},
        asked_by=MEMBER,
    )


def standing(arn: str, priority: int, path: str) -> Rule:
    rule = desired(priority, path)
    return Rule(
        arn=arn,
        listener_arn="listener",
        priority=priority,
        conditions=rule.conditions,
        actions=rule.actions,
        tags=dict(rule.tags),
    )


@dataclass
class Listener:
    """Rules by ARN as (priority, path), changed by calls; refuses what AWS refuses."""

    rules: dict[str, tuple[int, str]]

    def call(self, call: AwsCall) -> None:
        sent = call.parameters
        match call.operation:
            case "CreateRule":
                self._free(sent["Priority"])
                self.rules[f"new-{sent['Priority']}"] = (sent["Priority"], _path(sent))
            case "ModifyRule":
                self.rules[sent["RuleArn"]] = (self.rules[sent["RuleArn"]][0], _path(sent))
            case "DeleteRule":
                del self.rules[sent["RuleArn"]]
            case "SetRulePriorities":
                for move in sent["RulePriorities"]:
                    self.rules[move["RuleArn"]] = (move["Priority"], self.rules[move["RuleArn"]][1])
                priorities = [p for p, _ in self.rules.values()]
                assert len(priorities) == len(set(priorities)), "PriorityInUse"

    def _free(self, priority: int) -> None:
        assert all(p != priority for p, _ in self.rules.values()), "PriorityInUse"

    def paths(self) -> list[str]:
        return [path for _, path in sorted(self.rules.values())]


def _path(sent: Mapping[str, Any]) -> str:
    return str(sent["Conditions"][0]["PathPatternConfig"]["Values"][0])


def calls(before: list[str], after: list[str]) -> list[AwsCall]:
    draft = Draft()
    found = [standing(f"arn-{i}", i, path) for i, path in enumerate(before, start=1)]
    wanted = [desired(i, path) for i, path in enumerate(after, start=1)]
    diff_rules(draft, 80, "listener", wanted, found, arns={}, kept=())
    return [s.work for s in draft.plan(NetworkKey()).steps if isinstance(s.work, AwsCall)]


def operations(before: list[str], after: list[str]) -> list[str]:
    return [c.operation for c in calls(before, after) if c.operation != "AddTags"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(["/a", "/b"], ["/a", "/b"], [], id="what stands as it should costs nothing"),
        pytest.param([], ["/a", "/b"], ["CreateRule", "CreateRule"], id="new rules are made in order"),
        pytest.param(["/a"], ["/b"], ["ModifyRule"], id="another content at the same priority is one modification"),
        pytest.param(["/a", "/b"], ["/b", "/a"], ["SetRulePriorities"], id="a swap is one call"),
        pytest.param(["/a", "/b"], ["/a"], ["DeleteRule"], id="a surplus rule goes"),
        pytest.param(
            ["/a", "/b", "/c"], ["/b", "/c"], ["SetRulePriorities", "DeleteRule"], id="the first one gone is two calls"
        ),
        pytest.param(
            [f"/{i}" for i in range(50)],
            ["/new", *(f"/{i}" for i in range(50))],
            ["SetRulePriorities", "CreateRule"],
            id="a rule on top of fifty is two calls",
        ),
    ],
)
def test_calls(before: list[str], after: list[str], expected: list[str]) -> None:
    assert operations(before, after) == expected


PATHS = st.lists(st.sampled_from([f"/{c}" for c in "abcdefgh"]), unique=True, max_size=8)


@given(before=PATHS, after=PATHS)
def test_any_order_becomes_any_other_and_what_stays_is_never_missing(before: list[str], after: list[str]) -> None:
    listener = Listener({f"arn-{i}": (i, path) for i, path in enumerate(before, start=1)})
    lasting = set(before) & set(after)
    for call in calls(before, after):
        listener.call(call)
        assert lasting <= set(listener.paths()), call
    assert listener.paths() == after
