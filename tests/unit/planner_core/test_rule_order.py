"""Rules of a listener, replayed call by call: the end state, and what every request meets on the way."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.aws import Condition, FixedResponse, Rule
from services.planner.core.desired import DesiredRule
from services.planner.core.diff.rules import diff_rules
from services.planner.core.diff.terms import Terms
from services.planner.core.draft import Draft
from services.planner.core.keys import NetworkKey
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.plans import AwsCall, Plan, Ref
from services.planner.core.problems import Reason

MEMBER = ObjectRef(kind=Kind.INGRESS, namespace="game", name="front")
DEFAULT = "default"
RESOURCE = "ingress.k8s.aws/resource"

Content = tuple[str, str]
"""A path pattern, and what is answered."""


def content(text: str) -> Content:
    """`/a=1`: requests for /a are answered with 1; without an answer with the pattern."""
    pattern, _, answer = text.partition("=")
    return pattern, answer or pattern


def desired(priority: int, text: str) -> DesiredRule:
    pattern, answer = content(text)
    return DesiredRule(
        priority=priority,
        conditions=(Condition(field="path-pattern", values=(pattern,)),),
        actions=(FixedResponse(status_code="200", body=answer),),
        tags={RESOURCE: f"80:{priority}"},
        asked_by=MEMBER,
    )


def standing(arn: str, priority: int, text: str) -> Rule:
    rule = desired(priority, text)
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
    """Rules by ARN as priority and content, changed by calls; refuses what AWS refuses."""

    rules: dict[str, tuple[int, Content]]
    quota: int = 100
    answers: dict[str, str] = field(default_factory=dict)

    def call(self, step: str, call: AwsCall) -> None:
        sent = call.parameters
        match call.operation:
            case "CreateRule":
                assert len(self.rules) < self.quota, "TooManyRules"
                assert all(p != sent["Priority"] for p, _ in self.rules.values()), "PriorityInUse"
                self.answers[step] = f"made-by-{step}"
                self.rules[self.answers[step]] = (sent["Priority"], _content(sent))
            case "ModifyRule":
                self.rules[sent["RuleArn"]] = (self.rules[sent["RuleArn"]][0], _content(sent))
            case "DeleteRule":
                del self.rules[sent["RuleArn"]]
            case "SetRulePriorities":
                for move in sent["RulePriorities"]:
                    arn = move["RuleArn"]
                    arn = self.answers[arn.step] if isinstance(arn, Ref) else arn
                    self.rules[arn] = (move["Priority"], self.rules[arn][1])
                priorities = [p for p, _ in self.rules.values()]
                assert len(priorities) == len(set(priorities)), "PriorityInUse"

    def contents(self) -> list[Content]:
        return [found for _, found in sorted(self.rules.values())]


def _content(sent: Mapping[str, Any]) -> Content:
    (action,) = sent["Actions"]
    (pattern,) = sent["Conditions"][0]["PathPatternConfig"]["Values"]
    return pattern, action["FixedResponseConfig"]["MessageBody"]


def answer(rules: Sequence[Content], request: str) -> str:
    """What a request meets: the first rule that matches, else the default action."""
    return next((text for pattern, text in rules if fnmatch.fnmatchcase(request, pattern)), DEFAULT)


def planned(before: Sequence[str], after: Sequence[str], *, room: int = 50) -> tuple[Plan, Plan]:
    """The plan, and the tidying after it."""
    draft = Draft()
    found = [standing(f"arn-{i}", i, text) for i, text in enumerate(before, start=1)]
    wanted = [desired(i, text) for i, text in enumerate(after, start=1)]
    diff_rules(draft, 80, "listener", wanted, found, terms=Terms(arns={}), room=room)
    return draft.plan(NetworkKey()), draft.tidying.plan(NetworkKey())


def calls(plan: Plan) -> list[tuple[str, AwsCall]]:
    return [(s.id, s.work) for s in plan.steps if isinstance(s.work, AwsCall)]


def operations(plan: Plan) -> list[str]:
    return [call.operation for _, call in calls(plan)]


FIFTY = tuple(f"/{i}" for i in range(50))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(["/a", "/b"], ["/a", "/b"], [], id="what stands as it should costs nothing"),
        pytest.param([], ["/a", "/b"], ["CreateRule", "CreateRule"], id="new rules are made in order"),
        pytest.param(["/a"], ["/b"], ["ModifyRule"], id="another content at the same priority is one modification"),
        pytest.param(["/a=1"], ["/a=2"], ["ModifyRule"], id="another action is one modification"),
        pytest.param(["/a", "/b"], ["/b", "/a"], ["SetRulePriorities"], id="a swap is one call"),
        pytest.param(["/a", "/b"], ["/a"], ["DeleteRule"], id="a surplus rule goes"),
        pytest.param(
            ["/a", "/b", "/c"], ["/b", "/c"], ["SetRulePriorities", "DeleteRule"], id="the first one gone is two calls"
        ),
        pytest.param(FIFTY, ["/new", *FIFTY], ["CreateRule", "SetRulePriorities"], id="one on top of fifty is two"),
        pytest.param(
            [f"{path}=old" for path in FIFTY[:9]],
            ["/new", *(f"{path}=new" for path in FIFTY[:9])],
            [*["ModifyRule"] * 9, "CreateRule", "SetRulePriorities"],
            id="rules that move and change are moved and changed",
        ),
        pytest.param(
            ["/a/*", "/*"],
            ["/b/*=1", "/a/*=2", "/*"],
            ["ModifyRule", "CreateRule", "SetRulePriorities"],
            id="one that is changed keeps its conditions wherever it stands",
        ),
        pytest.param(["/a", "/c"], ["/b", "/d"], ["ModifyRule", "ModifyRule"], id="rules apart are changed in place"),
        pytest.param(
            ["/a/*", "/a/b"],
            ["/a/b/*", "/a/c"],
            ["CreateRule", "CreateRule", "SetRulePriorities", "DeleteRule", "DeleteRule"],
            id="rules that may meet the same request are made anew",
        ),
    ],
)
def test_calls(before: list[str], after: list[str], expected: list[str]) -> None:
    plan, _ = planned(before, after)
    assert operations(plan) == expected


def test_tags_of_shifted_rules_are_tidied_and_nobody_waits_for_them() -> None:
    plan, tidying = planned(FIFTY, ["/new", *FIFTY])

    assert operations(plan) == ["CreateRule", "SetRulePriorities"]
    assert [(c.parameters["ResourceArns"], c.parameters["Tags"]) for _, c in calls(tidying)] == [
        ([f"arn-{i}"], [{"Key": RESOURCE, "Value": f"80:{i + 1}"}]) for i in range(1, 51)
    ]


def test_a_tag_that_the_user_asks_for_is_no_matter_of_tidying() -> None:
    rule = replace(desired(1, "/a"), tags={RESOURCE: "80:1", "team": "blue"})
    draft = Draft()

    diff_rules(draft, 80, "listener", [rule], [standing("arn", 1, "/a")], terms=Terms(arns={}), room=9)

    ((_, call),) = calls(draft.plan(NetworkKey()))
    assert call.parameters["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert draft.tidying.plan(NetworkKey()).empty


PATTERNS = ("/a", "/a/*", "/a/b", "/a/b/*", "/b", "/b/*", "/*", "/?")
REQUESTS = ("/a", "/a/b", "/a/b/c", "/a/x", "/b", "/b/x", "/x", "/x/y")
RULES = st.lists(
    st.tuples(st.sampled_from(PATTERNS), st.sampled_from("12")).map("=".join),
    unique_by=lambda text: text.partition("=")[0],
    max_size=8,
)


def replay(before: list[str], after: list[str], *, room: int = 50) -> None:
    """Every state between the calls: each request meets what it met, or what it is to meet."""
    listener = Listener(
        {f"arn-{i}": (i, content(text)) for i, text in enumerate(before, start=1)}, quota=len(before) + room
    )
    old, new = list(map(content, before)), list(map(content, after))
    plan, _ = planned(before, after, room=room)
    for step, call in calls(plan):
        listener.call(step, call)
        for request in REQUESTS:
            assert answer(listener.contents(), request) in (answer(old, request), answer(new, request)), (step, request)
    assert listener.contents() == new


@given(before=RULES, after=RULES)
def test_no_request_meets_a_wrong_rule_on_the_way_from_any_rules_to_any_others(
    before: list[str], after: list[str]
) -> None:
    replay(before, after)


@given(rules=RULES, place=st.integers(0, 8), pattern=st.sampled_from(PATTERNS))
def test_no_request_meets_a_wrong_rule_while_one_is_inserted_anywhere(
    rules: list[str], place: int, pattern: str
) -> None:
    rest = [rule for rule in rules if not rule.startswith(f"{pattern}=")]
    replay(rest, [*rest[:place], f"{pattern}=new", *rest[place:]])


@given(before=RULES, after=RULES)
def test_at_the_quota_a_surplus_rule_makes_room(before: list[str], after: list[str]) -> None:
    room = max(0, len(after) - len(before))
    listener = Listener(
        {f"arn-{i}": (i, content(text)) for i, text in enumerate(before, start=1)}, quota=len(before) + room
    )
    plan, _ = planned(before, after, room=room)
    for step, call in calls(plan):
        listener.call(step, call)
    assert listener.contents() == list(map(content, after))


def test_at_the_quota_the_plan_says_which_rule_makes_room() -> None:
    before = [f"/{i}/*" for i in range(99)] + ["/*"]
    plan, _ = planned(before, ["/new/*", *before[:98], "/*"], room=0)

    assert operations(plan) == ["DeleteRule", "CreateRule", "SetRulePriorities"]
    (gone,) = (change for change in plan.changes if change.reason is Reason.MAKES_ROOM)
    assert (gone.name, gone.disruptive) == ("80:99", True)
    assert calls(plan)[0][1].parameters == {"RuleArn": "arn-99"}
    assert plan.steps[1].depends_on == ("delete-rule-80-99",)


def test_a_rule_that_fails_lets_no_request_through_to_one_behind_it() -> None:
    plan, _ = planned([], ["/a/*", "/b/*", "/*"])

    assert [(s.id, s.depends_on) for s in plan.steps] == [
        ("create-rule-80-1", ()),
        ("create-rule-80-2", ()),
        ("create-rule-80-3", ("create-rule-80-1", "create-rule-80-2")),
    ]
