"""Firewalls, protection, capacity and pools of an ingress group's load balancer (ingress, sections 17, 18)."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Subscription, WebAcl
from services.planner.core.build import Built, build_stack
from services.planner.core.desired import Addons, DesiredLoadBalancer
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Ingress
from services.planner.core.outcomes import LookupKind, Needs
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    CLUSTER,
    PREFIX,
    built,
    class_params,
    ingress,
    ingress_class,
    inventory,
    problems,
    stack_input,
)

INGRESS = "Ingress/shop/web"


def _input(
    annotations: dict[str, str], *, params: str = "{}", subscribed: bool | None = None, **settings: Any
) -> StackInput:
    known = inventory(web_acls={"arn:acl": WebAcl(arn="arn:acl", name="shop")})
    known = replace(known, knowledge=replace(known.knowledge, web_acls=True))
    if subscribed is not None:
        subscriptions = {"shield": Subscription(id="shield", active=subscribed)}
        known = replace(known, subscriptions=subscriptions)
        known = replace(known, knowledge=replace(known.knowledge, shield_subscription=True))
    return stack_input(
        ingress(annotations),
        inventory=known,
        cluster=replace(CLUSTER, **settings),
        classes={"alb": ingress_class(params="corp")},
        class_params={"corp": class_params(params)},
    )


def _balancer(inp: StackInput) -> DesiredLoadBalancer:
    balancer = built(inp).load_balancer
    assert balancer is not None
    return balancer


def _member(name: str, annotations: dict[str, str]) -> Ingress:
    given = {"group.name": "team", **annotations}
    return ingress(given, meta={"name": name, "finalizers": ("group.ingress.k8s.aws/team",)})


def _group(*members: Ingress, params: str = "{}") -> StackInput:
    inp = _input({}, params=params)
    return replace(inp, key=replace(inp.key, namespace="", name="team"), ingresses=members)


@pytest.mark.parametrize(
    ("annotations", "params", "expected"),
    [
        pytest.param({}, "{}", Addons(), id="nobody asks: what stands is left alone"),
        pytest.param({"wafv2-acl-arn": "arn:1"}, "{}", Addons(web_acl="arn:1"), id="by ARN"),
        pytest.param({"wafv2-acl-arn": "none"}, "{}", Addons(web_acl=""), id="none takes it away"),
        pytest.param({"wafv2-acl-arn": ""}, "{}", Addons(web_acl=""), id="an empty ARN takes it away, too"),
        pytest.param({"wafv2-acl-name": "shop"}, "{}", Addons(web_acl="arn:acl"), id="by name"),
        pytest.param({"wafv2-acl-name": "none"}, "{}", Addons(web_acl=""), id="the name none takes it away"),
        pytest.param(
            {"wafv2-acl-name": "shop", "wafv2-acl-arn": "arn:1"}, "{}", Addons(web_acl="arn:acl"), id="the name counts"
        ),
        pytest.param(
            {"wafv2-acl-arn": "arn:1"}, '{"wafv2AclArn": "arn:2"}', Addons(web_acl="arn:2"), id="the class decides"
        ),
        pytest.param(
            {"wafv2-acl-arn": "arn:1"}, '{"wafv2AclName": "shop"}', Addons(web_acl="arn:acl"), id="a name of the class"
        ),
        pytest.param({"waf-acl-id": "1"}, "{}", Addons(classic_web_acl="1"), id="classic"),
        pytest.param({"web-acl-id": "2"}, "{}", Addons(classic_web_acl="2"), id="classic by the old name"),
        pytest.param(
            {"waf-acl-id": "1", "web-acl-id": "2"}, "{}", Addons(classic_web_acl="1"), id="the new name counts"
        ),
        pytest.param({"waf-acl-id": "", "web-acl-id": "2"}, "{}", Addons(classic_web_acl="2"), id="empty asks nothing"),
        pytest.param({"waf-acl-id": "none"}, "{}", Addons(classic_web_acl=""), id="none takes the classic one away"),
    ],
)
def test_firewalls(annotations: dict[str, str], params: str, expected: Addons) -> None:
    assert _balancer(_input(annotations, params=params)).addons == expected


@pytest.mark.parametrize("asked", ["true", "false"])
def test_shield_protection_of_an_account_that_subscribed(asked: str) -> None:
    inp = _input({"shield-advanced-protection": asked}, subscribed=True)

    assert _balancer(inp).addons == Addons(protected=asked == "true")


def test_whether_the_account_subscribed_is_asked_for_only_where_protection_is() -> None:
    outcome = build_stack(_input({"shield-advanced-protection": "true"}))

    assert isinstance(outcome, Needs)
    assert [x.kind for x in outcome.lookups] == [LookupKind.SHIELD_SUBSCRIPTION]


def test_without_a_subscription_the_user_is_told_that_nothing_is_protected() -> None:
    outcome = build_stack(_input({"shield-advanced-protection": "true"}, subscribed=False))

    assert isinstance(outcome, Built)
    assert [(str(w.where), w.reason, w.field) for w in outcome.warnings] == [
        (INGRESS, Reason.NOT_SUBSCRIBED, f"{PREFIX}shield-advanced-protection")
    ]
    assert outcome.desired.load_balancer is not None
    assert outcome.desired.load_balancer.addons == Addons()


@pytest.mark.parametrize(
    ("name", "value", "setting"),
    [
        pytest.param("wafv2-acl-arn", "arn:1", "wafv2", id="AWS WAF"),
        pytest.param("waf-acl-id", "1", "waf_classic", id="AWS WAF Classic"),
        pytest.param("shield-advanced-protection", "true", "shield", id="Shield"),
    ],
)
def test_what_is_switched_off_is_left_as_it_is_and_who_asks_is_told(name: str, value: str, setting: str) -> None:
    inp = _input({name: value})
    settings: dict[str, Any] = {setting: False}

    outcome = build_stack(replace(inp, cluster=replace(inp.cluster, **settings)))

    assert isinstance(outcome, Built)
    assert [(w.reason, w.field) for w in outcome.warnings] == [(Reason.SWITCHED_OFF, f"{PREFIX}{name}")]
    assert outcome.desired.load_balancer is not None
    assert outcome.desired.load_balancer.addons == Addons()


def test_an_unknown_name_is_an_error_once_all_are_known() -> None:
    inp = _input({"wafv2-acl-name": "other"})
    unread = replace(inp, inventory=replace(inp.inventory, knowledge=replace(inp.inventory.knowledge, web_acls=False)))

    assert problems(inp) == [(INGRESS, Reason.WEB_ACL_NOT_FOUND, f"{PREFIX}wafv2-acl-name")]
    outcome = build_stack(unread)
    assert isinstance(outcome, Needs)
    assert [x.kind for x in outcome.lookups] == [LookupKind.WEB_ACLS]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("wafv2-acl-arn", "arn:1", "arn:2", id="ARNs"),
        pytest.param("wafv2-acl-name", "shop", "none", id="names"),
        pytest.param("web-acl-id", "1", "2", id="classic"),
        pytest.param("shield-advanced-protection", "true", "false", id="protection"),
        pytest.param("minimum-load-balancer-capacity", "CapacityUnits=1", "CapacityUnits=2", id="capacity"),
        pytest.param("ipam-ipv4-pool-id", "pool-1", "pool-2", id="pools"),
        pytest.param("customer-owned-ipv4-pool", "pool-1", "pool-2", id="customer-owned pools"),
    ],
)
def test_members_have_to_agree(name: str, one: str, other: str) -> None:
    found = problems(_group(_member("a", {name: one}), _member("b", {name: other})))

    assert ("Ingress/shop/b", Reason.CONFLICTING_MEMBERS, f"{PREFIX}{name}") in found


def test_a_member_that_says_nothing_takes_what_another_says() -> None:
    inp = _group(_member("a", {}), _member("b", {"wafv2-acl-arn": "arn:1", "ipam-ipv4-pool-id": "pool-1"}))

    assert (_balancer(inp).addons.web_acl, _balancer(inp).ipam_pool) == ("arn:1", "pool-1")


def test_pools_and_capacity_of_the_annotations() -> None:
    asked = {
        "customer-owned-ipv4-pool": "coip-1",
        "ipam-ipv4-pool-id": "pool-1",
        "minimum-load-balancer-capacity": "CapacityUnits=300",
    }

    balancer = _balancer(_input(asked))

    assert (balancer.customer_owned_pool, balancer.ipam_pool, balancer.capacity) == ("coip-1", "pool-1", 300)


def test_pools_and_capacity_of_the_first_members_class_win() -> None:
    params = '{"minimumLoadBalancerCapacity": {"capacityUnits": 7}, "ipamConfiguration": {"ipv4IPAMPoolId": "pool-2"}}'
    asked = {"ipam-ipv4-pool-id": "pool-1", "minimum-load-balancer-capacity": "CapacityUnits=300"}

    balancer = _balancer(_input(asked, params=params))

    assert (balancer.ipam_pool, balancer.capacity) == ("pool-2", 7)


def test_capacity_is_not_looked_at_where_that_is_switched_off() -> None:
    closed = DEFAULT_GATES - {Gate.CAPACITY_RESERVATION}

    assert _balancer(_input({"minimum-load-balancer-capacity": "CapacityUnits=1"}, gates=closed)).capacity is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("minimum-load-balancer-capacity", "Units=3", id="another key"),
        pytest.param("minimum-load-balancer-capacity", "CapacityUnits=3,x=1", id="a key too many"),
        pytest.param("minimum-load-balancer-capacity", "CapacityUnits=many", id="no number"),
        pytest.param("minimum-load-balancer-capacity", "CapacityUnits=-1", id="less than nothing"),
        pytest.param("customer-owned-ipv4-pool", "", id="no pool"),
        pytest.param("shield-advanced-protection", "yes", id="no truth value"),
        pytest.param("ip-address-type", "ipv6", id="no kind of addresses"),
    ],
)
def test_a_value_that_is_not_accepted(name: str, value: str) -> None:
    assert problems(_input({name: value})) == [(INGRESS, Reason.INVALID_ANNOTATION, f"{PREFIX}{name}")]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        pytest.param('{"wafv2AclArn": 1}', "spec.wafv2AclArn", id="an ARN that is no text"),
        pytest.param(
            '{"minimumLoadBalancerCapacity": {"capacityUnits": "x"}}', "spec.minimumLoadBalancerCapacity", id="capacity"
        ),
        pytest.param('{"ipamConfiguration": {"ipv4IPAMPoolId": 1}}', "spec.ipamConfiguration", id="a pool"),
        pytest.param('{"ipAddressType": "ipv6"}', "spec.ipAddressType", id="a kind of addresses"),
    ],
)
def test_a_field_of_the_class_that_is_not_accepted(params: str, field: str) -> None:
    assert problems(_input({}, params=params)) == [("IngressClassParams/corp", Reason.INVALID_SPEC, field)]
