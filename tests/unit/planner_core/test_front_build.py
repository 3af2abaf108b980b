"""What is built for the annotations of the load balancer in front: values, defaults, groups, and what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Inventory, SecurityGroup
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredFront, GroupToken
from services.planner.core.inputs import StackInput
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    CLUSTER,
    PREFIX,
    PUBLIC_ROLE,
    built,
    ingress,
    inventory,
    stack_input,
    subnet,
)

ON = {"enable-frontend-nlb": "true"}
PORTS = {"listen-ports": '[{"HTTP": 80}, {"HTTP": 8080}]'}
PUBLIC = {"frontend-nlb-scheme": "internet-facing"}
BOTH = inventory(
    *(subnet(z, z) for z in "abc"), *(subnet(f"public-{z}", z, tags={PUBLIC_ROLE: "1", "Name": z}) for z in "ab")
)


def asks(*annotations: Mapping[str, str], **fields: Any) -> StackInput:
    """Each mapping is what one member asks for, all of one group if there are several."""
    members = [
        ingress({**own, "group.name": "g"}, meta={"name": f"web-{n}", "uid": f"uid-{n}"})
        for n, own in enumerate(annotations)
    ]
    if len(annotations) == 1:
        members = [ingress(annotations[0])]
        return stack_input(*members, **{"inventory": BOTH, **fields})
    key = replace(stack_input().key, namespace="", name="g")
    finalizer = ("group.ingress.k8s.aws/g",)
    members = [replace(m, meta=replace(m.meta, finalizers=finalizer)) for m in members]
    return stack_input(*members, **{"inventory": BOTH, "key": key, **fields})


def front(*annotations: Mapping[str, str], **fields: Any) -> DesiredFront:
    found = built(asks(*annotations, **fields)).front
    assert found is not None
    return found


def refusals(*annotations: Mapping[str, str], **fields: Any) -> list[tuple[str, Reason, str, str]]:
    outcome = build_stack(asks(*annotations, **fields))
    assert isinstance(outcome, Broken), outcome
    return [(str(p.where), p.reason, p.field.removeprefix(PREFIX), p.message) for p in outcome.problems]


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({}, id="nobody asks for it"),
        pytest.param({"enable-frontend-nlb": "false"}, id="it is switched off"),
        pytest.param({"enable-frontend-nlb": "false", "frontend-nlb-scheme": "internal"}, id="settings alone"),
    ],
)
def test_nothing_stands_in_front_where(annotations: dict[str, str]) -> None:
    assert built(asks(annotations)).front is None


def test_the_defaults_of_what_stands_in_front() -> None:
    desired = built(asks(ON))
    found = desired.front
    assert found is not None
    assert desired.load_balancer is not None
    balancer = found.load_balancer
    assert balancer.name == f"{desired.load_balancer.name[:28]}-nlb"
    assert (balancer.type, balancer.scheme, balancer.ip_address_type) == ("network", "internal", "ipv4")
    assert balancer.subnets == ("subnet-a", "subnet-b", "subnet-c")
    assert balancer.security_groups == (GroupToken.MANAGED, GroupToken.SHARED)
    assert (balancer.attributes, balancer.allocations) == ({}, ())
    assert balancer.tags["ingress.k8s.aws/resource"] == "FrontendNlb"
    (listener,) = found.listeners
    assert (listener.port, listener.protocol) == (80, "TCP")
    assert listener.tags["ingress.k8s.aws/resource"] == "FrontendNlb-ls-TCP-80"
    (group,) = found.target_groups
    assert (group.resource_id, group.target_type, group.protocol) == ("FrontendNlb-tg-TCP-80", "alb", "TCP")
    assert (group.port, group.listener_port, group.ip_address_type) == (80, 80, "ipv4")
    check = group.health_check
    assert (check.protocol, check.port, check.path, check.http_codes) == ("HTTP", "traffic-port", "/", "200")
    assert (check.interval_seconds, check.timeout_seconds) == (15, 5)
    assert (check.healthy_threshold, check.unhealthy_threshold) == (2, 2)


def test_the_scheme_is_not_that_of_the_load_balancer_behind() -> None:
    found = front({**ON, "scheme": "internet-facing"}).load_balancer
    assert (found.scheme, found.subnets) == ("internal", ("subnet-a", "subnet-b", "subnet-c"))
    found = front({**ON, **PUBLIC}).load_balancer
    assert (found.scheme, found.subnets) == ("internet-facing", ("subnet-public-a", "subnet-public-b"))
    by_setting = front(ON, cluster=replace(CLUSTER, default_scheme="internet-facing"))
    assert by_setting.load_balancer.scheme == "internet-facing"


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        pytest.param({}, {80: 80, 8080: 8080}, id="every port is its own"),
        pytest.param({"frontend-nlb-listener-port-mapping": "9000=80"}, {9000: 80}, id="one port for another"),
        pytest.param(
            {"frontend-nlb-listener-port-mapping": "80=8080, 8080=80"}, {80: 8080, 8080: 80}, id="ports are crossed"
        ),
        pytest.param(
            {"frontend-nlb-listener-port-mapping": "80=80,443=443"}, {80: 80}, id="nobody listens behind one of them"
        ),
        pytest.param(
            {"frontend-nlb-listener-port-mapping": "80=80,81=80"}, {80: 80, 81: 80}, id="two ports for the same one"
        ),
    ],
)
def test_ports_when(mapping: dict[str, str], expected: dict[int, int]) -> None:
    found = front({**ON, **PORTS, **mapping})
    assert {g.port: g.listener_port for g in found.target_groups} == expected
    assert [x.port for x in found.listeners] == sorted(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "field", "expected"),
    [
        pytest.param("healthcheck-port", "8081", "port", "8081", id="its port"),
        pytest.param("healthcheck-protocol", "HTTPS", "protocol", "HTTPS", id="its protocol"),
        pytest.param("healthcheck-path", "/live", "path", "/live", id="its path"),
        pytest.param("healthcheck-success-codes", "200-399", "http_codes", "200-399", id="its codes"),
        pytest.param("healthcheck-interval-seconds", "30", "interval_seconds", 30, id="its interval"),
        pytest.param("healthcheck-timeout-seconds", "9", "timeout_seconds", 9, id="its time-out"),
        pytest.param("healthcheck-healthy-threshold-count", "3", "healthy_threshold", 3, id="its healthy threshold"),
        pytest.param("healthcheck-unhealthy-threshold-count", "4", "unhealthy_threshold", 4, id="its unhealthy one"),
    ],
)
def test_a_health_check_has(annotation: str, value: str, field: str, expected: object) -> None:
    (group,) = front({**ON, f"frontend-nlb-{annotation}": value}).target_groups
    assert getattr(group.health_check, field) == expected


@pytest.mark.parametrize(
    ("annotation", "value", "accepted"),
    [
        pytest.param("enable-frontend-nlb", "yes", "true and false", id="a word that is no truth value"),
        pytest.param("frontend-nlb-scheme", "public", "internal, internet-facing", id="an unknown scheme"),
        pytest.param("frontend-nlb-listener-port-mapping", "80", "pairs of ports", id="a port without another"),
        pytest.param("frontend-nlb-listener-port-mapping", "http=80", "pairs of ports", id="a port by name"),
        pytest.param("frontend-nlb-listener-port-mapping", "80=70000", "pairs of ports", id="a port beyond all ports"),
        pytest.param("frontend-nlb-healthcheck-port", "http", "traffic-port and port numbers", id="a named check port"),
        pytest.param("frontend-nlb-healthcheck-protocol", "TCP", "HTTP, HTTPS", id="a TCP check"),
        pytest.param("frontend-nlb-healthcheck-path", "live", "start with /", id="a path without a slash"),
        pytest.param("frontend-nlb-healthcheck-success-codes", "ok", "codes such as", id="codes that are words"),
        pytest.param("frontend-nlb-healthcheck-interval-seconds", "4", "from 5 to 300", id="too short an interval"),
        pytest.param("frontend-nlb-healthcheck-timeout-seconds", "121", "from 2 to 120", id="too long a time-out"),
        pytest.param("frontend-nlb-healthcheck-healthy-threshold-count", "1", "from 2 to 10", id="one success"),
        pytest.param("frontend-nlb-healthcheck-unhealthy-threshold-count", "11", "from 2 to 10", id="eleven failures"),
        pytest.param("frontend-nlb-attributes", "a", "pairs key=value", id="an attribute without a value"),
        pytest.param(
            "frontend-nlb-attributes",
            "dns_record.client_routing_policy=near",
            "availability_zone_affinity",
            id="an unknown routing policy",
        ),
        pytest.param("frontend-nlb-tags", "a", "pairs key=value", id="a tag without a value"),
    ],
)
def test_a_bad_value(annotation: str, value: str, accepted: str) -> None:
    ((where, reason, field, message),) = refusals({**ON, annotation: value})
    assert (where, reason, field) == ("Ingress/shop/web", Reason.INVALID_ANNOTATION, annotation)
    assert message.startswith(f'the value "{value}" is not accepted: accepted are ')
    assert accepted in message


def test_tags_replace_all_others() -> None:
    cluster = replace(CLUSTER, default_tags={"team": "all"})
    own = {**ON, "tags": "a=1", "frontend-nlb-tags": "b=2"}
    found = front(own, cluster=cluster)
    tagged = [found.load_balancer.tags, *(x.tags for x in found.listeners), *(g.tags for g in found.target_groups)]
    assert [{k: v for k, v in t.items() if "k8s.aws" not in k} for t in tagged] == [{"b": "2"}] * 3
    inherited = front({**ON, "tags": "a=1"}, cluster=cluster)
    assert {"a": "1", "team": "all"}.items() <= inherited.load_balancer.tags.items()


def test_tags_of_others_are_left_to_them() -> None:
    cluster = replace(CLUSTER, external_managed_tags=frozenset({"cost"}))
    ((_, reason, field, _),) = refusals({**ON, "frontend-nlb-tags": "cost=1"}, cluster=cluster)
    assert (reason, field) == (Reason.INVALID_ANNOTATION, "frontend-nlb-tags")


def test_attributes_are_those_that_are_asked_for() -> None:
    asked = "load_balancing.cross_zone.enabled=true,dns_record.client_routing_policy=availability_zone_affinity"
    assert front({**ON, "frontend-nlb-attributes": asked}).load_balancer.attributes == {
        "dns_record.client_routing_policy": "availability_zone_affinity",
        "load_balancing.cross_zone.enabled": "true",
    }


def test_subnets_are_named_and_addresses_follow_their_order() -> None:
    asked = {
        **ON,
        **PUBLIC,
        "frontend-nlb-subnets": "b, subnet-public-a",
        "frontend-nlb-eip-allocations": "eipalloc-1,eipalloc-2",
    }
    found = front(asked).load_balancer
    addresses = dict(zip(found.subnets, found.allocations, strict=True))
    assert set(addresses) == {"subnet-public-a", "subnet-public-b"}
    assert found.allocations == ("eipalloc-1", "eipalloc-2")


@pytest.mark.parametrize(
    ("annotations", "field", "message"),
    [
        pytest.param(
            {"frontend-nlb-eip-allocations": "eipalloc-1,eipalloc-2,eipalloc-3"},
            "frontend-nlb-eip-allocations",
            "Elastic IP addresses need the scheme internet-facing; this load balancer is internal",
            id="addresses for an internal one",
        ),
        pytest.param(
            {**PUBLIC, "frontend-nlb-eip-allocations": "eipalloc-1"},
            "frontend-nlb-eip-allocations",
            "1 addresses are given for 2 subnets; each subnet needs one",
            id="fewer addresses than subnets",
        ),
        pytest.param(
            {"frontend-nlb-subnets": "subnet-x"},
            "frontend-nlb-subnets",
            "subnet subnet-x is not in vpc-1",
            id="a subnet that is not there",
        ),
    ],
)
def test_it_is_refused_with(annotations: dict[str, str], field: str, message: str) -> None:
    ((where, _, found, text),) = refusals({**ON, **annotations})
    assert (where, found, text) == ("Ingress/shop/web", field, message)


def test_one_member_is_enough_and_all_members_are_in_front() -> None:
    other = {"listen-ports": '[{"HTTP": 8080}]'}
    found = front(ON, other)
    assert [x.port for x in found.listeners] == [80, 8080]
    assert {str(g.asked_by) for g in found.target_groups} == {"Ingress/shop/web-0", "Ingress/shop/web-1"}


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("enable-frontend-nlb", "true", "false", id="whether it stands"),
        pytest.param("frontend-nlb-scheme", "internal", "internet-facing", id="the scheme"),
        pytest.param("frontend-nlb-subnets", "a,b", "a", id="the subnets"),
        pytest.param("frontend-nlb-security-groups", "sg-1,sg-2", "sg-2,sg-1", id="the order of security groups"),
        pytest.param("frontend-nlb-eip-allocations", "e-1,e-2", "e-1,e-3", id="the addresses"),
        pytest.param("frontend-nlb-listener-port-mapping", "80=80", "80=8080", id="what is behind a port"),
        pytest.param("frontend-nlb-healthcheck-path", "/a", "/b", id="the path of health checks"),
        pytest.param("frontend-nlb-healthcheck-interval-seconds", "10", "20", id="the interval of health checks"),
        pytest.param("frontend-nlb-attributes", "a=1", "b=1", id="attributes"),
        pytest.param("frontend-nlb-tags", "a=1", "a=1,b=1", id="tags"),
    ],
)
def test_members_that_contradict_each_other_about(name: str, one: str, other: str) -> None:
    found = refusals({**ON, **PUBLIC, **PORTS, name: one}, {**PUBLIC, **PORTS, name: other})
    assert ("Ingress/shop/web-1", Reason.CONFLICTING_MEMBERS, name) in [x[:3] for x in found]
    assert "Ingress/shop/web-0" in next(m for _, _, field, m in found if field == name)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("frontend-nlb-subnets", "a,b", "b,a", id="subnets in another order"),
        pytest.param("frontend-nlb-eip-allocations", "e-1,e-2", "e-2,e-1", id="addresses in another order"),
        pytest.param("frontend-nlb-healthcheck-success-codes", "200", "200", id="success codes that are the same"),
        pytest.param("frontend-nlb-attributes", "a=1", None, id="attributes that one leaves open"),
        pytest.param("frontend-nlb-healthcheck-path", None, "/b", id="a path that one leaves open"),
        pytest.param("frontend-nlb-listener-port-mapping", "80=80", "81=8080", id="different ports"),
    ],
)
def test_members_agree_with(name: str, one: str | None, other: str | None) -> None:
    first = {**ON, **PUBLIC, **PORTS, **({name: one} if one else {})}
    assert isinstance(build_stack(asks(first, {**PUBLIC, **PORTS, **({name: other} if other else {})})), Built)


def test_security_groups_are_named_by_id_and_by_tag() -> None:
    groups = {
        id_: SecurityGroup(
            id=id_, name=id_, description="", vpc_id="vpc-1", permissions=frozenset(), tags={"Name": f"name-{id_}"}
        )
        for id_ in ("sg-1", "sg-2")
    }
    known = replace(
        BOTH,
        security_groups=groups,
        knowledge=replace(BOTH.knowledge, groups=frozenset(groups), group_names=frozenset({"name-sg-1"})),
    )
    asked = {**ON, "frontend-nlb-security-groups": "name-sg-1,sg-2"}
    assert front(asked, inventory=known).load_balancer.security_groups == ("sg-2", "sg-1")
    own = {**ON, "security-groups": "sg-2"}
    assert front(own, inventory=known).load_balancer.security_groups == ("sg-2",)
    ((_, reason, field, _),) = refusals(
        {**ON, "frontend-nlb-security-groups": "sg-3"}, inventory=_knowing(known, "sg-3")
    )
    assert (reason, field) == (Reason.SECURITY_GROUP_NOT_FOUND, "frontend-nlb-security-groups")


def test_the_address_type_is_that_of_the_load_balancer_behind() -> None:
    six = inventory(*(subnet(z, z, ipv6_cidrs=("2001:db8::/64",)) for z in "abc"))
    assert front({**ON, "ip-address-type": "dualstack"}, inventory=six).load_balancer.ip_address_type == "dualstack"
    found = refusals({**ON, "ip-address-type": "dualstack-without-public-ipv4", **PUBLIC}, inventory=BOTH)
    assert "enable-frontend-nlb" in [field for _, _, field, _ in found]


def _knowing(known: Inventory, group: str) -> Inventory:
    return replace(known, knowledge=replace(known.knowledge, groups=known.knowledge.groups | {group}))
