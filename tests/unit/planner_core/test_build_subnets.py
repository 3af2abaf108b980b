"""Subnet discovery (networking, section 1), and the subnets of a standing load balancer."""

import hashlib
from dataclasses import replace

import pytest

from services.planner.core.aws import Inventory, Knowledge, LoadBalancer, RouteTable, Subnet, Zone
from services.planner.core.build import Broken, build_stack
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    INTERNAL_ROLE,
    KEY,
    PUBLIC_ROLE,
    built,
    ingress,
    inventory,
    stack_input,
    subnet,
)


def _hash(*inputs: str) -> str:
    return hashlib.sha256("".join(inputs).encode()).hexdigest()[:10]


CLUSTER_TAG = "kubernetes.io/cluster/c1"
OTHER_CLUSTER = "kubernetes.io/cluster/c2"
ROLE = {INTERNAL_ROLE: "1"}
NONE: dict[str, str] = {}
STANDING = LoadBalancer(
    arn="arn:lb",
    name="kept-name",
    type="application",
    scheme="internal",
    ip_address_type="ipv4",
    vpc_id="vpc-1",
    dns_name="kept.example.com",
    state="active",
    subnets=("subnet-x", "subnet-y"),
    security_groups=(),
    tags={
        "elbv2.k8s.aws/cluster": "c1",
        "ingress.k8s.aws/stack": "shop/web",
        "ingress.k8s.aws/resource": "LoadBalancer",
    },
)
# By the formulas of naming and tags, section 2.1, on the inputs of the plain stack.
STACK_QUESTION = Lookup(
    kind=LookupKind.STACK,
    keys=(
        f"lb:k8s-shop-web-{_hash('c1', 'shop/web', 'internal')}",
        f"sg:k8s-shop-web-{_hash('c1', 'shop/web')}",
        f"tg:k8s-shop-app-{_hash('c1', 'shop/web', 'shopweb', 'uid-app', '80', '30080', 'instance', 'HTTP', 'HTTP1')}",
    ),
)


def _chosen(known: Inventory, scheme: str = "internal") -> tuple[str, ...]:
    balancer = built(stack_input(ingress({"scheme": scheme}), inventory=known)).load_balancer
    assert balancer is not None
    return balancer.subnets


def _refusal(known: Inventory) -> str:
    outcome = build_stack(stack_input(inventory=known))
    assert isinstance(outcome, Broken), outcome
    ((where, reason, message),) = [(str(p.where), p.reason, p.message) for p in outcome.problems]
    assert (where, reason) == ("Ingress/shop/web", Reason.SUBNETS_NOT_FOUND)
    return message


@pytest.mark.parametrize(
    ("subnets", "expected"),
    [
        pytest.param(
            [subnet("2", "b"), subnet("1", "a")], ("subnet-1", "subnet-2"), id="with the role tag, sorted by id"
        ),
        pytest.param(
            [subnet("1", "a", tags={INTERNAL_ROLE: ""}), subnet("2", "b")],
            ("subnet-1", "subnet-2"),
            id="the role tag may be empty",
        ),
        pytest.param(
            [subnet("1", "a", tags={INTERNAL_ROLE: "0"}), subnet("2", "b"), subnet("3", "c")],
            ("subnet-2", "subnet-3"),
            id="another value of the role tag does not count",
        ),
        pytest.param(
            [subnet("1", "a"), subnet("2", "b"), subnet("3", "c", vpc_id="vpc-2")],
            ("subnet-1", "subnet-2"),
            id="of another VPC does not count",
        ),
        pytest.param(
            [subnet("1", "a"), subnet("2", "a"), subnet("3", "b")],
            ("subnet-1", "subnet-3"),
            id="one per zone, the lowest id",
        ),
        pytest.param(
            [subnet("1", "a"), subnet("2", "a", tags={**ROLE, CLUSTER_TAG: "shared"}), subnet("3", "b")],
            ("subnet-2", "subnet-3"),
            id="one per zone, the cluster's own before a lower id",
        ),
        pytest.param(
            [subnet("1", "a", tags={**ROLE, OTHER_CLUSTER: "owned"}), subnet("2", "b"), subnet("3", "c")],
            ("subnet-2", "subnet-3"),
            id="another cluster's does not count",
        ),
        pytest.param(
            [
                subnet("1", "a", tags={**ROLE, OTHER_CLUSTER: "owned", CLUSTER_TAG: "shared"}),
                subnet("2", "b"),
            ],
            ("subnet-1", "subnet-2"),
            id="one shared with another cluster counts",
        ),
        pytest.param(
            [subnet("1", "a", available_addresses=7), subnet("2", "b", available_addresses=8), subnet("3", "c")],
            ("subnet-2", "subnet-3"),
            id="eight free addresses are needed",
        ),
        pytest.param(
            [subnet("1", "a", outpost_arn="arn:outpost")], ("subnet-1",), id="on an outpost one subnet is enough"
        ),
    ],
)
def test_chosen(subnets: list[Subnet], expected: tuple[str, ...]) -> None:
    assert _chosen(inventory(*subnets)) == expected


