"""What a Service's annotations and spec become, and what is refused with its place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.annotations.service_nlb import CATALOGUE, PREFIX
from services.planner.core.aws import Inventory, Knowledge
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredAccess, DesiredStack, DesiredTargetGroup, GroupToken
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.inputs import Cluster, StackInput, View
from services.planner.core.objects import Kind, NetworkingPeer, NetworkingPort, Service, ServicePort
from services.planner.core.outcomes import LookupKind, Needs
from services.planner.core.problems import Reason
from services.planner.core.service_ownership import FINALIZER, Claim
from tests.unit.planner_core import echo
from tests.unit.planner_core.simulated import CLUSTER, network_of_three_zones

SHARED = GroupToken.SHARED


def _input(subject: Service, **fields: object) -> StackInput:
    plain = StackInput(
        cluster=CLUSTER,
        view=View(),
        key=echo.KEY,
        services={echo.NAME: subject},
        inventory=network_of_three_zones(),
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def _built(subject: Service, **fields: object) -> DesiredStack:
    outcome = build_stack(_input(subject, **fields))
    assert isinstance(outcome, Built), outcome
    return outcome.desired


def _ip(annotations: dict[str, str] | None = None, **fields: object) -> Service:
    return echo.service({"nlb-target-type": "ip", **(annotations or {})}, **fields)


def _group(subject: Service) -> DesiredTargetGroup:
    (group,) = _built(subject).target_groups
    return group


def _problems(subject: Service, **fields: object) -> list[tuple[Reason, str]]:
    outcome = build_stack(_input(subject, **fields))
    assert isinstance(outcome, Broken), outcome
    assert {str(p.where) for p in outcome.problems} == {"Service/game/echo"}
    return [(p.reason, p.field) for p in outcome.problems]


def _asks(class_: str = "", **annotations: str) -> Service:
    named = {k.replace("_", "-"): v for k, v in annotations.items()}
    return echo.service(named, load_balancer_class=class_)


@pytest.mark.parametrize(
    ("subject", "owned"),
    [
        pytest.param(_asks("service.k8s.aws/nlb"), True, id="by its class"),
        pytest.param(_asks("example.com/lb", type="nlb-ip"), False, id="another class decides alone"),
        pytest.param(_asks(type="nlb-ip"), True, id="by the legacy type"),
        pytest.param(_asks(type="external", nlb_target_type="instance"), True, id="external with a target type"),
        pytest.param(_asks(type="external", nlb_target_type="Instance"), False, id="a target type in capitals"),
        pytest.param(_asks(type="external"), False, id="external alone"),
        pytest.param(_asks(), False, id="asks for nothing"),
    ],
)
def test_who_asks_for_a_load_balancer(subject: Service, owned: bool) -> None:
    gone = replace(subject, meta=replace(subject.meta, deleted_at="now"))
    left = replace(gone, meta=replace(gone.meta, finalizers=(FINALIZER,)))

    claim = Claim()
    found = (claim.owns(subject), claim.owns(gone), claim.concerns(gone), claim.concerns(left))
    assert found == (owned, False, False, True)


@pytest.mark.parametrize(
    ("annotations", "target_type"),
    [
        pytest.param({}, "instance", id="instances by default"),
        pytest.param({"nlb-target-type": "ip"}, "ip", id="addresses"),
        pytest.param({"type": "nlb-ip", "nlb-target-type": "instance"}, "ip", id="the legacy type is of addresses"),
        pytest.param({"nlb-target-type": "external"}, "instance", id="any other value counts as instance"),
    ],
)
def test_the_target_type(annotations: dict[str, str], target_type: str) -> None:
    assert _group(echo.service(annotations)).target_type == target_type


@pytest.mark.parametrize(
    ("annotations", "scheme"),
    [
        pytest.param({}, "internal", id="internal by default"),
        pytest.param({"internal": "false"}, "internet-facing", id="the deprecated annotation"),
        pytest.param({"internal": "false", "scheme": "internal"}, "internal", id="the scheme wins"),
    ],
)
def test_the_scheme(annotations: dict[str, str], scheme: str) -> None:
    balancer = _built(_ip(annotations)).load_balancer

    assert balancer is not None
    assert balancer.scheme == scheme


@pytest.mark.parametrize(
    ("annotations", "attributes"),
    [
        pytest.param({}, {}, id="none unless asked for"),
        pytest.param(
            {"attributes": "load_balancing.cross_zone.enabled=false", "cross-zone-load-balancing-enabled": "true"},
            {"load_balancing.cross_zone.enabled": "true"},
            id="the annotation of one attribute wins",
        ),
        pytest.param(
            {"access-log-enabled": "true", "access-log-s3-bucket-name": "logs"},
            {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"},
            id="access logs",
        ),
        pytest.param({"access-log-enabled": "false", "access-log-s3-bucket-name": "logs"}, {}, id="no access logs"),
    ],
)
def test_attributes_of_the_load_balancer(annotations: dict[str, str], attributes: dict[str, str]) -> None:
    balancer = _built(_ip(annotations)).load_balancer

    assert balancer is not None
    assert balancer.attributes == attributes


@pytest.mark.parametrize(
    ("annotations", "attributes"),
    [
        pytest.param({}, {"proxy_protocol_v2.enabled": "false"}, id="proxy protocol is always said"),
        pytest.param({"proxy-protocol": "*"}, {"proxy_protocol_v2.enabled": "true"}, id="of all ports"),
        pytest.param(
            {"proxy-protocol-per-target-group": "80, 443"}, {"proxy_protocol_v2.enabled": "true"}, id="of listed ports"
        ),
        pytest.param(
            {
                "target-group-attributes": "proxy_protocol_v2.enabled=true",
                "proxy-protocol-per-target-group": "443",
            },
            {"proxy_protocol_v2.enabled": "false"},
            id="a list without the port",
        ),
        pytest.param(
            {"target-group-attributes": "proxy_protocol_v2.enabled="}, {}, id="an empty value leaves it to others"
        ),
        pytest.param(
            {
                "target-group-attributes": "deregistration_delay.timeout_seconds=60,stickiness.enabled=true",
                "target-group-attributes.80": "deregistration_delay.timeout_seconds=10,stickiness.enabled=",
                "target-group-attributes.81": "deregistration_delay.timeout_seconds=99",
            },
            {
                "deregistration_delay.timeout_seconds": "10",
                "proxy_protocol_v2.enabled": "false",
                "stickiness.enabled": "true",
            },
            id="those of the port, an empty one keeps the base",
        ),
    ],
)
def test_attributes_of_the_target_group(annotations: dict[str, str], attributes: dict[str, str]) -> None:
    assert _group(_ip(annotations)).attributes == attributes


def _reached(*ports: tuple[str, int | str]) -> tuple[DesiredAccess, ...]:
    return (DesiredAccess(peers=(SHARED,), ports=tuple(NetworkingPort(protocol=p, port=n) for p, n in ports)),)


@pytest.mark.parametrize(
    ("port", "check", "reached"),
    [
        pytest.param(echo.TCP, "traffic-port", (("TCP", 8080),), id="connections"),
        pytest.param(echo.TCP, "8080", (("TCP", 8080),), id="a health check on the same number"),
        pytest.param(echo.TCP, "9090", (("TCP", 8080), ("TCP", 9090)), id="a health check elsewhere"),
        pytest.param(
            echo.UDP, "traffic-port", (("UDP", 5353), ("TCP", 5353)), id="datagrams are checked by connections"
        ),
        pytest.param(echo.UDP, "9090", (("UDP", 5353), ("TCP", 9090)), id="datagrams with a health check elsewhere"),
        pytest.param(
            replace(echo.TCP, target_port="web"), "8080", (("TCP", "web"), ("TCP", 8080)), id="a name is no number"
        ),
    ],
)
def test_ports_that_are_reached(port: ServicePort, check: str, reached: tuple[tuple[str, int | str], ...]) -> None:
    group = _group(_ip({"healthcheck-port": check}, ports=(port,)))

    assert group.binding.networking == _reached(*reached)


def _from(*ranges: str, protocol: str = "TCP", port: int) -> DesiredAccess:
    return DesiredAccess(
        peers=tuple(NetworkingPeer(cidr=r) for r in ranges), ports=(NetworkingPort(protocol=protocol, port=port),)
    )


SUBNETS = ("10.0.100.0/24", "10.0.101.0/24", "10.0.102.0/24")


@pytest.mark.parametrize(
    ("subject", "rules"),
    [
        pytest.param(_ip({"disable-nlb-sg": "true"}), (_from(*SUBNETS, port=8080),), id="from its subnets"),
        pytest.param(
            echo.service({"disable-nlb-sg": "true"}),
            (_from("10.0.0.0/16", port=30080),),
            id="instances see clients, internal ones are of the VPC",
        ),
        pytest.param(
            echo.service({"disable-nlb-sg": "true", "scheme": "internet-facing"}),
            (_from("0.0.0.0/0", port=30080),),
            id="clients of an internet-facing one are anywhere",
        ),
        pytest.param(
            echo.service({"disable-nlb-sg": "true"}, load_balancer_source_ranges=("192.0.2.0/24",)),
            (_from("192.0.2.0/24", port=30080), _from(*SUBNETS, port=30080)),
            id="ranges of clients do not cover health checks",
        ),
        pytest.param(
            _ip({"disable-nlb-sg": "true"}, ports=(echo.UDP,)),
            (_from("10.0.0.0/16", protocol="UDP", port=5353), _from(*SUBNETS, port=5353)),
            id="datagrams come from clients",
        ),
        pytest.param(
            _ip({"disable-nlb-sg": "true", "healthcheck-port": "9090"}),
            (_from(*SUBNETS, port=8080), _from(*SUBNETS, port=9090)),
            id="a health check elsewhere",
        ),
        pytest.param(
            _ip({"disable-nlb-sg": "true", "manage-backend-security-group-rules": "false"}), None, id="none wanted"
        ),
    ],
)
def test_addresses_are_let_in_without_security_groups(
    subject: Service, rules: tuple[DesiredAccess, ...] | None
) -> None:
    desired = _built(subject)

    assert desired.load_balancer is not None
    assert (desired.load_balancer.security_groups, desired.managed_group) == ((), None)
    assert [g.binding.networking for g in desired.target_groups] == [rules]
    assert not desired.needs_shared_group


@pytest.mark.parametrize(
    ("annotations", "groups", "peers"),
    [
        pytest.param({"security-groups": " , "}, (GroupToken.MANAGED, SHARED), {SHARED}, id="an empty list"),
        pytest.param({"security-groups": "sg-node"}, ("sg-node",), set(), id="own groups"),
        pytest.param(
            {"security-groups": "sg-node", "manage-backend-security-group-rules": "true"},
            ("sg-node", SHARED),
            {SHARED},
            id="own groups, the targets' rules managed",
        ),
    ],
)
def test_security_groups(annotations: dict[str, str], groups: tuple[str, ...], peers: set[GroupToken]) -> None:
    desired = _built(_ip(annotations))

    assert desired.load_balancer is not None
    assert desired.load_balancer.security_groups == groups
    assert (desired.managed_group is not None) == (GroupToken.MANAGED in groups)
    accesses = [a for g in desired.target_groups for a in g.binding.networking or ()]
    assert {p for a in accesses for p in a.peers} == peers


@pytest.mark.parametrize(
    ("cluster", "annotations", "groups", "peer"),
    [
        pytest.param(
            replace(CLUSTER, backend_security_group_enabled=False),
            {},
            (GroupToken.MANAGED,),
            GroupToken.MANAGED,
            id="the managed group is the backend group where there is none",
        ),
        pytest.param(
            replace(CLUSTER, backend_security_group="sg-mine"),
            {},
            (GroupToken.MANAGED, "sg-mine"),
            NetworkingPeer(security_group_id="sg-mine"),
            id="a backend group of the installation",
        ),
        pytest.param(
            replace(CLUSTER, manage_backend_rules=True),
            {"security-groups": "sg-node"},
            ("sg-node", SHARED),
            SHARED,
            id="rules are managed beside own groups by the setting",
        ),
        pytest.param(
            replace(CLUSTER, manage_backend_rules=True),
            {"security-groups": "sg-node", "manage-backend-security-group-rules": "false"},
            ("sg-node",),
            None,
            id="the annotation wins over the setting",
        ),
        pytest.param(
            replace(CLUSTER, gates=DEFAULT_GATES - {Gate.NLB_SECURITY_GROUP}),
            {"manage-backend-security-group-rules": "false"},
            (),
            None,
            id="none where the gate is closed",
        ),
    ],
)
def test_security_groups_by_the_settings(
    cluster: Cluster, annotations: dict[str, str], groups: tuple[str, ...], peer: object
) -> None:
    desired = _built(_ip(annotations), cluster=cluster)

    assert desired.load_balancer is not None
    assert desired.load_balancer.security_groups == groups
    accesses = [a for g in desired.target_groups for a in g.binding.networking or ()]
    assert [p for a in accesses for p in a.peers] == [peer] * (peer is not None)


def test_own_groups_may_be_named() -> None:
    inventory = network_of_three_zones()
    node = inventory.security_groups["sg-node"]
    named = {**inventory.security_groups, "sg-web": replace(node, id="sg-web", tags={"Name": "web"})}

    balancer = _built(
        _ip({"security-groups": "web,sg-node"}), inventory=replace(inventory, security_groups=named)
    ).load_balancer

    assert balancer is not None
    assert balancer.security_groups == ("sg-node", "sg-web")


def test_rules_beside_own_groups_need_the_backend_group() -> None:
    subject = _ip({"security-groups": "sg-node", "manage-backend-security-group-rules": "true"})
    cluster = replace(CLUSTER, backend_security_group_enabled=False)

    assert _problems(subject, cluster=cluster) == [
        (Reason.INVALID_ANNOTATION, f"{echo.PREFIX}manage-backend-security-group-rules")
    ]


DUAL = {"ip-address-type": "dualstack"}


def _with_ipv6() -> Inventory:
    plain = network_of_three_zones()
    ranges = {s: f"2001:db8:0:{n}::/64" for n, s in enumerate(sorted(plain.subnets))}
    assert plain.vpc is not None
    return replace(
        plain,
        vpc=replace(plain.vpc, ipv6_cidrs=("2001:db8::/56",)),
        subnets={s: replace(subnet, ipv6_cidrs=(ranges[s],)) for s, subnet in plain.subnets.items()},
    )


def test_a_dual_stack_load_balancer_is_open_to_all_of_both_families() -> None:
    desired = _built(_ip({**DUAL, "enable-icmp-for-path-mtu-discovery": "on"}), inventory=_with_ipv6())

    assert desired.load_balancer is not None
    assert desired.load_balancer.ip_address_type == "dualstack"
    assert desired.managed_group is not None
    assert {(p.protocol, p.from_port, p.to_port, p.cidr, p.cidr6) for p in desired.managed_group.permissions} == {
        ("tcp", 80, 80, "0.0.0.0/0", ""),
        ("tcp", 80, 80, "", "::/0"),
        ("icmp", 3, 4, "0.0.0.0/0", ""),
        ("icmpv6", 2, 0, "", "::/0"),
    }


@pytest.mark.parametrize(
    ("annotations", "rules"),
    [
        pytest.param({}, ("2001:db8:0:",), id="from the subnets' IPv6 ranges"),
        pytest.param(
            {"target-group-attributes": "preserve_client_ip.enabled=true"}, ("2001:db8::/56",), id="from the VPC's"
        ),
    ],
)
def test_ipv6_targets_are_reached_from_ipv6_ranges(annotations: dict[str, str], rules: tuple[str, ...]) -> None:
    subject = _ip({**DUAL, "disable-nlb-sg": "true", **annotations}, ip_families=("IPv6",))

    (group,) = _built(subject, inventory=_with_ipv6()).target_groups

    assert group.ip_address_type == "ipv6"
    (access,) = group.binding.networking or ()
    sources = [p.cidr for p in access.peers if isinstance(p, NetworkingPeer)]
    assert sources
    assert all(source.startswith(rules) for source in sources)


def test_subnets_without_ipv6_are_no_place_for_a_dual_stack_load_balancer() -> None:
    assert _problems(_ip(DUAL)) == [(Reason.SUBNETS_NOT_FOUND, "")]


def test_own_groups_that_were_never_read_are_asked_for_and_absent_ones_refused() -> None:
    subject = _ip({"security-groups": "sg-far"})
    blank = Inventory(knowledge=Knowledge(stacks=frozenset({echo.KEY}), network=True))

    asked = build_stack(_input(subject, inventory=blank))

    assert isinstance(asked, Needs)
    assert (LookupKind.SECURITY_GROUPS, ("sg-far",)) in [(x.kind, x.keys) for x in asked.lookups]
    plain = network_of_three_zones()
    read = replace(plain, knowledge=replace(plain.knowledge, groups=frozenset({"sg-far"})))
    assert _problems(subject, inventory=read) == [(Reason.SECURITY_GROUP_NOT_FOUND, f"{echo.PREFIX}security-groups")]


@pytest.mark.parametrize(
    ("subject", "ranges"),
    [
        pytest.param(_ip(), {"0.0.0.0/0"}, id="everyone"),
        pytest.param(_ip(load_balancer_source_ranges=("192.0.2.7/24",)), {"192.0.2.0/24"}, id="a range of the spec"),
        pytest.param(
            replace(
                _ip(), meta=replace(_ip().meta, annotations={f"{PREFIX}load-balancer-source-ranges": "10.0.0.0/8"})
            ),
            {"10.0.0.0/8"},
            id="a range of the annotation",
        ),
    ],
)
def test_the_managed_group_is_open_to_the_ranges(subject: Service, ranges: set[str]) -> None:
    group = _built(subject).managed_group

    assert group is not None
    assert {p.cidr for p in group.permissions} == ranges


@pytest.mark.parametrize(
    ("annotations", "ranges", "rules"),
    [
        pytest.param(
            {"security-group-prefix-lists": "pl-1,pl-2,pl-1"},
            (),
            {("tcp", 80, 80, "pl-1"), ("tcp", 80, 80, "pl-2")},
            id="prefix lists alone",
        ),
        pytest.param(
            {"security-group-prefix-lists": "pl-1"},
            ("192.0.2.0/24",),
            {("tcp", 80, 80, "192.0.2.0/24"), ("tcp", 80, 80, "pl-1")},
            id="prefix lists beside ranges",
        ),
        pytest.param(
            {"enable-icmp-for-path-mtu-discovery": "on"},
            (),
            {("tcp", 80, 80, "0.0.0.0/0"), ("icmp", 3, 4, "0.0.0.0/0")},
            id="path MTU discovery",
        ),
        pytest.param(
            {"enable-icmp-for-path-mtu-discovery": "on", "security-group-prefix-lists": "pl-1"},
            (),
            {("tcp", 80, 80, "pl-1")},
            id="none from prefix lists",
        ),
        pytest.param(
            {"enable-icmp-for-path-mtu-discovery": "true"}, (), {("tcp", 80, 80, "0.0.0.0/0")}, id="any other value"
        ),
    ],
)
def test_inbound_rules(
    annotations: dict[str, str], ranges: tuple[str, ...], rules: set[tuple[str, int, int, str]]
) -> None:
    group = _built(_ip(annotations, load_balancer_source_ranges=ranges)).managed_group

    assert group is not None
    found = {(p.protocol, p.from_port, p.to_port, p.cidr or p.prefix_list) for p in group.permissions}
    assert found == rules


@pytest.mark.parametrize(
    ("annotations", "gates", "capacity"),
    [
        pytest.param({}, DEFAULT_GATES, None, id="left alone"),
        pytest.param({"minimum-load-balancer-capacity": "CapacityUnits=2800"}, DEFAULT_GATES, 2800, id="reserved"),
        pytest.param({"minimum-load-balancer-capacity": "CapacityUnits=0"}, DEFAULT_GATES, 0, id="given back"),
        pytest.param(
            {"minimum-load-balancer-capacity": "CapacityUnits=1"},
            DEFAULT_GATES - {Gate.CAPACITY_RESERVATION},
            None,
            id="not read where the gate is closed",
        ),
    ],
)
def test_capacity(annotations: dict[str, str], gates: frozenset[Gate], capacity: int | None) -> None:
    balancer = _built(_ip(annotations), cluster=replace(CLUSTER, gates=gates)).load_balancer

    assert balancer is not None
    assert balancer.capacity == capacity


def test_subnets_may_be_named_and_one_zone_is_enough() -> None:
    balancer = _built(_ip({"subnets": "private-b"})).load_balancer

    assert balancer is not None
    assert balancer.subnets == ("subnet-private-b",)


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        pytest.param(_ip({"scheme": "outside"}), (Reason.INVALID_ANNOTATION, "scheme"), id="a bad value"),
        pytest.param(_ip({"name": "x" * 33}), (Reason.INVALID_ANNOTATION, "name"), id="a name too long"),
        pytest.param(
            _ip({"minimum-load-balancer-capacity": "Units=1"}),
            (Reason.INVALID_ANNOTATION, "minimum-load-balancer-capacity"),
            id="no capacity units",
        ),
        pytest.param(_ip({"proxy-protocol": "80"}), (Reason.INVALID_ANNOTATION, "proxy-protocol"), id="proxy protocol"),
        pytest.param(
            _ip({"proxy-protocol-per-target-group": "http"}),
            (Reason.INVALID_ANNOTATION, "proxy-protocol-per-target-group"),
            id="proxy protocol of a port by name",
        ),
        pytest.param(
            _ip({"healthcheck-port": "gone"}),
            (Reason.INVALID_ANNOTATION, "healthcheck-port"),
            id="no port of that name",
        ),
        pytest.param(
            _ip({"attributes": "dns_record.client_routing_policy=near"}),
            (Reason.INVALID_ANNOTATION, "attributes"),
            id="an unknown routing policy",
        ),
        pytest.param(_ip({"ip-address-type": "ipv6"}), (Reason.INVALID_ANNOTATION, "ip-address-type"), id="IPv6 alone"),
        pytest.param(_ip({"ssl-ports": "80,https"}), (Reason.INVALID_ANNOTATION, "ssl-ports"), id="no port of TLS"),
        pytest.param(_ip({"subnets": "nowhere"}), (Reason.SUBNETS_NOT_FOUND, "subnets"), id="an unknown subnet"),
    ],
)
def test_what_is_wrong_with_an_annotation_is_found_at_it(subject: Service, problem: tuple[Reason, str]) -> None:
    reason, name = problem

    assert _problems(subject) == [(reason, f"{echo.PREFIX}{name}")]


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        pytest.param(
            _ip({"enable-tcp-udp-listener": "true"}, ports=(echo.TCP, replace(echo.TCP, name="again"))),
            (Reason.INVALID_SPEC, "spec.ports"),
            id="TCP twice on one port",
        ),
        pytest.param(_ip(ports=(replace(echo.TCP, protocol="SCTP"),)), (Reason.INVALID_SPEC, "spec.ports"), id="SCTP"),
        pytest.param(
            echo.service({}, ports=(replace(echo.TCP, node_port=0),)),
            (Reason.INVALID_SPEC, "spec.ports"),
            id="no node port",
        ),
        pytest.param(_ip(ip_families=("IPv6",)), (Reason.INVALID_SPEC, "spec.ipFamilies"), id="IPv6 targets"),
        pytest.param(
            _ip(load_balancer_source_ranges=("everyone",)),
            (Reason.INVALID_SPEC, "spec.loadBalancerSourceRanges"),
            id="a range that is none",
        ),
        pytest.param(
            _ip(load_balancer_source_ranges=("2001:db8::/32",)),
            (Reason.INVALID_SPEC, "spec.loadBalancerSourceRanges"),
            id="an IPv6 range",
        ),
        pytest.param(
            echo.service({}, external_traffic_policy="Local"),
            (Reason.INVALID_SPEC, "spec.healthCheckNodePort"),
            id="no health check port yet",
        ),
    ],
)
def test_what_is_wrong_with_the_spec_is_found_at_it(subject: Service, problem: tuple[Reason, str]) -> None:
    assert _problems(subject) == [problem]


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.TARGET_GROUP_BINDING])
def test_nothing_is_built_from_what_cannot_be_seen(kind: Kind) -> None:
    assert _problems(_ip(), view=View(blind={kind: "refused"})) == [(Reason.VIEW_INCOMPLETE, kind)]


def test_annotations_of_nobody_are_warned_of_and_those_of_the_cloud_provider_are_not() -> None:
    outcome = build_stack(_input(_ip({"shceme": "internal", "extra-security-groups": "sg-1"})))

    assert isinstance(outcome, Built)
    assert [(w.reason, w.field) for w in outcome.warnings] == [(Reason.UNKNOWN_ANNOTATION, f"{echo.PREFIX}shceme")]


@given(
    annotations=st.dictionaries(
        st.sampled_from(sorted(n + ("80" if n.endswith(".") else "") for n in CATALOGUE)), st.text(), max_size=4
    )
)
def test_no_text_in_any_annotation_raises(annotations: dict[str, str]) -> None:
    plain = _ip()
    meta = replace(plain.meta, annotations={f"{PREFIX}{k}": v for k, v in annotations.items()})

    outcome = build_stack(_input(replace(plain, meta=meta)))

    assert isinstance(outcome, Built | Broken | Needs)
