"""Versions, control ports, address types and sharing of an Ingress's target groups (ingress, section 19)."""

from dataclasses import replace

import pytest

from services.planner.core.aws import HealthCheck
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.inputs import StackInput
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    CLUSTER,
    PREFIX,
    PUBLIC_ROLE,
    built,
    class_params,
    ingress,
    ingress_class,
    inventory,
    problems,
    service,
    stack_input,
    subnet,
)

WIDE = inventory(*(subnet(z, z, ipv6_cidrs=("2001:db8::/64",)) for z in "ab"))
IP = {"target-type": "ip"}


def _group(annotations: dict[str, str], of_service: dict[str, str] | None = None) -> DesiredTargetGroup:
    own = {f"{PREFIX}{k}": v for k, v in (of_service or {}).items()}
    (group,) = built(_input(annotations, own)).target_groups
    return group


def _input(annotations: dict[str, str], of_service: dict[str, str]) -> StackInput:
    return stack_input(ingress(annotations), services={("shop", "app"): service(annotations=of_service)})


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({"backend-protocol-version": "HTTP2"}, ("HTTP2", "/", "200", None), id="HTTP2 as HTTP1"),
        pytest.param(
            {"backend-protocol-version": "GRPC"}, ("GRPC", "/AWS.ALB/healthcheck", None, "12"), id="gRPC's own defaults"
        ),
        pytest.param(
            {"backend-protocol-version": "GRPC", "success-codes": "0-5", "healthcheck-path": "/h"},
            ("GRPC", "/h", None, "0-5"),
            id="gRPC as asked for",
        ),
    ],
)
def test_the_version_of_the_protocol(annotations: dict[str, str], expected: tuple[str | None, ...]) -> None:
    group = _group(annotations)
    check: HealthCheck = group.health_check

    assert (group.protocol_version, check.path, check.http_codes, check.grpc_codes) == expected
    assert group.name != _group({}).name


def test_a_control_port_is_reached_and_part_of_the_name() -> None:
    group = _group({**IP, "target-control-port.app.80": "3000", "healthcheck-port": "9000"})

    assert group.control_port == 3000
    assert [port.port for access in group.binding.networking or () for port in access.ports] == [8080, 9000, 3000]
    assert group.name != _group({**IP, "healthcheck-port": "9000"}).name


def test_the_control_port_of_the_service_wins_and_another_ports_does_not_count() -> None:
    assert _group({**IP, "target-control-port.app.80": "1"}, {"target-control-port.app.80": "2"}).control_port == 2
    assert _group({**IP, "target-control-port.app.http": "1"}).control_port is None


def test_a_control_port_needs_ip_targets() -> None:
    found = problems(_input({"target-control-port.app.80": "3000"}, {}))

    assert found == [("Ingress/shop/web", Reason.INVALID_ANNOTATION, f"{PREFIX}target-control-port.app.80")]


@pytest.mark.parametrize(
    ("annotations", "of_service", "expected"),
    [
        pytest.param({}, {}, False, id="nobody asks"),
        pytest.param(
            {"multi-cluster-target-group": "true"}, {"multi-cluster-target-group": "false"}, True, id="Ingress"
        ),
        pytest.param(
            {"multi-cluster-target-group": "false"}, {"multi-cluster-target-group": "true"}, True, id="Service"
        ),
    ],
)
def test_either_object_shares_the_group_with_other_clusters(
    annotations: dict[str, str], of_service: dict[str, str], expected: bool
) -> None:
    assert _group(annotations, of_service).binding.multi_cluster is expected


@pytest.mark.parametrize("address_type", ["dualstack", "dualstack-without-public-ipv4"])
def test_a_service_with_ipv6_addresses_behind_a_dual_stack_load_balancer(address_type: str) -> None:
    both = {("shop", "app"): service(ip_families=("IPv4", "IPv6"))}

    desired = built(stack_input(ingress({"ip-address-type": address_type}), services=both, inventory=WIDE))

    assert desired.load_balancer is not None
    assert desired.load_balancer.ip_address_type == address_type
    assert [g.ip_address_type for g in desired.target_groups] == ["ipv6"]


