"""Stacks that share a Service, a node's security group and the cluster's shared group: none takes away what another
needs, and the last one to go leaves nothing."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.planner.core.aws import Permission, Target
from services.planner.core.binding import plan_binding
from services.planner.core.inputs import View
from services.planner.core.keys import BindingKey
from services.planner.core.network import plan_network
from services.planner.core.objects import (
    ContainerPort,
    EndpointPort,
    Kind,
    Meta,
    NetworkingPeer,
    NetworkingPort,
    NetworkingRule,
    ServicePort,
    TargetGroupBinding,
)
from services.planner.core.outcomes import Errored, LookupKind, Needs, Planned
from services.planner.core.plans import AwsCall
from services.planner.core.targets.permissions import LABEL
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import network_of_three_zones, shared
from tests.unit.planner_core.strict import StrictWorld

INSTANCES = {**game.ANNOTATIONS, "alb.ingress.kubernetes.io/target-type": "instance"}


def neighbours(seed: int = 0, **annotations: dict[str, str]) -> StrictWorld:
    """`front` and `side`, both in front of the Service `web`."""
    world = StrictWorld(
        ingresses={n: game.ingress(n, annotations=annotations.get(n)) for n in ("front", "side")},
        services={("game", "web"): game.service()},
        nodes=game.nodes(),
        luck=random.Random(seed),
    )
    game.with_pods(world, 2)
    return world


def delete(world: StrictWorld, name: str) -> None:
    """Asks for the deletion of an Ingress; one that nobody holds is gone at once."""
    if name in world.ingresses and world.ingresses[name].meta.finalizers:
        game.delete(world, name)
    else:
        world.ingresses.pop(name, None)


def revoked(world: StrictWorld) -> list[str]:
    outcome = plan_network(world.network_input())
    assert isinstance(outcome, Planned)
    calls = [s.work.operation for s in outcome.plan.steps if isinstance(s.work, AwsCall)]
    return [c for c in calls if c != "AuthorizeSecurityGroupIngress"]


def opened(world: StrictWorld) -> set[tuple[int | None, int | None]]:
    """Port ranges that are open on the nodes' security group."""
    return {(p.from_port, p.to_port) for p in world.truth.security_groups["sg-node"].permissions}


def nothing_left(world: StrictWorld) -> bool:
    return replace(world.truth, targets={}, partial_targets=frozenset()) == network_of_three_zones()


actions = st.lists(
    st.sampled_from(["delete front", "delete side", "fewer pods", "more pods", "restart", "restart empty", "a round"]),
    max_size=8,
)


@given(steps=actions, seed=st.integers(0, 99), instances=st.booleans())
@settings(deadline=None)
def test_neighbours_come_and_go_in_any_order(steps: list[str], seed: int, instances: bool) -> None:
    world = neighbours(seed, **({"side": INSTANCES} if instances else {}))
    pods = 2
    for step in steps:
        match step.split():
            case ["delete", name]:
                delete(world, name)
            case ["fewer" | "more" as which, "pods"]:
                pods += 1 if which == "more" else -1 if pods > 1 else 0
                game.with_pods(world, pods)
            case ["restart", *rest]:
                world.forget(filled=not rest)
            case _:
                world.one_round()
    world.settle()
    assert all(not i.meta.deleting for i in world.ingresses.values())
    for arn, group in world.truth.target_groups.items():
        expected = pods if group.target_type == "ip" else 2
        assert len(world.truth.targets[arn]) == expected
    for name in list(world.ingresses):
        delete(world, name)
    world.settle()
    assert world.bindings == {}
    assert nothing_left(world)


def test_the_rules_of_one_that_goes_stay_until_its_load_balancer_is_gone() -> None:
    world = neighbours(side=INSTANCES)
    world.settle()
    assert opened(world) == {(80, 30080)}
    game.delete(world, "side")
    assert revoked(world) == []
    world.settle()
    assert opened(world) == {(80, 80)}


def test_rules_stay_while_a_target_that_needs_them_is_registered_or_draining() -> None:
    world = neighbours()
    world.settle()
    del world.services["game", "web"]
    assert revoked(world) == []
    world.one_round()
    assert revoked(world) == []


def test_targets_are_read_before_rules_are_revoked_and_not_otherwise() -> None:
    world = neighbours()
    world.settle()
    world.forget(filled=True)
    settled = plan_network(world.network_input())
    assert isinstance(settled, Planned)
    assert settled.plan.empty
    world.services["game", "web"] = replace(game.service(), ports=())
    arns = tuple(sorted(world.truth.target_groups))
    asked = plan_network(world.network_input())
    assert isinstance(asked, Needs)
    assert [(x.kind, x.keys) for x in asked.lookups] == [(LookupKind.TARGETS, arns)]


BROKEN = TargetGroupBinding(
    meta=Meta(name="broken", namespace="game"),
    service_name="web",
    service_port=80,
    target_group_arn="arn:by:hand",
    target_group_protocol="HTTP",
    ip_address_type="ipv4",
    vpc_id="vpc-1",
    target_type="ip",
    networking=(NetworkingRule(peers=(NetworkingPeer(cidr="nowhere"),), ports=(NetworkingPort(port=80),)),),
)


