"""The life of a Service's network load balancer, by the calls it costs: made, looked at again, edited, taken down."""

from collections import Counter
from dataclasses import replace

import pytest

from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.objects import LoadBalancerEntry, Service
from services.planner.core.outcomes import Errored, Planned
from services.planner.core.plans import ChangeAction
from services.planner.core.problems import Reason
from tests.unit.planner_core import echo, game
from tests.unit.planner_core.simulated import World, network_of_three_zones, shared


def made(subject: Service | None = None) -> World:
    world = echo.world(subject)
    world.settle()
    world.operations()
    return world


def test_the_application_costs_eight_calls() -> None:
    world = echo.world()

    world.settle()

    assert world.operations() == Counter(
        CreateSecurityGroup=2,
        AuthorizeSecurityGroupIngress=2,
        CreateTargetGroup=1,
        CreateLoadBalancer=1,
        CreateListener=1,
        RegisterTargets=1,
    )
    (balancer,) = world.inventory.load_balancers.values()
    published = world.services[echo.NAME].load_balancer
    assert published == (LoadBalancerEntry(hostname=balancer.dns_name, ports=(80,)),)


def test_a_second_look_costs_nothing() -> None:
    world = made()

    for key in world.all_keys():
        outcome = world.outcome(key)
        assert isinstance(outcome, Planned)
        assert outcome.plan.empty, outcome.plan


@pytest.mark.parametrize(
    ("annotations", "calls"),
    [
        pytest.param({"proxy-protocol": "*"}, {"ModifyTargetGroupAttributes": 1}, id="proxy protocol"),
        pytest.param(
            {"cross-zone-load-balancing-enabled": "true"}, {"ModifyLoadBalancerAttributes": 1}, id="cross-zone"
        ),
        pytest.param({"cross-zone-load-balancing-enabled": "false"}, {}, id="an attribute at its default"),
        pytest.param({"healthcheck-interval": "30"}, {"ModifyTargetGroup": 1}, id="the health check"),
        pytest.param({"additional-resource-tags": "team=a"}, {"AddTags": 3, "CreateTags": 1}, id="tags"),
    ],
)
def test_an_edit_is_as_many_calls_as_resources_change(annotations: dict[str, str], calls: dict[str, int]) -> None:
    world = made()

    echo.edit(world, echo.service({"nlb-target-type": "ip", **annotations}))
    world.settle()

    assert world.operations() == Counter(calls)


def test_proxy_protocol_goes_with_its_annotation() -> None:
    world = made(echo.service({"nlb-target-type": "ip", "proxy-protocol": "*"}))

    echo.edit(world, echo.service())
    world.settle()

    assert world.operations() == Counter(ModifyTargetGroupAttributes=1)
    (group,) = world.inventory.target_groups.values()
    assert group.attributes is not None
    assert group.attributes["proxy_protocol_v2.enabled"] == "false"


def test_source_ranges_are_granted_before_everyone_is_shut_out() -> None:
    world = made()

    echo.edit(world, echo.service(load_balancer_source_ranges=("192.0.2.0/24",)))
    world.settle()

    assert [c.operation for c in world.calls] == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]


def test_another_port_is_a_group_and_a_listener_and_goes_again() -> None:
    world = made()

    echo.edit(world, echo.service(ports=(echo.TCP, echo.UDP)))
    world.settle()
    more = world.operations()
    echo.edit(world, echo.service())
    world.settle()
    less = world.operations()

    assert more == Counter(
        AuthorizeSecurityGroupIngress=2,
        RevokeSecurityGroupIngress=1,
        CreateTargetGroup=1,
        CreateListener=1,
        RegisterTargets=1,
    )
    assert less["DeleteListener"] == less["DeleteTargetGroup"] == 1
    assert [g.port for g in world.inventory.target_groups.values()] == [8080]
    assert [x.port for x in world.inventory.listeners.values()] == [80]


def test_own_security_groups_take_the_place_of_the_managed_one() -> None:
    world = made()

    echo.edit(world, echo.service({"nlb-target-type": "ip", "security-groups": "sg-node"}))
    world.settle()

    counts = world.operations()
    assert counts["SetSecurityGroups"] == 1
    (balancer,) = world.inventory.load_balancers.values()
    assert not [g for g in world.inventory.security_groups.values() if "service.k8s.aws/stack" in g.tags]
    (binding,) = world.bindings.values()
    assert binding.networking is None
    assert balancer.dns_name == world.services[echo.NAME].load_balancer[0].hostname


def test_a_load_balancer_without_security_groups_lets_addresses_in_and_stays_without() -> None:
    world = made(echo.service({"nlb-target-type": "ip", "disable-nlb-sg": "true"}))

    echo.edit(world, echo.service())
    world.settle()

    assert world.operations() == Counter()
    told = world.outcome(next(iter(world.members())))
    assert isinstance(told, Planned)
    assert [r.message for r in told.reports if r.reason is Reason.NOT_APPLIED] == [
        "service.beta.kubernetes.io/aws-load-balancer-disable-nlb-sg: load balancer k8s-game-echo-6d259323a7 was made"
        " without security groups, and AWS does not give it any later: it stays without; a load balancer of another"
        " name or scheme gets them"
    ]
    rules = world.inventory.security_groups["sg-node"].permissions
    assert {(p.from_port, p.cidr, p.group) for p in rules} == {
        (8080, f"10.0.{number}.0/24", "") for number in (100, 101, 102)
    }


