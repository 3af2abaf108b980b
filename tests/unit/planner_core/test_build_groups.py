"""How members of a group become one load balancer: their order, what is united, and what has to agree."""

from dataclasses import replace

import pytest

from services.planner.core.build import Broken, build_stack
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import Ingress, IngressBackend
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    PREFIX,
    built,
    class_params,
    ingress,
    ingress_class,
    path,
    problems,
    service,
    stack_input,
    subnet,
)
from tests.unit.planner_core.build_inputs import inventory as account

KEY = StackKey(kind=StackKind.INGRESS, namespace="", name="team")
FINALIZER = "group.ingress.k8s.aws/team"


def member(
    name: str, annotations: dict[str, str] | None = None, *, namespace: str = "shop", **fields: object
) -> Ingress:
    """A member with one path, named like itself."""
    given = {"group.name": "team", **(annotations or {})}
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "finalizers": (FINALIZER,)}
    return ingress(given, paths=(path(f"/{name}"),), meta=meta, **fields)


def group(*members: Ingress, **fields: object) -> StackInput:
    services = {(n, "app"): replace(service(), meta=replace(service().meta, namespace=n)) for n in ("shop", "desk")}
    return stack_input(*members, **{"key": KEY, "services": services, **fields})


def paths_of(inp: StackInput, listener: int = 0) -> list[tuple[str, ...]]:
    return [rule.conditions[0].values for rule in built(inp).listeners[listener].rules]


def test_rules_follow_the_order_then_namespace_and_name() -> None:
    inp = group(
        member("b"),
        member("a"),
        member("c", namespace="desk"),
        member("d", {"group.order": "-1"}),
        member("e", {"group.order": "7"}),
    )

    assert [p[0] for p in paths_of(inp)] == ["/d", "/c", "/a", "/b", "/e"]


def test_a_member_has_rules_on_the_ports_that_it_listens_on_only() -> None:
    inp = group(member("a"), member("b", {"listen-ports": '[{"HTTP": 80}, {"HTTP": 8080}]'}))

    found = {x.port: [r.conditions[0].values[0] for r in x.rules] for x in built(inp).listeners}
    assert found == {80: ["/a", "/b"], 8080: ["/b"]}


def test_every_member_has_target_groups_of_its_own() -> None:
    inp = group(member("a"), member("c", namespace="desk"))

    assert [g.resource_id for g in built(inp).target_groups] == ["desk/c-app:80", "shop/a-app:80"]
    assert {g.binding.namespace for g in built(inp).target_groups} == {"shop", "desk"}


def test_tags_are_united_and_each_rule_has_its_own_members() -> None:
    desired = built(group(member("a", {"tags": "team=x,env=1"}), member("b", {"tags": "team=x,stage=2"})))

    assert desired.load_balancer is not None
    asked = {"team": "x", "env": "1", "stage": "2"}
    assert asked.items() <= desired.load_balancer.tags.items()
    assert asked.items() <= desired.listeners[0].tags.items()
    assert ["stage" in r.tags for r in desired.listeners[0].rules] == [False, True]


def test_attributes_are_united_and_the_class_of_the_first_member_decides() -> None:
    inp = group(
        member("a", {"load-balancer-attributes": "idle_timeout.timeout_seconds=10"}),
        member("b", {"load-balancer-attributes": "idle_timeout.timeout_seconds=20,routing.http2.enabled=false"}),
        classes={"alb": ingress_class(params="corp")},
        class_params={
            "corp": class_params('{"loadBalancerAttributes": [{"key": "idle_timeout.timeout_seconds", "value": "90"}]}')
        },
    )

    balancer = built(inp).load_balancer
    assert balancer is not None
    assert balancer.attributes == {"idle_timeout.timeout_seconds": "90", "routing.http2.enabled": "false"}


def test_the_group_of_the_class_counts_before_the_annotation() -> None:
    inp = group(
        ingress({"group.name": "other"}),
        classes={"alb": ingress_class(params="corp")},
        class_params={"corp": class_params('{"group": {"name": "team"}}')},
    )

    assert [str(m.ref) for m in built(inp).active] == ["Ingress/shop/web"]


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        pytest.param({"scheme": "internal"}, {"scheme": "internet-facing"}, "scheme", id="schemes"),
        pytest.param({"load-balancer-name": "x"}, {"load-balancer-name": "y"}, "load-balancer-name", id="names"),
        pytest.param({"tags": "a=1"}, {"tags": "a=2"}, "tags", id="tags"),
        pytest.param(
            {"load-balancer-attributes": "routing.http2.enabled=true"},
            {"load-balancer-attributes": "routing.http2.enabled=false"},
            "load-balancer-attributes",
            id="attributes",
        ),
        pytest.param({"subnets": "subnet-a,subnet-b"}, {"subnets": "subnet-b,subnet-c"}, "subnets", id="subnets"),
    ],
)
def test_members_that_contradict_each_other_are_a_problem_of_the_later_one(
    one: dict[str, str], other: dict[str, str], field: str
) -> None:
    inp = group(member("a", one), member("b", other))

    assert problems(inp) == [("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}{field}")]