@pytest.mark.parametrize(
    ("binding", "revokes"),
    [
        pytest.param(BROKEN, False, id="a range of addresses that is none"),
        pytest.param(
            replace(BROKEN, networking=(NetworkingRule(peers=(NetworkingPeer(),), ports=(NetworkingPort(port=80),)),)),
            False,
            id="a peer that names nothing",
        ),
        pytest.param(replace(BROKEN, target_type="lambda"), False, id="a target type that is none"),
        pytest.param(replace(BROKEN, target_type="lambda", networking=None), True, id="no networking at all"),
        pytest.param(replace(BROKEN, networking=()), True, id="networking without rules"),
    ],
)
def test_nothing_is_revoked_while_a_binding_with_networking_is_not_understood(
    binding: TargetGroupBinding, revokes: bool
) -> None:
    world = neighbours()
    world.settle()
    stale = Permission(protocol="tcp", from_port=9, to_port=9, group="sg-old", description=LABEL)
    node = world.inventory.security_groups["sg-node"]
    node = replace(node, permissions=node.permissions | {stale})
    world.inventory = replace(world.inventory, security_groups={**world.inventory.security_groups, "sg-node": node})
    assert revoked(world) == ["RevokeSecurityGroupIngress"]
    world.bindings[BindingKey(namespace="game", name="broken")] = binding
    world.inventory = replace(world.inventory, targets={**world.inventory.targets, binding.target_group_arn: {}})
    assert (revoked(world) != []) is revokes


def test_nothing_is_revoked_while_endpoints_cannot_be_seen() -> None:
    world = neighbours()
    world.settle()
    world.slices.clear()
    world.view = View(blind={Kind.ENDPOINT_SLICE: "refused"})
    assert revoked(world) == []


@pytest.mark.parametrize(
    ("cidr", "sent"),
    [
        pytest.param("10.1.2.3/8", {"cidr": "10.0.0.0/8"}, id="host bits are taken off"),
        pytest.param("2001:DB8:0::/32", {"cidr6": "2001:db8::/32"}, id="IPv6 in its short form"),
    ],
)
def test_a_range_is_compared_as_ec2_gives_it_back(cidr: str, sent: dict[str, str]) -> None:
    world = neighbours()
    world.settle()
    rules = (NetworkingRule(peers=(NetworkingPeer(cidr=cidr),), ports=(NetworkingPort(port=80),)),)
    world.bindings[BindingKey(namespace="game", name="mine")] = replace(BROKEN, networking=rules)
    plan = plan_network(world.network_input())
    assert isinstance(plan, Planned)
    world.execute(plan.plan)
    made = Permission(protocol="tcp", from_port=80, to_port=80, description=LABEL, **sent)
    assert made in world.truth.security_groups["sg-node"].permissions
    again = plan_network(world.network_input())
    assert isinstance(again, Planned)
    assert again.plan.empty


def test_a_named_target_port_opens_the_ports_that_the_pods_give_it() -> None:
    world = neighbours()
    world.services["game", "web"] = replace(game.service(), ports=(ServicePort(port=80, target_port="http"),))
    numbers = {"web-0": 8080, "web-1": 9090}
    for (_, name), pod in list(world.pods.items()):
        world.pods["game", name] = replace(pod, ports=(ContainerPort(port=numbers[name], name="http"),))
    slice_ = world.slices.pop("web")
    for i, endpoint in enumerate(slice_.endpoints):
        port = EndpointPort(port=numbers[endpoint.target_name])
        meta = replace(slice_.meta, name=f"slice-{i}")
        world.slices[f"web-{i}"] = replace(slice_, meta=meta, ports=(port,), endpoints=(endpoint,))
    world.settle()
    assert opened(world) == {(8080, 9090)}
    registered = {t for targets in world.truth.targets.values() for t in targets}
    assert registered == {Target(id="10.0.100.10", port=8080), Target(id="10.0.100.11", port=9090)}


def test_a_security_group_that_is_younger_than_the_last_look_is_asked_for() -> None:
    world = neighbours()
    interfaces = {i: replace(e, groups=("sg-young",)) for i, e in world.truth.interfaces.items()}
    young = replace(world.truth.security_groups["sg-node"], id="sg-young")
    world.truth = replace(
        world.truth,
        interfaces=interfaces,
        security_groups={**world.truth.security_groups, "sg-young": young},
    )
    world.inventory = replace(world.inventory, interfaces=interfaces)
    world.settle()
    assert (LookupKind.SECURITY_GROUPS, ("sg-young",)) in [(x.kind, x.keys) for x in world.lookups]
    assert {p.to_port for p in world.truth.security_groups["sg-young"].permissions} == {80}


def test_the_shared_group_goes_with_the_last_stack_only() -> None:
    world = neighbours()
    world.settle()
    for name, stands in (("front", True), ("side", False)):
        game.delete(world, name)
        world.settle()
        assert (shared(world) is not None) is stands


@pytest.mark.parametrize(
    ("annotations", "pods", "asked"),
    [
        pytest.param(game.ANNOTATIONS, 2, [], id="targets that all stand"),
        pytest.param(game.ANNOTATIONS, 1, [], id="a target to deregister"),
        pytest.param(game.ANNOTATIONS, 3, [LookupKind.NETWORK], id="an address that may lie outside of the VPC"),
        pytest.param(INSTANCES, 3, [], id="instances"),
    ],
)
def test_the_vpc_is_asked_for_only_where_an_address_is_registered(
    annotations: dict[str, str], pods: int, asked: list[LookupKind]
) -> None:
    world = neighbours(front=annotations)
    delete(world, "side")
    world.settle()
    game.with_pods(world, pods)
    world.inventory = replace(world.inventory, vpc=None)
    (binding,) = world.bindings.values()
    outcome = plan_binding(world.binding_input(binding))
    assert not isinstance(outcome, Errored)
    assert [x.kind for x in (outcome.lookups if isinstance(outcome, Needs) else ())] == asked