def test_another_scheme_is_another_load_balancer_and_the_old_one_goes_after() -> None:
    world = made()

    echo.edit(world, echo.service({"nlb-target-type": "ip", "scheme": "internet-facing"}))
    outcome = world.outcome(echo.KEY)
    world.settle()

    assert isinstance(outcome, Planned)
    assert ChangeAction.REPLACE in {c.action for c in outcome.plan.changes}
    (balancer,) = world.inventory.load_balancers.values()
    assert balancer.scheme == "internet-facing"
    operations = [c.operation for c in world.calls]
    assert operations.index("CreateLoadBalancer") < operations.index("DeleteLoadBalancer")
    assert world.services[echo.NAME].load_balancer[0].hostname == balancer.dns_name


def test_a_name_that_the_replaced_load_balancer_holds_is_not_asked_for() -> None:
    named = {"nlb-target-type": "ip", "name": "front"}
    world = made(echo.service(named))

    echo.edit(world, echo.service({**named, "scheme": "internet-facing"}))
    world.settle()

    (balancer,) = world.inventory.load_balancers.values()
    assert balancer.scheme == "internet-facing"
    assert balancer.name != "front"


def test_a_service_that_names_no_scheme_keeps_the_one_that_stands() -> None:
    world = made(echo.service({"nlb-target-type": "ip", "scheme": "internet-facing"}))

    echo.edit(world, echo.service())
    world.settle()

    assert world.operations() == Counter()


def test_instances_take_the_place_of_addresses() -> None:
    world = made()

    echo.edit(world, echo.service({"nlb-target-type": "instance"}))
    world.settle()

    counts = world.operations()
    assert counts["CreateTargetGroup"] == counts["DeleteTargetGroup"] == counts["ModifyListener"] == 1
    (group,) = world.inventory.target_groups.values()
    assert {t.id for t in world.inventory.targets[group.arn]} == {"i-a", "i-b"}


def test_a_deletion_leaves_nothing_and_reads_nothing() -> None:
    world = made()

    echo.delete(world)
    world.settle()

    assert world.operations() == Counter(
        DeleteLoadBalancer=1, DeleteTargetGroup=1, DeleteSecurityGroup=2, RevokeSecurityGroupIngress=1
    )
    assert (world.services, world.bindings) == ({}, {})
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


def test_a_service_that_asks_no_more_is_left_without_finalizer_and_status() -> None:
    world = made()

    echo.edit(world, echo.service({}, load_balancer_class=""))
    world.settle()

    left = world.services[echo.NAME]
    assert (left.meta.finalizers, left.load_balancer) == ((), ())
    assert world.inventory.load_balancers == {}


def test_deletion_protection_that_is_asked_for_keeps_everything() -> None:
    world = made(echo.service({"nlb-target-type": "ip", "attributes": "deletion_protection.enabled=true"}))
    before = world.inventory

    echo.delete(world)
    world.settle()

    assert world.inventory == before
    outcome = world.outcome(echo.KEY)
    assert isinstance(outcome, Errored)
    (report,) = outcome.reports
    assert (report.object_kind, report.name, report.warning) == ("Service", "echo", True)
    assert f"{echo.PREFIX}attributes" in report.message


def test_a_broken_annotation_changes_nothing_and_targets_follow_the_pods() -> None:
    world = made()
    echo.edit(world, echo.service({"nlb-target-type": "ip", "scheme": "outside"}))
    echo.with_pods(world, 4)

    world.settle()

    assert world.operations() == Counter(RegisterTargets=1)
    assert isinstance(world.outcome(echo.KEY), Errored)


def test_the_shared_group_stays_while_an_ingress_needs_it() -> None:
    world = echo.world()
    world.ingresses["front"] = game.ingress()
    world.services["game", "web"] = game.service()
    game.with_pods(world, 2)
    world.settle()

    echo.delete(world)
    world.settle()

    assert shared(world) is not None
    assert echo.NAME not in world.services


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({"healthcheck-interval": "30"}, id="its interval"),
        pytest.param({"healthcheck-protocol": "HTTP"}, id="its protocol"),
    ],
)
def test_without_its_gate_a_change_of_the_health_check_replaces_the_target_group(annotations: dict[str, str]) -> None:
    world = echo.world()
    world.gates = DEFAULT_GATES - {Gate.NLB_HEALTH_CHECK_ADVANCED}
    world.settle()
    (old,) = world.inventory.target_groups
    world.operations()
    echo.edit(world, echo.service({"nlb-target-type": "ip", **annotations}))
    world.settle()
    done = world.operations()
    (new,) = world.inventory.target_groups
    assert new != old
    assert (done["CreateTargetGroup"], done["DeleteTargetGroup"], done["ModifyTargetGroup"]) == (1, 1, 0)


def test_without_its_gate_listeners_have_no_tags_and_those_that_stand_are_left_alone() -> None:
    world = echo.world()
    world.gates = DEFAULT_GATES - {Gate.LISTENER_RULES_TAGGING}
    world.settle()
    (call,) = [c for c in world.calls if c.operation == "CreateListener"]
    assert "Tags" not in call.parameters
    world.operations()
    echo.edit(world, echo.service({"nlb-target-type": "ip", "additional-resource-tags": "team=a"}))
    world.settle()
    assert world.operations() == Counter(AddTags=2, CreateTags=1)
