"""What is folded of our own calls is what AWS says when everything is read again, after each step of a stack's life."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.aws import AwsServer, AwsWorld
from services.planner.core.aws import Inventory
from services.planner.core.inputs import Cluster
from services.planner.core.objects import IngressBackend, IngressPath, IngressRule
from services.planner.core.outcomes import Planned
from tests.unit.planner_core import game
from tests.unit.planner_core.account_world import AccountWorld, client, nodes_of, read_account, read_subscription

PREFIX = "alb.ingress.kubernetes.io/"


@pytest.fixture(scope="module")
def account() -> Iterator[AwsWorld]:
    server = AwsServer()
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def clients(account: AwsWorld) -> Iterator[Mapping[str, Any]]:
    made = {name: client(account, name) for name in ("elbv2", "ec2", "acm", "wafv2", "waf-regional", "shield")}
    yield made
    for one in made.values():
        one.close()


@pytest.fixture
def world(account: AwsWorld, clients: Mapping[str, Any]) -> AccountWorld:
    cluster = Cluster(name=account.cluster_name, region=account.region, vpc_id=account.vpc)
    made = AccountWorld(
        ingresses={"front": game.ingress()},
        services={("game", n): game.service(n) for n in ("web", "api")},
        nodes=nodes_of(account),
        clients=clients,
        cluster=cluster,
        inventory=read_account(clients, cluster),
    )
    for name in ("web", "api"):
        game.with_pods(made, 2, name)
    return made


def take_down(world: AccountWorld) -> None:
    game.delete(world)
    settle(world)
    assert (world.ingresses, world.bindings, world.inventory.load_balancers) == ({}, {}, {})
    assert {g.name for g in world.inventory.security_groups.values()} == {"default", "eks-node", "custom-lb"}
    assert {g.name for g in world.inventory.target_groups.values()} == {"hand-ip", "hand-instance"}


def comparable(inventory: Inventory) -> Inventory:
    """Without what AWS fills in later: states, health, and which target drains still; and what the fold never says.

    Whether traffic of internet gateways is denied depends on the scheme, so its default is left unknown.
    """
    targets = {
        a: {t: replace(h, state="", reason="", description="") for t, h in ts.items() if not h.going}
        for a, ts in inventory.targets.items()
    }
    return replace(
        inventory,
        load_balancers={
            a: replace(b, state="", attributes=_of_known_default(b.attributes))
            for a, b in inventory.load_balancers.items()
        },
        listeners={a: replace(x, ssl_policy=None, attributes=None) for a, x in inventory.listeners.items()},
        targets=targets,
        partial_targets=frozenset(),
        interfaces={},
        subnets={},
    )


def _of_known_default(attributes: Mapping[str, str] | None) -> Mapping[str, str] | None:
    return attributes and {k: v for k, v in attributes.items() if k != "ipv6.deny_all_igw_traffic"}


def settle(world: AccountWorld) -> None:
    """Plans and executes; then what is folded is what is read, and what is read asks for nothing more."""
    world.settle()
    read = world.read()
    folded = comparable(world.inventory)
    seen = comparable(read)
    for name in ("load_balancers", "listeners", "rules", "target_groups", "security_groups", "targets"):
        assert getattr(folded, name) == getattr(seen, name)
    assert folded == seen
    known, world.inventory = world.inventory, read
    for key in world.all_keys():
        outcome = world.outcome(key)
        assert isinstance(outcome, Planned)
        assert outcome.plan.empty, outcome.plan
    world.inventory = known


def test_a_whole_life(world: AccountWorld) -> None:
    settle(world)
    game.with_pods(world, 4)
    settle(world)
    game.with_pods(world, 1)
    settle(world)
    take_down(world)


def annotated(key: str, value: str) -> Callable[[AccountWorld], None]:
    def edit(world: AccountWorld) -> None:
        old = world.ingresses["front"]
        annotations = {**old.meta.annotations, f"{PREFIX}{key}": value}
        world.ingresses["front"] = replace(old, meta=replace(old.meta, annotations=annotations))

    return edit


def with_paths(*paths: tuple[str, str, str]) -> Callable[[AccountWorld], None]:
    def edit(world: AccountWorld) -> None:
        rules = [
            IngressPath(path=path, path_type=type_, backend=IngressBackend(service_name=service, port=80))
            for path, type_, service in paths
        ]
        old = world.ingresses["front"]
        world.ingresses["front"] = replace(old, rules=(IngressRule(host="www.example.com", paths=tuple(rules)),))

    return edit


def default_backend(world: AccountWorld) -> None:
    backend = IngressBackend(service_name="api", port=80)
    world.ingresses["front"] = replace(world.ingresses["front"], default_backend=backend, rules=())


def web_acl(world: AccountWorld) -> None:
    (found,) = world.clients["wafv2"].list_web_acls(Scope="REGIONAL")["WebACLs"]
    annotated("wafv2-acl-arn", found["ARN"])(world)


def classic_web_acl(world: AccountWorld) -> None:
    waf = world.clients["waf-regional"]
    token = waf.get_change_token()["ChangeToken"]
    made = waf.create_web_acl(Name="old", MetricName="old", DefaultAction={"Type": "ALLOW"}, ChangeToken=token)
    annotated("web-acl-id", made["WebACL"]["WebACLId"])(world)


def protected(world: AccountWorld) -> None:
    world.clients["shield"].create_subscription()
    world.inventory = replace(world.inventory, subscriptions={"shield": read_subscription(world.clients)})
    annotated("shield-advanced-protection", "true")(world)


def secured(world: AccountWorld) -> None:
    """HTTPS only, which newer versions of HTTP need."""
    certificates = world.clients["acm"].list_certificates()["CertificateSummaryList"]
    arn = next(one["CertificateArn"] for one in certificates if one["DomainName"] == "www.example.com")
    annotated("certificate-arn", arn)(world)
    annotated("listen-ports", '[{"HTTPS": 443}]')(world)


EDITS = [
    pytest.param([annotated("listen-ports", '[{"HTTP": 80}, {"HTTP": 8080}]')], id="another port"),
    pytest.param([annotated("listen-ports", '[{"HTTP": 8080}]')], id="a port in place of another"),
    pytest.param([annotated("tags", "team=a,env=test"), annotated("tags", "team=b")], id="tags come, change and go"),
    pytest.param([annotated("target-type", "instance")], id="another target type"),
    pytest.param([annotated("healthcheck-path", "/ready"), annotated("success-codes", "200-299")], id="health checks"),
    pytest.param([annotated("healthcheck-port", "8081")], id="a health check on a port of its own"),
    pytest.param([annotated("load-balancer-attributes", "idle_timeout.timeout_seconds=120")], id="an attribute"),
    pytest.param(
        [annotated("target-group-attributes", "deregistration_delay.timeout_seconds=30")], id="a group's attribute"
    ),
    pytest.param(
        [
            with_paths(("/a", "Exact", "web"), ("/b", "Prefix", "api")),
            with_paths(("/b", "Exact", "api"), ("/a", "Exact", "web"), ("/c", "Prefix", "web")),
            with_paths(("/c", "Prefix", "web")),
        ],
        id="rules come, move and go",
    ),
    pytest.param([with_paths(("/a", "Prefix", "missing"))], id="a fixed response for a Service that is missing"),
    pytest.param([default_backend], id="a default backend"),
    pytest.param([web_acl, annotated("wafv2-acl-arn", "none")], id="a firewall comes and goes"),
    pytest.param([web_acl, annotated("wafv2-acl-arn", "")], id="an empty value takes the firewall away"),
    pytest.param([classic_web_acl, annotated("web-acl-id", "none")], id="a classic firewall comes and goes"),
    pytest.param([protected, annotated("shield-advanced-protection", "false")], id="a protection comes and goes"),
    pytest.param(
        [annotated("ipam-ipv4-pool-id", "ipam-pool-1"), annotated("ipam-ipv4-pool-id", "")], id="a pool comes and goes"
    ),
    pytest.param(
        [annotated("security-groups", "custom-lb"), annotated("security-groups", "")],
        id="own security groups by name, and back",
    ),
    pytest.param([secured, annotated("backend-protocol-version", "GRPC")], id="another version of the protocol"),
    pytest.param([annotated("target-control-port.web.80", "3000")], id="a control port"),
    pytest.param(
        [
            annotated("enable-frontend-nlb", "true"),
            annotated("listen-ports", '[{"HTTP": 80}, {"HTTP": 8080}]'),
            annotated("frontend-nlb-listener-port-mapping", "80=8080"),
            annotated("enable-frontend-nlb", "false"),
        ],
        id="a load balancer comes in front, has other ports, and goes",
    ),
]


@pytest.mark.parametrize("edits", EDITS)
def test_an_edit(world: AccountWorld, edits: list[Callable[[AccountWorld], None]]) -> None:
    settle(world)
    for edit in edits:
        edit(world)
        settle(world)
    take_down(world)


def test_a_name_with_capitals_is_published_in_lower_case(world: AccountWorld) -> None:
    annotated("load-balancer-name", "FrontDoor")(world)
    settle(world)
    (entry,) = world.ingresses["front"].load_balancer
    assert entry.hostname.startswith("frontdoor-")
    take_down(world)
