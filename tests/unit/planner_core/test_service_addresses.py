"""Addresses of a Service's load balancer: what they need, where they go, and what a change of them costs."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.annotations import network_shapes
from services.planner.core.annotations.values import BadValueError
from services.planner.core.aws import Inventory, LoadBalancer
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.diff.load_balancers import diff_load_balancer
from services.planner.core.diff.placement import diff_placement, subnet_mappings
from services.planner.core.draft import Draft
from services.planner.core.inputs import StackInput, View
from services.planner.core.plans import AwsCall
from services.planner.core.problems import Reason
from tests.unit.planner_core import echo
from tests.unit.planner_core.simulated import CLUSTER, network_of_three_zones

DUAL = {"ip-address-type": "dualstack"}
PUBLIC = {"scheme": "internet-facing", "subnets": "public-a,public-b"}
INTERNAL = {"subnets": "private-a,private-b"}


def _network() -> Inventory:
    plain = network_of_three_zones()
    ranges = {s: f"2001:db8:0:{n + 1}::/64" for n, s in enumerate(sorted(plain.subnets))}
    return replace(plain, subnets={s: replace(subnet, ipv6_cidrs=(ranges[s],)) for s, subnet in plain.subnets.items()})


def _subnet(name: str) -> Any:
    return next(s for s in _network().subnets.values() if s.tags.get("Name") == name)


def _build(annotations: dict[str, str]) -> object:
    subject = echo.service({"nlb-target-type": "ip", **annotations})
    inp = StackInput(cluster=CLUSTER, view=View(), key=echo.KEY, services={echo.NAME: subject}, inventory=_network())
    return build_stack(inp)


def _balancer(annotations: dict[str, str]) -> DesiredLoadBalancer:
    outcome = _build(annotations)
    assert isinstance(outcome, Built), outcome
    assert outcome.desired.load_balancer is not None
    return outcome.desired.load_balancer


def _in(name: str, host: int) -> str:
    return f"{_subnet(name).cidr.rsplit('.', 1)[0]}.{host}"


def _in_ipv6(name: str, rest: str) -> str:
    return f"{_subnet(name).ipv6_cidrs[0].removesuffix('::/64')}::{rest}"


@pytest.mark.parametrize(
    ("annotations", "mappings"),
    [
        pytest.param(
            {**PUBLIC, "eip-allocations": "eipalloc-1, eipalloc-2"},
            [{"AllocationId": "eipalloc-1"}, {"AllocationId": "eipalloc-2"}],
            id="Elastic IP addresses by the order of the subnets",
        ),
        pytest.param(
            {**INTERNAL, "private-ipv4-addresses": f"{_in('private-b', 9)},{_in('private-a', 8)}"},
            [{"PrivateIPv4Address": _in("private-a", 8)}, {"PrivateIPv4Address": _in("private-b", 9)}],
            id="private addresses by the subnet they lie in",
        ),
        pytest.param(
            {**INTERNAL, **DUAL, "ipv6-addresses": f"{_in_ipv6('private-b', '9')},{_in_ipv6('private-a', '8')}"},
            [{"IPv6Address": _in_ipv6("private-a", "8")}, {"IPv6Address": _in_ipv6("private-b", "9")}],
            id="IPv6 addresses by the subnet they lie in",
        ),
        pytest.param(
            {
                **INTERNAL,
                **DUAL,
                "enable-prefix-for-ipv6-source-nat": "on",
                "source-nat-ipv6-prefixes": f"auto_assigned,{_in_ipv6('private-b', '')}/80",
            },
            [{"SourceNatIpv6Prefix": "auto_assigned"}, {"SourceNatIpv6Prefix": f"{_in_ipv6('private-b', '')}/80"}],
            id="prefixes by the order of the subnets",
        ),
        pytest.param(INTERNAL, [{}, {}], id="absent"),
    ],
)
def test_addresses_go_to_their_subnets(annotations: dict[str, str], mappings: list[dict[str, str]]) -> None:
    found = subnet_mappings(_balancer(annotations))

    assert [{k: v for k, v in mapping.items() if k != "SubnetId"} for mapping in found] == mappings


@pytest.mark.parametrize(
    ("annotations", "field"),
    [
        pytest.param({**PUBLIC, "eip-allocations": "eipalloc-1"}, "eip-allocations", id="one address for two subnets"),
        pytest.param({**INTERNAL, "eip-allocations": "a,b"}, "eip-allocations", id="an Elastic IP inside the VPC"),
        pytest.param(
            {**PUBLIC, "private-ipv4-addresses": f"{_in('public-a', 8)},{_in('public-b', 8)}"},
            "private-ipv4-addresses",
            id="private addresses of a public load balancer",
        ),
        pytest.param(
            {**INTERNAL, "private-ipv4-addresses": f"{_in('private-a', 8)},{_in('private-a', 9)}"},
            "private-ipv4-addresses",
            id="two addresses of one subnet",
        ),
        pytest.param(
            {**INTERNAL, "private-ipv4-addresses": "10.0.0.300,10.0.0.1"}, "private-ipv4-addresses", id="no address"
        ),
        pytest.param({**INTERNAL, "ipv6-addresses": "2001:db8::1,2001:db8::2"}, "ipv6-addresses", id="IPv6 on ipv4"),
        pytest.param(
            {**INTERNAL, "enable-prefix-for-ipv6-source-nat": "on"},
            "enable-prefix-for-ipv6-source-nat",
            id="source NAT on ipv4",
        ),
        pytest.param(
            {**INTERNAL, "enable-prefix-for-ipv6-source-nat": "yes"},
            "enable-prefix-for-ipv6-source-nat",
            id="neither on nor off",
        ),
        pytest.param(
            {**INTERNAL, **DUAL, "source-nat-ipv6-prefixes": "auto_assigned,auto_assigned"},
            "source-nat-ipv6-prefixes",
            id="prefixes without source NAT",
        ),
        pytest.param(
            {
                **INTERNAL,
                **DUAL,
                "enable-prefix-for-ipv6-source-nat": "on",
                "source-nat-ipv6-prefixes": "auto_assigned,2001:db8:ffff::/80",
            },
            "source-nat-ipv6-prefixes",
            id="a prefix of another subnet",
        ),
        pytest.param(
            {**INTERNAL, "inbound-sg-rules-on-private-link-traffic": "yes"},
            "inbound-sg-rules-on-private-link-traffic",
            id="PrivateLink neither on nor off",
        ),
    ],
)
def test_what_does_not_fit_is_found_at_its_annotation(annotations: dict[str, str], field: str) -> None:
    outcome = _build(annotations)

    assert isinstance(outcome, Broken), outcome
    assert [(p.reason, p.field) for p in outcome.problems] == [(Reason.INVALID_ANNOTATION, f"{echo.PREFIX}{field}")]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        pytest.param(network_shapes.prefix_lists, "pl-1, pl-2,pl-1", ("pl-1", "pl-2"), id="prefix lists, each once"),
        pytest.param(network_shapes.source_nat_prefixes, "auto_assigned", (None,), id="a prefix that AWS chooses"),
    ],
)
def test_good_values(parse: Any, text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(network_shapes.prefix_lists, "pl-1,list", id="no id of a prefix list"),
        pytest.param(network_shapes.source_nat_prefixes, "2001:db8::/64", id="another length"),
        pytest.param(network_shapes.ipv6_addresses, "fe80::1%eth0", id="an address with a zone"),
    ],
)
def test_bad_values(parse: Any, text: str) -> None:
    with pytest.raises(BadValueError):
        parse(text)


DESIRED = DesiredLoadBalancer(
    resource_id="LoadBalancer",
    name="n",
    type="network",
    scheme="internal",
    ip_address_type="dualstack",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
    tags={},
)
FOUND = LoadBalancer(
    arn="arn",
    name="n",
    type="network",
    scheme="internal",
    ip_address_type="dualstack",
    vpc_id="vpc-1",
    dns_name="",
    state="active",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
    tags={},
    attributes={},
)
PREFIX = "2001:db8::/80"


def _calls(draft: Draft) -> list[tuple[str, dict[str, Any]]]:
    return [
        (s.work.operation, {k: v for k, v in s.work.parameters.items() if k != "LoadBalancerArn"})
        for s in draft.plan(echo.KEY).steps
        if isinstance(s.work, AwsCall)
    ]


@pytest.mark.parametrize(
    ("desired", "found", "calls"),
    [
        pytest.param(DESIRED, FOUND, [], id="as desired"),
        pytest.param(replace(DESIRED, private_ipv4=("10.0.0.9",)), FOUND, [], id="another address alone moves nothing"),
        pytest.param(
            replace(DESIRED, source_nat=True),
            FOUND,
            [("SetSubnets", {"SubnetMappings": [{"SubnetId": "subnet-1"}], "EnablePrefixForIpv6SourceNat": "on"})],
            id="source NAT is switched on",
        ),
        pytest.param(
            replace(DESIRED, source_nat=True, source_nat_prefixes=(PREFIX,)),
            replace(FOUND, source_nat=True, source_nat_prefixes=(PREFIX,)),
            [],
            id="the prefix that is asked for stands",
        ),
        pytest.param(
            replace(DESIRED, source_nat=True, source_nat_prefixes=(PREFIX,)),
            replace(FOUND, source_nat=True, source_nat_prefixes=("2001:db8:1::/80",)),
            [
                (
                    "SetSubnets",
                    {
                        "SubnetMappings": [{"SubnetId": "subnet-1", "SourceNatIpv6Prefix": PREFIX}],
                        "EnablePrefixForIpv6SourceNat": "on",
                    },
                )
            ],
            id="another prefix is asked for",
        ),
        pytest.param(
            replace(DESIRED, source_nat=True, source_nat_prefixes=("auto_assigned",)),
            replace(FOUND, source_nat=True, source_nat_prefixes=(PREFIX,)),
            [],
            id="any prefix will do",
        ),
        pytest.param(
            DESIRED,
            replace(FOUND, ip_address_type="ipv4"),
            [("SetIpAddressType", {"IpAddressType": "dualstack"})],
            id="IPv6 is added",
        ),
        pytest.param(
            replace(DESIRED, ipv6=("2001:db8::9",)),
            replace(FOUND, ip_address_type="ipv4"),
            [
                (
                    "SetSubnets",
                    {
                        "SubnetMappings": [{"SubnetId": "subnet-1", "IPv6Address": "2001:db8::9"}],
                        "IpAddressType": "dualstack",
                        "EnablePrefixForIpv6SourceNat": "off",
                    },
                )
            ],
            id="IPv6 is added with addresses, in one call",
        ),
        pytest.param(replace(DESIRED, ipv6=("2001:db8::9",)), FOUND, [], id="addresses of IPv6 that stands already"),
    ],
)
def test_calls_of_a_change(
    desired: DesiredLoadBalancer, found: LoadBalancer, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    draft = Draft()
    fields = diff_placement(draft, desired, found)

    assert _calls(draft) == calls
    assert bool(fields) == bool(calls)


@pytest.mark.parametrize(
    ("wanted", "stands", "sent"),
    [
        pytest.param(None, "off", [], id="left alone"),
        pytest.param("on", "on", [], id="as wanted"),
        pytest.param("off", "on", ["off"], id="switched off"),
    ],
)
def test_rules_for_private_link(wanted: str | None, stands: str, sent: list[str]) -> None:
    draft = Draft()
    desired, found = replace(DESIRED, private_link_rules=wanted), replace(FOUND, private_link_rules=stands)

    diff_load_balancer(draft, desired, found, ["sg-1"], kept=(), asked_by="")

    switch = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    assert [p.get(switch) for o, p in _calls(draft) if o == "SetSecurityGroups"] == sent
