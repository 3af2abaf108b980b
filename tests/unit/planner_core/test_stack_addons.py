"""What add-ons and reserved capacity of a standing load balancer cost (ingress behaviour, sections 17 and 18)."""

from dataclasses import replace

import pytest

from services.planner.core.aws import Fact, LoadBalancer
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Planned
from services.planner.core.plans import AwsCall
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World
from tests.unit.planner_core.test_stack_life import annotate, made

PREFIX = "alb.ingress.kubernetes.io/"


def _world(annotations: dict[str, str], **fields: object) -> World:
    """The application, standing; its load balancer with the given fields."""
    world = made()
    for name, value in annotations.items():
        annotate(world, f"{PREFIX}{name}", value)
    balancer = _standing(world)
    record = replace(balancer, **{"state": "active", **fields})  # type: ignore[arg-type]
    world.inventory = replace(world.inventory, load_balancers={balancer.arn: record})
    return world


def _standing(world: World) -> LoadBalancer:
    (balancer,) = world.inventory.load_balancers.values()
    return balancer


def _outcome(world: World) -> Planned | Needs:
    outcome = world.outcome(next(key for key in world.all_keys() if "front" in str(key)))
    assert isinstance(outcome, Planned | Needs)
    return outcome


def _calls(outcome: Planned | Needs) -> list[tuple[str, str]]:
    assert isinstance(outcome, Planned), outcome
    return [(s.work.service, s.work.operation) for s in outcome.plan.steps if isinstance(s.work, AwsCall)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("wafv2-acl-arn", LookupKind.WEB_ACL, id="AWS WAF"),
        pytest.param("waf-acl-id", LookupKind.CLASSIC_WEB_ACL, id="AWS WAF Classic"),
    ],
)
def test_what_stands_is_asked_for_only_where_an_add_on_is(name: str, kind: LookupKind) -> None:
    asked = _world({name: "acl"}, facts={})

    assert _outcome(asked) == Needs(lookups=(Lookup(kind=kind, keys=(_standing(asked).arn,)),))
    assert _calls(_outcome(_world({}, facts={}))) == []


@pytest.mark.parametrize(
    ("annotations", "facts", "expected"),
    [
        pytest.param({"wafv2-acl-arn": "a"}, {Fact.WEB_ACL: "a"}, [], id="as asked for"),
        pytest.param({"wafv2-acl-arn": "a"}, {Fact.WEB_ACL: ""}, [("wafv2", "AssociateWebACL")], id="none stands"),
        pytest.param({"wafv2-acl-arn": "a"}, {Fact.WEB_ACL: "b"}, [("wafv2", "AssociateWebACL")], id="another stands"),
        pytest.param(
            {"wafv2-acl-arn": "none"}, {Fact.WEB_ACL: "b"}, [("wafv2", "DisassociateWebACL")], id="one too many"
        ),
        pytest.param({"wafv2-acl-arn": "none"}, {Fact.WEB_ACL: ""}, [], id="none is asked for, none stands"),
        pytest.param(
            {"waf-acl-id": "none"},
            {Fact.CLASSIC_WEB_ACL: "b"},
            [("waf-regional", "DisassociateWebACL")],
            id="a classic one too many",
        ),
    ],
)
def test_an_association_is_one_call(
    annotations: dict[str, str], facts: dict[Fact, str], expected: list[tuple[str, str]]
) -> None:
    assert _calls(_outcome(_world(annotations, facts=facts))) == expected


def test_capacity_waits_until_the_load_balancer_is_active() -> None:
    world = _world(
        {"minimum-load-balancer-capacity": "CapacityUnits=100"}, state="provisioning", facts={Fact.CAPACITY: "0"}
    )
    arn = _standing(world).arn

    assert _outcome(world) == Needs(lookups=(Lookup(kind=LookupKind.LOAD_BALANCERS, keys=(arn,)),))
    knowledge = replace(world.inventory.knowledge, load_balancers=frozenset({arn}))
    world.inventory = replace(world.inventory, knowledge=knowledge)
    outcome = _outcome(world)
    assert _calls(outcome) == []
    assert isinstance(outcome, Planned)
    assert "to become active" in outcome.waits_for
    assert outcome.again_seconds == 15.0


def test_a_new_load_balancer_waits_with_its_capacity() -> None:
    world = game.world()
    annotate(world, f"{PREFIX}minimum-load-balancer-capacity", "CapacityUnits=100")
    world.inventory = replace(made().inventory, load_balancers={}, listeners={}, rules={}, target_groups={}, targets={})

    outcome = _outcome(world)

    assert isinstance(outcome, Planned)
    assert ("elbv2", "CreateLoadBalancer") in _calls(outcome)
    assert ("elbv2", "ModifyCapacityReservation") not in _calls(outcome)
    assert "to become active" in outcome.waits_for


@pytest.mark.parametrize(
    ("asked", "stands", "parameters"),
    [
        pytest.param("100", "100", None, id="as asked for"),
        pytest.param("100", "0", {"MinimumLoadBalancerCapacity": {"CapacityUnits": 100}}, id="more"),
        pytest.param("0", "100", {"ResetCapacityReservation": True}, id="none any more"),
    ],
)
def test_capacity_of_an_active_load_balancer(asked: str, stands: str, parameters: dict[str, object] | None) -> None:
    world = _world({"minimum-load-balancer-capacity": f"CapacityUnits={asked}"}, facts={Fact.CAPACITY: stands})

    outcome = _outcome(world)

    assert isinstance(outcome, Planned)
    sent = [s.work.parameters for s in outcome.plan.steps if isinstance(s.work, AwsCall)]
    assert sent == ([] if parameters is None else [{"LoadBalancerArn": _standing(world).arn, **parameters}])


def test_other_addresses_and_other_subnets_at_once_are_one_call() -> None:
    world = _world({"subnets": "subnet-public-a,subnet-public-b", "ip-address-type": "dualstack"})
    subnets = {i: replace(s, ipv6_cidrs=("2001:db8::/64",)) for i, s in world.inventory.subnets.items()}
    world.inventory = replace(world.inventory, subnets=subnets)

    outcome = _outcome(world)

    assert isinstance(outcome, Planned)
    (call,) = (s.work for s in outcome.plan.steps if isinstance(s.work, AwsCall) and s.work.operation.startswith("Set"))
    assert (call.operation, call.parameters["IpAddressType"]) == ("SetSubnets", "dualstack")