def test_the_role_tag_follows_the_scheme() -> None:
    known = inventory(*(subnet(z, z, tags={PUBLIC_ROLE: "1"}) for z in "ab"), subnet("c", "c"))

    assert _chosen(known, "internet-facing") == ("subnet-a", "subnet-b")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(
            inventory(subnet("1", "a", available_addresses=1), subnet("2", "b", tags={**ROLE, OTHER_CLUSTER: "x"})),
            "unable to resolve at least one subnet: of 2 evaluated, 1 are tagged for other clusters,"
            " 1 have fewer than 8 free addresses (scheme internal)",
            id="none is eligible, and no other way is tried",
        ),
        pytest.param(
            inventory(subnet("1", "a")),
            "an application load balancer needs subnets in two zones, found 1: subnet-1 (scheme internal)",
            id="only one zone",
        ),
        pytest.param(
            inventory(subnet("1", "a"), subnet("2", "b", outpost_arn="arn:outpost")),
            "subnets in multiple locales: availability-zone, outpost (scheme internal)",
            id="a zone and an outpost",
        ),
        pytest.param(
            inventory(
                subnet("1", "a"),
                subnet("2", "b"),
                zones={
                    "usw2-a": Zone(id="usw2-a", name="us-west-2a", type="availability-zone"),
                    "usw2-b": Zone(id="usw2-b", name="us-west-2b", type="moon-zone"),
                },
            ),
            'subnet subnet-2 is in zone us-west-2b, whose type "moon-zone" is not known (scheme internal)',
            id="a zone of a type that is not known",
        ),
    ],
)
def test_refused(known: Inventory, expected: str) -> None:
    assert _refusal(known) == expected


UNTAGGED = tuple(subnet(f"{n}-{z}", z, tags=NONE) for n in ("private", "public") for z in "ab")
TABLES = {
    "rtb-1": RouteTable(id="rtb-1", main=True, subnets=(), gateways=("local",)),
    "rtb-2": RouteTable(id="rtb-2", main=False, subnets=("subnet-public-a", "subnet-public-b"), gateways=("igw-1",)),
}


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        pytest.param("internal", ("subnet-private-a", "subnet-private-b"), id="internal takes those without a way out"),
        pytest.param("internet-facing", ("subnet-public-a", "subnet-public-b"), id="internet-facing takes the others"),
    ],
)
def test_without_any_role_tag_the_route_tables_decide(scheme: str, expected: tuple[str, ...]) -> None:
    known = inventory(*UNTAGGED, route_tables=TABLES)
    known = replace(known, knowledge=replace(known.knowledge, route_tables=True))

    assert _chosen(known, scheme) == expected


@pytest.mark.parametrize(
    ("known", "lookups"),
    [
        pytest.param(Inventory(knowledge=Knowledge(filled=True)), (Lookup(kind=LookupKind.NETWORK),), id="the network"),
        pytest.param(inventory(*UNTAGGED), (Lookup(kind=LookupKind.ROUTE_TABLES),), id="the route tables"),
        pytest.param(
            Inventory(), (Lookup(kind=LookupKind.NETWORK), STACK_QUESTION), id="the network and the stack, at once"
        ),
        pytest.param(
            inventory(subnet("1", "a"), knowledge=Knowledge(network=True)),
            (STACK_QUESTION,),
            id="the stack, before its subnets are refused",
        ),
    ],
)
def test_what_is_not_known_is_asked_for(known: Inventory, lookups: tuple[Lookup, ...]) -> None:
    assert build_stack(stack_input(inventory=known)) == Needs(lookups=lookups)


def test_a_standing_load_balancer_of_the_same_scheme_keeps_subnets_and_name() -> None:
    known = Inventory(load_balancers={STANDING.arn: STANDING}, knowledge=Knowledge(stacks=frozenset({KEY})))

    balancer = built(stack_input(inventory=known)).load_balancer

    assert balancer is not None
    assert (balancer.subnets, balancer.name) == (("subnet-x", "subnet-y"), "kept-name")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(STANDING, scheme="internet-facing"), id="another scheme"),
        pytest.param(replace(STANDING, type="network"), id="another type"),
        pytest.param(replace(STANDING, tags=None), id="tags that were not read"),
        pytest.param(replace(STANDING, tags={"elbv2.k8s.aws/cluster": "c1"}), id="no stack's tags"),
    ],
)
def test_any_other_load_balancer_does_not_count(other: LoadBalancer) -> None:
    known = inventory(load_balancers={other.arn: other})

    assert built(stack_input(inventory=known)) == built(stack_input())
