"""Rules with more condition values than AWS takes in one: several rules that let through the same."""

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.aws import AccountLimit, Condition, Knowledge
from services.planner.core.build import Broken, build_stack
from services.planner.core.build.splitting import split_conditions
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Problem, Reason
from services.planner.core.quotas import Quotas
from tests.unit.planner_core.build_inputs import CLUSTER, built, ingress, inventory, path, stack_input

QUOTAS = Quotas()


def hosts(*values: str) -> Condition:
    return Condition(field="host-header", values=values)


def paths(*values: str) -> Condition:
    return Condition(field="path-pattern", values=values)


def header(*values: str, kind: str = "Values") -> Condition:
    return Condition(
        field="http-header",
        json=json.dumps({"HttpHeaderName": "X", kind: list(values)}, sort_keys=True, separators=(",", ":")),
    )


def query(*pairs: dict[str, str]) -> Condition:
    return Condition(
        field="query-string", json=json.dumps({"Values": list(pairs)}, sort_keys=True, separators=(",", ":"))
    )


@pytest.mark.parametrize(
    ("conditions", "split"),
    [
        pytest.param(
            (hosts(*"abcde"),),
            [(hosts(*"abcde"),)],
            id="five values stay one rule",
        ),
        pytest.param(
            (hosts(*"abcdefg"),),
            [(hosts(*"abcde"),), (hosts(*"fg"),)],
            id="seven values are two rules, the first one full",
        ),
        pytest.param(
            (hosts(*"abcd"), paths("/x", "/x/*")),
            [(hosts(*"abcd"), paths("/x")), (hosts(*"abcd"), paths("/x/*"))],
            id="values of the condition that makes the fewest rules are parted",
        ),
        pytest.param(
            (header(*"abcdef"),),
            [(header(*"abcde"),), (header("f"),)],
            id="each part of a header condition has the header's name",
        ),
        pytest.param(
            (header(*"abcdef", kind="RegexValues"),),
            [(header(*"abcde", kind="RegexValues"),), (header("f", kind="RegexValues"),)],
            id="regular expressions are parted as plain values are",
        ),
        pytest.param(
            (query(*({"Key": k, "Value": "1"} for k in "abcdef")),),
            [(query(*({"Key": k, "Value": "1"} for k in "abcde")),), (query({"Key": "f", "Value": "1"}),)],
            id="pairs of a query are parted",
        ),
        pytest.param(
            (paths("/*/*/a", "/*/*/b", "/*/*/c"),),
            [(paths("/*/*/a", "/*/*/b"),), (paths("/*/*/c"),)],
            id="values with more wildcards than a rule takes are parted",
        ),
        pytest.param(
            (paths("/*/*/*/*/*/*"),),
            [],
            id="one value with more wildcards than a rule takes cannot be parted",
        ),
        pytest.param(
            tuple(header(v) for v in "abcdef"),
            [],
            id="conditions that must all hold cannot be parted",
        ),
        pytest.param(
            (hosts(*(f"h{i}" for i in range(500))), paths("/a", "/b")),
            [],
            id="more rules than a load balancer takes are none",
        ),
        pytest.param((), [()], id="no conditions are left alone"),
    ],
)
def test_split(conditions: tuple[Condition, ...], split: list[tuple[Condition, ...]]) -> None:
    assert split_conditions(conditions, QUOTAS) == tuple(split)


_VALUES = st.lists(st.text("ab*?", min_size=1, max_size=4), min_size=1, max_size=9, unique=True).map(tuple)


@given(_VALUES, _VALUES)
def test_parts_let_through_each_pair_of_values_once_and_fit(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    split = split_conditions((hosts(*first), paths(*second)), QUOTAS)
    if not split:
        return
    let_through = [pair for host, path_ in split for pair in product(host.values, path_.values)]
    assert sorted(let_through) == sorted(product(first, second))
    for host, path_ in split:
        values = (*host.values, *path_.values)
        assert len(values) <= 5
        assert sum(v.count("*") + v.count("?") for v in values) <= 5


CONDITIONS = "conditions.app"


def problem(inp: StackInput) -> Problem:
    outcome = build_stack(inp)
    assert isinstance(outcome, Broken), outcome
    (found,) = outcome.problems
    return found


def of_hosts(*values: str) -> dict[str, str]:
    return {CONDITIONS: json.dumps([{"field": "host-header", "hostHeaderConfig": {"values": values}}])}


def test_rules_that_are_split_have_places_and_tags_of_their_own_before_the_next_path() -> None:
    two = (path("/long", "Exact"), path("/", "Exact"))
    (listener,) = built(stack_input(ingress(of_hosts(*"abcde"), paths=two))).listeners
    assert [(r.priority, r.tags["ingress.k8s.aws/resource"]) for r in listener.rules] == [
        (1, "80:1"),
        (2, "80:2"),
        (3, "80:3"),
        (4, "80:4"),
    ]
    assert [r.conditions for r in listener.rules] == [
        (hosts(*"abcd"), paths("/long")),
        (hosts("e"), paths("/long")),
        (hosts(*"abcd"), paths("/")),
        (hosts("e"), paths("/")),
    ]
    assert len({r.actions for r in listener.rules}) == 1


def test_what_cannot_be_split_is_a_problem_of_its_annotation() -> None:
    six = json.dumps(
        [{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": f"X-{i}", "values": ["1"]}} for i in range(6)]
    )
    found = problem(stack_input(ingress({CONDITIONS: six})))
    assert (found.reason, found.field) == (Reason.QUOTA_EXCEEDED, f"alb.ingress.kubernetes.io/{CONDITIONS}")
    assert found.message == (
        "a rule takes 5 values and 5 wildcards in its conditions, and a load balancer 100 rules: they cannot be split"
        " into so many"
    )


MANY_HOSTS = ingress(of_hosts(*"abcdef"), paths=(path("/long", "Exact"),))
VALUES, RULES = "condition-values-per-alb-rule", "rules-per-application-load-balancer"


def test_aws_is_asked_for_the_limits_of_the_account_before_a_rule_is_split() -> None:
    unread = inventory(knowledge=Knowledge(filled=True, network=True))
    outcome = build_stack(stack_input(MANY_HOSTS, inventory=unread))
    assert outcome == Needs(lookups=(Lookup(kind=LookupKind.ACCOUNT_LIMITS),))


@pytest.mark.parametrize(
    ("limits", "rules"),
    [
        pytest.param({}, 2, id="what AWS does not say is as everybody has it"),
        pytest.param({VALUES: 5, RULES: 100}, 2, id="the limit that everybody has"),
        pytest.param({VALUES: 8, RULES: 100}, 1, id="a limit that was raised"),
        pytest.param({VALUES: 3, RULES: 100}, 2, id="none is lower than everybody's"),
        pytest.param({RULES: 100}, 1, id="a limit that AWS does not name"),
    ],
)
def test_rules_are_split_as_far_as_the_account_needs_it(limits: dict[str, int], rules: int) -> None:
    known = inventory(account_limits={name: AccountLimit(id=name, most=most) for name, most in limits.items()})
    (listener,) = built(stack_input(MANY_HOSTS, inventory=known)).listeners
    assert len(listener.rules) == rules


def test_the_installation_says_how_many_values_a_rule_takes() -> None:
    cluster = replace(CLUSTER, quota_overrides={"condition_values_per_rule": 3})
    (listener,) = built(replace(stack_input(MANY_HOSTS), cluster=cluster)).listeners
    assert [len(r.conditions[0].values) for r in listener.rules] == [2, 2, 2]
