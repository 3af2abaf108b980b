"""The life of a load balancer in front: made, moved to other ports, replaced, followed when the one behind it is
replaced, taken away. The simulated account refuses what AWS refuses."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.planner.core.aws import LoadBalancer
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Planned
from services.planner.core.plans import ChangeAction, Plan
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World, network_of_three_zones

PREFIX = "alb.ingress.kubernetes.io/"
ON = {"target-type": "ip", "enable-frontend-nlb": "true"}
TWO_PORTS = '[{"HTTP": 80}, {"HTTP": 8080}]'


def asking(annotations: Mapping[str, str]) -> dict[str, str]:
    return {f"{PREFIX}{k}": v for k, v in annotations.items()}


def made(**annotations: str) -> World:
    world = game.world()
    ask(world, {**ON, **{k.replace("_", "-"): v for k, v in annotations.items()}})
    world.settle()
    world.operations()
    return world


def ask(world: World, annotations: Mapping[str, str]) -> None:
    old = world.ingresses["front"]
    meta = replace(old.meta, annotations=asking(annotations), generation=old.meta.generation + 1)
    world.ingresses["front"] = replace(old, meta=meta)


def plan(world: World) -> Plan:
    outcome = world.outcome(world.all_keys()[0])
    assert isinstance(outcome, Planned), outcome
    return outcome.plan


def of_type(world: World, type_: str) -> LoadBalancer:
    (found,) = (b for b in world.inventory.load_balancers.values() if b.type == type_)
    return found


def forwards(world: World) -> dict[int, list[tuple[str, int]]]:
    """What each port of the load balancer in front comes to: name and port of what is registered."""
    inventory = world.inventory
    names = {b.arn: b.name for b in inventory.load_balancers.values()}
    front = of_type(world, "network")
    found = {}
    for listener in inventory.listeners.values():
        if listener.load_balancer_arn == front.arn:
            (action,) = listener.default_actions
            (group,) = action.groups  # type: ignore[union-attr]
            found[listener.port] = [(names[t.id], t.port) for t in inventory.targets[group.target_group]]
    return found


def test_both_are_made_in_one_plan() -> None:
    world = game.world()
    ask(world, ON)
    world.settle()
    assert world.operations() == Counter(
        CreateSecurityGroup=2,
        AuthorizeSecurityGroupIngress=2,
        CreateTargetGroup=2,
        CreateLoadBalancer=2,
        CreateListener=2,
        CreateRule=1,
        RegisterTargets=2,
    )
    behind = of_type(world, "application")
    assert forwards(world) == {80: [(behind.name, 80)]}
    assert [(e.hostname, tuple(e.ports)) for e in world.ingresses["front"].load_balancer] == [
        (behind.dns_name.lower(), (80,)),
        (of_type(world, "network").dns_name.lower(), ()),
    ]
    assert plan(world).empty


def test_it_is_put_in_front_of_one_that_stands() -> None:
    world = game.world()
    world.settle()
    world.operations()
    ask(world, {**ON, "scheme": "internet-facing"})
    world.settle()
    assert world.operations() == Counter(CreateTargetGroup=1, CreateLoadBalancer=1, CreateListener=1, RegisterTargets=1)
    assert len(world.ingresses["front"].load_balancer) == 2


def test_without_the_annotation_it_goes_and_the_other_stays() -> None:
    world = made()
    behind = of_type(world, "application")
    ask(world, {"target-type": "ip"})
    world.settle()
    order = [c.operation for c in world.calls]
    assert order == ["DeleteLoadBalancer", "DeregisterTargets", "DeleteTargetGroup"]
    assert [*world.inventory.load_balancers] == [behind.arn]
    assert [e.hostname for e in world.ingresses["front"].load_balancer] == [behind.dns_name.lower()]


def test_a_deletion_takes_the_one_in_front_first() -> None:
    world = made()
    arns = [of_type(world, "network").arn, of_type(world, "application").arn]
    game.delete(world)
    world.settle()
    deleted = [c.parameters["LoadBalancerArn"] for c in world.calls if c.operation == "DeleteLoadBalancer"]
    assert deleted == arns
    order = [c.operation for c in world.calls]
    assert order[:4] == ["DeleteLoadBalancer", "DeregisterTargets", "DeleteTargetGroup", "DeleteLoadBalancer"]
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({}, {"listen-ports": TWO_PORTS}, {80: 80, 8080: 8080}, id="another listener behind it"),
        pytest.param({"listen-ports": TWO_PORTS}, {}, {80: 80}, id="a listener behind it goes"),
        pytest.param(
            {"listen-ports": TWO_PORTS},
            {"listen-ports": TWO_PORTS, "frontend-nlb-listener-port-mapping": "80=8080,8080=80"},
            {80: 8080, 8080: 80},
            id="ports are crossed",
        ),
        pytest.param(
            {"listen-ports": TWO_PORTS, "frontend-nlb-listener-port-mapping": "80=8080"},
            {},
            {80: 80},
            id="a port moves off a listener that goes",
        ),
        pytest.param({"frontend-nlb-listener-port-mapping": "81=80"}, {}, {80: 80}, id="a port in place of another"),
        pytest.param({}, {"listen-ports": '[{"HTTP": 8080}]'}, {8080: 8080}, id="all ports are others"),
        pytest.param({}, {"frontend-nlb-healthcheck-path": "/live"}, {80: 80}, id="another health check"),
        pytest.param(
            {}, {"frontend-nlb-healthcheck-port": "8081"}, {80: 80}, id="a health check that enters into names"
        ),
        pytest.param({}, {"scheme": "internet-facing"}, {80: 80}, id="the one behind is replaced"),
        pytest.param({}, {"frontend-nlb-scheme": "internet-facing"}, {80: 80}, id="it is replaced"),
        pytest.param(
            {},
            {"scheme": "internet-facing", "frontend-nlb-scheme": "internet-facing"},
            {80: 80},
            id="both are replaced",
        ),
        pytest.param(
            {"listen-ports": TWO_PORTS},
            {"scheme": "internet-facing", "frontend-nlb-scheme": "internet-facing", "listen-ports": '[{"HTTP": 81}]'},
            {81: 81},
            id="both are replaced and all ports are others",
        ),
        pytest.param(
            {"listen-ports": TWO_PORTS},
            {"frontend-nlb-scheme": "internet-facing"},
            {80: 80},
            id="it is replaced and a listener behind it goes",
        ),
    ],
)
def test_an_edit(before: dict[str, str], after: dict[str, str], expected: dict[int, int]) -> None:
    world = game.world()
    ask(world, {**ON, **before})
    world.settle()
    ask(world, {**ON, **after})
    world.settle()
    behind = of_type(world, "application").name
    assert forwards(world) == {port: [(behind, target)] for port, target in expected.items()}
    groups = [g for g in world.inventory.target_groups.values() if g.target_type == "alb"]
    assert len(groups) == len(expected)
    assert plan(world).empty
    ask(world, {**ON, **before})
    world.settle()
    assert plan(world).empty
    game.delete(world)
    world.settle()
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


def test_it_waits_for_the_one_behind_it_to_take_over() -> None:
    world = made()
    old = of_type(world, "application")
    ask(world, {**ON, "scheme": "internet-facing"})
    first = plan(world)
    assert {c.name for c in first.changes if c.action is ChangeAction.REPLACE and c.kind == "load balancer"} != set()
    world.execute(first)
    assert forwards(world) == {80: [(old.name, 80)]}
    world.settle()
    assert forwards(world) == {80: [(of_type(world, "application").name, 80)]}


def test_a_target_that_somebody_took_out_is_registered_again() -> None:
    world = made()
    (arn,) = (a for a, g in world.inventory.target_groups.items() if g.target_type == "alb")
    world.inventory = replace(world.inventory, targets={**world.inventory.targets, arn: {}})
    world.settle()
    assert world.operations() == Counter(RegisterTargets=1)
    assert forwards(world) == {80: [(of_type(world, "application").name, 80)]}


def test_a_target_that_is_not_known_is_asked_for() -> None:
    world = made()
    (arn,) = (a for a, g in world.inventory.target_groups.items() if g.target_type == "alb")
    targets = {a: t for a, t in world.inventory.targets.items() if a != arn}
    world.inventory = replace(world.inventory, targets=targets)
    assert world.outcome(world.all_keys()[0]) == Needs(lookups=(Lookup(kind=LookupKind.TARGETS, keys=(arn,)),))


def test_own_tags_and_attributes_are_changed_in_place() -> None:
    world = made()
    front = of_type(world, "network").arn
    asked = {"frontend-nlb-tags": "a=1", "frontend-nlb-attributes": "load_balancing.cross_zone.enabled=true"}
    ask(world, {**ON, **asked})
    world.settle()
    assert world.operations() == Counter(AddTags=3, ModifyLoadBalancerAttributes=1)
    found = world.inventory.load_balancers[front]
    assert (found.tags or {})["a"] == "1"
    assert (found.attributes or {})["load_balancing.cross_zone.enabled"] == "true"


def test_elastic_addresses_are_given_when_it_is_made() -> None:
    asked = {"frontend-nlb-scheme": "internet-facing", "frontend-nlb-eip-allocations": "eip-a,eip-b,eip-c"}
    world = game.world()
    ask(world, {**ON, **asked})
    world.settle()
    creates = (c.parameters for c in world.calls if c.operation == "CreateLoadBalancer")
    (sent,) = (x["SubnetMappings"] for x in creates if x["Type"] == "network")
    assert sent == [{"SubnetId": f"subnet-public-{zone}", "AllocationId": f"eip-{zone}"} for zone in "abc"]


def test_a_broken_annotation_leaves_both_as_they_are() -> None:
    world = made()
    before = world.inventory
    ask(world, {**ON, "frontend-nlb-scheme": "nowhere"})
    world.settle()
    assert world.inventory == before


def test_the_network_does_not_wait_for_a_binding_of_a_load_balancer() -> None:
    """A target group whose target is a load balancer has none, and no rule on a node is needed for it."""
    world = made()
    ask(world, {**ON, "target-type": "instance"})
    world.settle()
    ports = {p.from_port for p in world.inventory.security_groups["sg-node"].permissions}
    assert ports == {30080}