def test_the_order_of_subnets_is_no_contradiction() -> None:
    balancer = built(
        group(member("a", {"subnets": "subnet-b,subnet-a"}), member("b", {"subnets": "subnet-a,subnet-b"}))
    )

    assert balancer.load_balancer is not None
    assert balancer.load_balancer.subnets == ("subnet-b", "subnet-a")


def test_one_member_of_a_port_may_have_a_default_backend() -> None:
    backend = IngressBackend(service_name="app", port=80)
    apart = group(
        member("a", default_backend=backend),
        member("b", {"listen-ports": '[{"HTTP": 8080}]'}, default_backend=backend),
    )
    both = group(member("a", default_backend=backend), member("b", default_backend=backend))

    assert len(built(apart).listeners) == 2
    assert problems(both) == [("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, "spec.defaultBackend")]


def test_target_groups_that_cannot_be_told_apart_are_a_problem() -> None:
    one = replace(member("a"), rules=(replace(member("a").rules[0], paths=(path(name="b-c"),)),))
    other = replace(member("a-b"), rules=(replace(member("a-b").rules[0], paths=(path(name="c"),)),))
    services = {("shop", n): service(n) for n in ("b-c", "c")}

    assert problems(group(one, other, services=services)) == [("Ingress/shop/a-b", Reason.CONFLICTING_MEMBERS, "")]


def test_deleted_members_of_a_group_that_cannot_be_built_are_named() -> None:
    deleted = member("b")
    deleted = replace(deleted, meta=replace(deleted.meta, deleted_at="2026-01-01T00:00:00Z"))
    kept = member("c", {"load-balancer-attributes": "deletion_protection.enabled=true"})
    kept = replace(kept, meta=replace(kept.meta, deleted_at="2026-01-01T00:00:00Z"))

    broken = build_stack(group(member("a", {"scheme": "outside"}), deleted, kept))

    assert isinstance(broken, Broken)
    assert [str(m.ref) for m in broken.deleted] == ["Ingress/shop/b"]


NAMED = account(
    subnet("a", "a", tags={"Name": "one"}),
    subnet("b", "b", tags={"Name": "both"}),
    subnet("c", "c", tags={"Name": "both", "tier": "front"}),
    subnet("d", "a", tags={"tier": "front"}),
)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        pytest.param("subnet-b,subnet-a", ("subnet-b", "subnet-a"), id="ids in the order given"),
        pytest.param("one,both", ("subnet-a", "subnet-b"), id="names"),
        pytest.param("both,both", ("subnet-b", "subnet-c"), id="a name for each subnet that has it"),
        pytest.param("one,subnet-c", ("subnet-a", "subnet-c"), id="a name and an id"),
    ],
)
def test_subnets_are_those_that_the_annotation_names(asked: str, chosen: tuple[str, ...]) -> None:
    balancer = built(stack_input(ingress({"subnets": asked}), inventory=NAMED)).load_balancer

    assert balancer is not None
    assert balancer.subnets == chosen


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("subnet-x,subnet-a", id="an id that is not there"),
        pytest.param("subnet-a,subnet-a", id="an id given twice"),
        pytest.param("both,both,both", id="a name given more often than subnets have it"),
        pytest.param("subnet-a,subnet-d", id="two in one zone"),
        pytest.param("subnet-a", id="one zone only"),
        pytest.param(" , ", id="none"),
    ],
)
def test_subnets_that_will_not_do_are_a_problem_of_the_annotation(asked: str) -> None:
    inp = stack_input(ingress({"subnets": asked}), inventory=NAMED)

    assert problems(inp) == [("Ingress/shop/web", Reason.SUBNETS_NOT_FOUND, f"{PREFIX}subnets")]


@pytest.mark.parametrize(
    ("spec", "chosen"),
    [
        pytest.param('{"subnets": {"ids": ["subnet-a", "subnet-b"]}}', ("subnet-a", "subnet-b"), id="ids"),
        pytest.param('{"subnets": {"tags": {"tier": ["front", "x"]}}}', ("subnet-c", "subnet-d"), id="tags"),
    ],
)
def test_the_class_may_select_subnets(spec: str, chosen: tuple[str, ...]) -> None:
    parameters = {"classes": {"alb": ingress_class(params="corp")}, "class_params": {"corp": class_params(spec)}}
    inp = stack_input(ingress({"subnets": "subnet-x"}), inventory=NAMED, **parameters)

    balancer = built(inp).load_balancer
    assert balancer is not None
    assert balancer.subnets == chosen


def test_a_class_that_selects_subnets_contradicts_a_member_that_names_some() -> None:
    legacy = member("b", {"subnets": "subnet-a,subnet-b"})
    annotations = {**legacy.meta.annotations, "kubernetes.io/ingress.class": "alb"}
    legacy = replace(legacy, meta=replace(legacy.meta, annotations=annotations))
    inp = group(
        member("a"),
        legacy,
        inventory=NAMED,
        classes={"alb": ingress_class(params="corp")},
        class_params={
            "corp": class_params('{"group": {"name": "team"}, "subnets": {"ids": ["subnet-a", "subnet-b"]}}')
        },
    )

    assert problems(inp) == [("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}subnets")]