def test_a_dual_stack_load_balancer_has_ipv4_targets_where_the_service_has() -> None:
    desired = built(stack_input(ingress({"ip-address-type": "dualstack"}), inventory=WIDE))

    assert [g.ip_address_type for g in desired.target_groups] == ["ipv4"]


def test_the_class_decides_about_addresses_before_the_annotation() -> None:
    inp = stack_input(
        ingress({"ip-address-type": "ipv4"}),
        classes={"alb": ingress_class(params="corp")},
        class_params={"corp": class_params('{"ipAddressType": "dualstack"}')},
        inventory=WIDE,
    )

    balancer = built(inp).load_balancer
    assert balancer is not None
    assert balancer.ip_address_type == "dualstack"


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({}, id="found by their tags"),
        pytest.param({"subnets": "subnet-a,subnet-b"}, id="named"),
    ],
)
def test_dual_stack_needs_subnets_with_ipv6(annotations: dict[str, str]) -> None:
    narrow = inventory(subnet("a", "a"), subnet("b", "b", ipv6_cidrs=("2001:db8::/64",)))

    found = problems(stack_input(ingress({"ip-address-type": "dualstack", **annotations}), inventory=narrow))

    assert [reason for _, reason, _ in found] == [Reason.SUBNETS_NOT_FOUND]


def test_ip_targets_can_be_switched_off() -> None:
    closed = replace(CLUSTER, gates=DEFAULT_GATES - {Gate.IP_TARGET_TYPE})

    found = problems(stack_input(ingress(IP), cluster=closed))

    assert found == [("Ingress/shop/web", Reason.INVALID_ANNOTATION, f"{PREFIX}target-type")]


@pytest.mark.parametrize(
    ("gates", "subnets", "expected"),
    [
        pytest.param(
            DEFAULT_GATES - {Gate.SUBNETS_CLUSTER_TAG_CHECK},
            [subnet(z, z, tags={"kubernetes.io/role/internal-elb": "1", "kubernetes.io/cluster/c2": ""}) for z in "ab"],
            ("subnet-a", "subnet-b"),
            id="subnets of other clusters count where that is not checked",
        ),
        pytest.param(
            DEFAULT_GATES | {Gate.ALB_SINGLE_SUBNET},
            [subnet("a", "a")],
            ("subnet-a",),
            id="one subnet where that will do",
        ),
    ],
)
def test_gates_of_discovery(gates: frozenset[Gate], subnets: list[object], expected: tuple[str, ...]) -> None:
    known = inventory(*subnets)  # type: ignore[arg-type]

    balancer = built(stack_input(cluster=replace(CLUSTER, gates=gates), inventory=known)).load_balancer

    assert balancer is not None
    assert balancer.subnets == expected


def test_reachability_is_not_looked_at_where_that_is_switched_off() -> None:
    closed = replace(CLUSTER, gates=DEFAULT_GATES - {Gate.SUBNET_DISCOVERY_BY_REACHABILITY})
    known = inventory(*(subnet(z, z, tags={PUBLIC_ROLE: "1"}) for z in "ab"))

    assert problems(stack_input(cluster=closed, inventory=known)) == [
        ("Ingress/shop/web", Reason.SUBNETS_NOT_FOUND, "")
    ]


def test_tags_of_objects_can_be_given_the_last_word() -> None:
    tags = {"tags": "team=web"}
    before = replace(CLUSTER, default_tags={"team": "all"})
    after = replace(before, gates=DEFAULT_GATES | {Gate.DEFAULT_TAGS_LOW_PRIORITY})

    first, second = (built(stack_input(ingress(tags), cluster=c)).load_balancer for c in (before, after))

    assert first is not None
    assert second is not None
    assert (first.tags["team"], second.tags["team"]) == ("all", "web")
