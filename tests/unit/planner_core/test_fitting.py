"""More rules than a load balancer takes: those that fit are made, those that stand stay, and who asked is told."""

import json
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.planner.core.aws import AccountLimit, Permission
from services.planner.core.binding import plan_binding
from services.planner.core.keys import NetworkKey, StackKey
from services.planner.core.objects import IngressBackend, IngressPath
from services.planner.core.outcomes import Errored, Lookup, LookupKind, Needs, Planned
from services.planner.core.plans import AwsCall
from services.planner.core.problems import Reason
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World


def paths(world: World, *texts: str, name: str = "front") -> None:
    old = world.ingresses.get(name) or game.ingress(name)
    (rule,) = old.rules
    wanted = tuple(IngressPath(path=t, path_type="Exact", backend=game.BACKEND) for t in texts)
    world.ingresses[name] = replace(old, rules=(replace(rule, paths=wanted),))


def of_quota(rules: int, *texts: str) -> World:
    world = game.world()
    world.quotas = {"rules_per_load_balancer": rules}
    paths(world, *texts)
    world.settle()
    return world


def made(world: World) -> list[str]:
    rules = sorted(world.inventory.rules.values(), key=lambda r: r.priority)
    return [value for r in rules for c in r.conditions for value in c.values]


def messages(world: World) -> list[str]:
    (key,) = world.members()
    outcome = world.outcome(key)
    assert isinstance(outcome, Planned)
    assert outcome.plan.empty, outcome.plan
    return [r.message for r in outcome.reports if r.reason is Reason.QUOTA_EXCEEDED]


def test_the_last_rules_are_left_out_and_a_second_plan_is_empty() -> None:
    world = of_quota(2, "/a", "/b", "/c", "/d")
    assert made(world) == ["/a", "/b"]
    assert messages(world) == [
        "the load balancer takes 2 rules beside the default ones, 4 are asked for: 2 rules of this Ingress are not"
        " made, from 80:3 (listener:place) on"
    ]


def test_rules_that_fit_are_not_spoken_of() -> None:
    world = of_quota(2, "/a", "/b")
    assert made(world) == ["/a", "/b"]
    assert messages(world) == []


def test_a_new_rule_does_not_push_out_one_that_stands() -> None:
    world = of_quota(2, "/b", "/c")
    paths(world, "/a", "/b", "/c")
    world.settle()
    assert made(world) == ["/b", "/c"]
    assert len(messages(world)) == 1


def test_where_more_stand_than_the_quota_says_none_goes() -> None:
    world = of_quota(100, "/a", "/b", "/c")
    world.quotas = {"rules_per_load_balancer": 2}
    assert messages(world) == []
    assert made(world) == ["/a", "/b", "/c"]


def test_a_rule_that_goes_makes_room_for_one_that_was_left_out() -> None:
    world = of_quota(2, "/a", "/b", "/c")
    paths(world, "/a", "/c")
    world.settle()
    assert made(world) == ["/a", "/c"]
    assert messages(world) == []


def of(key: StackKey | NetworkKey, world: World) -> Planned:
    outcome = world.outcome(key)
    assert isinstance(outcome, Planned), outcome
    return outcome


DENY = IngressBackend(service_name="deny", port="use-annotation")
OTHER = IngressBackend(service_name="other", port=80)
DENIES = {
    "alb.ingress.kubernetes.io/actions.deny": json.dumps(
        {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "403", "contentType": "text/plain"}}
    )
}


def routed(world: World, *routes: tuple[str, IngressBackend], name: str = "front", **annotations: str) -> None:
    """The Ingress with these paths, as they are written."""
    made = world.ingresses.get(name) or game.ingress(name)
    added = {f"alb.ingress.kubernetes.io/{k.replace('_', '-')}": v for k, v in annotations.items()}
    meta = replace(made.meta, annotations={**made.meta.annotations, **DENIES, **added})
    wanted = tuple(IngressPath(path=t, path_type="ImplementationSpecific", backend=b) for t, b in routes)
    world.ingresses[name] = replace(made, meta=meta, rules=(replace(made.rules[0], paths=wanted),))


def limited(**quotas: int) -> World:
    world = game.world()
    world.quotas = quotas
    world.services["game", "other"] = game.service("other")
    return world


def settled(world: World) -> list[str]:
    world.settle()
    return made(world)


def test_rules_that_keep_requests_from_targets_come_before_others() -> None:
    world = limited(rules_per_load_balancer=2)
    routed(world, ("/a", game.BACKEND), ("/b", game.BACKEND), ("/c", DENY))
    assert settled(world) == ["/a", "/c"]


def test_a_rule_behind_one_that_is_not_made_does_not_get_its_requests() -> None:
    world = limited(target_groups_per_load_balancer=1)
    routed(world, ("/a", game.BACKEND), ("/other", OTHER), ("/o*", game.BACKEND), ("/b", game.BACKEND))
    assert settled(world) == ["/a", "/b"]
    assert [g.tags["ingress.k8s.aws/resource"] for g in world.inventory.target_groups.values() if g.tags] == [
        "game/front-web:80"
    ]
    assert messages(world) == [
        "rules that are not made would leave their requests to rules behind them: 1 rules of this Ingress are not made,"
        " from 80:3 (listener:place) on",
        "the load balancer takes 1 target groups, 2 are asked for: 1 rules of this Ingress are not made, from 80:2"
        " (listener:place) on",
    ]


def test_a_target_group_that_goes_makes_room_for_one_that_comes() -> None:
    world = limited(target_groups_per_load_balancer=1)
    routed(world, ("/a", game.BACKEND))
    world.settle()
    routed(world, ("/b", OTHER))
    (key,) = world.members()
    outcome = of(key, world)
    assert outcome.again_seconds is not None
    assert "room for more target groups" in outcome.waits_for
    assert settled(world) == ["/b"]
    assert messages(world) == []


def test_nothing_is_changed_where_what_a_rule_protects_would_be_open_without_it() -> None:
    world = limited(rules_per_load_balancer=2)
    routed(world, ("/admin/*", DENY), ("/*", game.BACKEND))
    world.settle()
    routed(world, ("/admin/a*", DENY), ("/admin/b*", DENY), ("/*", game.BACKEND))
    (key,) = world.members()
    outcome = world.outcome(key)
    assert isinstance(outcome, Errored)
    (problem,) = outcome.problems
    assert (problem.reason, "would be open" in problem.message) == (Reason.QUOTA_EXCEEDED, True)
    assert outcome.plan.empty


def refusals(world: World) -> list[str]:
    (key,) = world.members()
    outcome = world.outcome(key)
    assert isinstance(outcome, Errored), outcome
    assert outcome.plan.empty
    return [str(p.reason) for p in outcome.problems]


@pytest.mark.parametrize(
    "routes",
    [
        pytest.param([("/admin*", DENY), ("/*", game.BACKEND)], id="a denial that stands lets requests through"),
        pytest.param(
            [("/admin/*", DENY), ("/*", game.BACKEND), ("/a*", DENY)], id="a denial goes behind what forwards"
        ),
    ],
)
def test_an_edit_of_what_stands_opens_nothing_that_a_rule_without_room_is_to_protect(
    routes: list[tuple[str, IngressBackend]],
) -> None:
    world = limited(rules_per_load_balancer=len(routes) - 1)
    routed(world, *([("/a*", DENY), ("/*", game.BACKEND)] if len(routes) > 2 else [("/*", DENY)]))
    world.settle()
    routed(world, *routes)
    assert refusals(world) == ["QuotaExceeded"]


def test_a_denial_without_room_changes_nothing_for_what_forwards_already() -> None:
    world = of_quota(1, "/a")
    routed(world, ("/*", game.BACKEND))
    world.settle()
    routed(world, ("/admin*", DENY), ("/*", game.BACKEND))
    assert settled(world) == ["/*"]
    assert len(messages(world)) == 1


GROUP = {"group.name": "all"}


def crowded(*names: str) -> World:
    """A group of these Ingresses, the first of which has a denial in front of what it forwards."""
    world = limited(rules_per_load_balancer=len(names) + 1)
    world.namespace = "elbow-system"
    for name in names:
        world.ingresses[name] = game.ingress(name)
        routed(world, (f"/{name}/*", game.BACKEND), name=name, **GROUP)
    routed(world, ("/front/admin/*", DENY), ("/front/*", game.BACKEND), **GROUP)
    return world


def edited(world: World) -> None:
    """The first Ingress with one denial more than there is room for."""
    routed(
        world,
        ("/front/admin/a*", DENY),
        ("/front/admin/b*", DENY),
        ("/front/*", game.BACKEND),
        **GROUP,
    )


def test_a_member_that_asks_for_more_than_can_be_left_out_counts_as_before_and_the_others_are_applied() -> None:
    world = crowded("front", "side")
    before = settled(world)
    edited(world)
    routed(world, ("/side/*", OTHER), name="side", **GROUP)
    assert settled(world) == before == ["/front/admin/*", "/front/*", "/side/*"]
    assert {g.tags["ingress.k8s.aws/resource"] for g in world.inventory.target_groups.values() if g.tags} == {
        "game/front-web:80",
        "game/side-other:80",
    }
    (key,) = world.members()
    outcome = of(key, world)
    assert outcome.plan.empty
    assert [(p.where.name, p.reason) for p in outcome.quarantined] == [("front", Reason.QUOTA_EXCEEDED)]


def test_deleting_a_member_does_not_wait_for_one_that_asks_for_too_much() -> None:
    world = crowded("front", "side")
    world.settle()
    edited(world)
    game.delete(world, "side")
    world.settle()
    assert sorted(world.ingresses) == ["front"]


AUTHENTICATED = {
    "auth_type": "cognito",
    "auth_idp_cognito": json.dumps(
        {
            "userPoolARN": "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_aaa",
            "userPoolClientID": "client",
            "userPoolDomain": "domain",
        }
    ),
    "certificate_arn": "arn:aws:acm:us-west-2:123456789012:certificate/a",
}


def test_a_rule_without_room_whose_requests_fall_to_a_default_that_asks_the_same_is_left_out() -> None:
    world = limited(rules_per_load_balancer=2)
    routed(world, *((f"/{x}", OTHER) for x in "abc"), **AUTHENTICATED)
    front = world.ingresses["front"]
    world.ingresses["front"] = replace(front, default_backend=game.BACKEND)
    assert settled(world) == ["/a", "/b"]
    assert len(messages(world)) == 1


def test_aws_is_asked_for_the_limits_of_the_account_before_anything_is_left_out() -> None:
    world = game.world()
    paths(world, *(f"/{i}" for i in range(101)))
    known = world.inventory.knowledge
    world.inventory = replace(world.inventory, knowledge=replace(known, account_limits=False))
    (key,) = world.members()
    for asked in (NetworkKey(), key):
        outcome = world.outcome(asked)
        if isinstance(outcome, Planned):
            world.execute(outcome.plan)
    assert outcome == Needs(lookups=(Lookup(kind=LookupKind.ACCOUNT_LIMITS),))
    name = "rules-per-application-load-balancer"
    world.inventory = replace(
        world.inventory,
        account_limits={name: AccountLimit(id=name, most=200)},
        knowledge=replace(world.inventory.knowledge, account_limits=True),
    )
    assert len(settled(world)) == 101


def certificate(name: str) -> str:
    return f"arn:aws:acm:us-west-2:123456789012:certificate/{name}"


def test_certificates_beside_the_default_one_as_many_as_fit() -> None:
    world = limited(certificates_per_load_balancer=1)
    routed(world, ("/a", game.BACKEND), certificate_arn=",".join(map(certificate, "abc")))
    world.settle()
    (listener,) = world.inventory.listeners.values()
    assert sorted(listener.extra_certificates or ()) == [certificate("a"), certificate("b")]
    assert messages(world) == [
        "2 certificates beside the default ones are asked of the load balancer, which takes 1: not added are"
        f" {certificate('c')}"
    ]


def test_a_certificate_that_is_not_wanted_any_more_makes_room_for_one_that_is() -> None:
    world = limited(certificates_per_load_balancer=2)
    routed(world, ("/a", game.BACKEND), certificate_arn=",".join(map(certificate, "abc")))
    world.settle()
    routed(world, ("/a", game.BACKEND), certificate_arn=",".join(map(certificate, "acd")))
    world.calls.clear()
    world.settle()
    assert [c.operation for c in world.calls] == ["RemoveListenerCertificates", "AddListenerCertificates"]
    assert messages(world) == []


def test_listeners_as_many_as_fit() -> None:
    world = limited(listeners_per_load_balancer=2)
    routed(world, ("/a", game.BACKEND), listen_ports=json.dumps([{"HTTP": p} for p in (80, 81, 82)]))
    world.settle()
    assert sorted(s.port for s in world.inventory.listeners.values()) == [80, 81]
    assert messages(world) == ["3 listeners are asked of the load balancer, which takes 2: not made are those on 82"]


def ranges(world: World) -> list[str]:
    groups = world.inventory.security_groups.values()
    return sorted(p.cidr for g in groups for p in g.permissions if p.cidr)


def test_address_ranges_as_many_as_fit() -> None:
    world = limited(rules_per_security_group=2)
    routed(world, ("/a", game.BACKEND), inbound_cidrs="10.1.0.0/16,10.2.0.0/16,10.3.0.0/16")
    world.settle()
    assert ranges(world) == ["10.1.0.0/16", "10.2.0.0/16"]
    (message,) = messages(world)
    assert message.startswith("3 inbound rules are asked of security group k8s-game-front-")
    assert message.endswith("which takes 2 for IPv4 and as many for IPv6: 1 are not made")


def test_where_a_group_is_full_what_goes_makes_room_for_what_comes() -> None:
    world = limited(rules_per_security_group=2)
    routed(world, ("/a", game.BACKEND), inbound_cidrs="10.1.0.0/16,10.2.0.0/16")
    world.settle()
    routed(world, ("/a", game.BACKEND), inbound_cidrs="10.2.0.0/16,10.3.0.0/16")
    world.calls.clear()
    world.settle()
    assert ranges(world) == ["10.2.0.0/16", "10.3.0.0/16"]
    assert [c.operation for c in world.calls] == ["RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"]


def filled(world: World, count: int) -> None:
    """As many rules of somebody else on the group of the nodes."""
    group = world.inventory.security_groups["sg-node"]
    others = frozenset(Permission(protocol="tcp", from_port=p, to_port=p, cidr="10.9.0.0/16") for p in range(count))
    groups = {**world.inventory.security_groups, "sg-node": replace(group, permissions=others)}
    world.inventory = replace(world.inventory, security_groups=groups)


def test_a_full_group_of_the_nodes_gets_no_rule_and_is_said_to_be_full() -> None:
    world = game.world()
    filled(world, 60)
    (key,) = world.members()
    for planned in (NetworkKey(), key, NetworkKey()):
        outcome = of(planned, world)
        world.execute(outcome.plan)
    assert outcome.full_groups == {"sg-node"}
    assert "AuthorizeSecurityGroupIngress" not in {
        s.work.operation for s in outcome.plan.steps if isinstance(s.work, AwsCall)
    }
    (binding,) = world.bindings.values()
    assert isinstance(plan_binding(world.binding_input(binding)), Needs)
    refused = plan_binding(replace(world.binding_input(binding), refused_groups=outcome.full_groups))
    assert [r.message for r in refused.reports if r.reason is Reason.QUOTA_EXCEEDED] == [
        "security group sg-node has 60 inbound rules and takes 60 for IPv4 and as many for IPv6: not all that let the"
        " load balancer reach these targets are made"
    ]
    filled(world, 59)
    assert of(NetworkKey(), world).full_groups == frozenset()


PATTERNS = ("/a", "/a/*", "/a/x", "/b", "/b/*", "/c*", "/*")
REQUESTS = ("/a", "/a/x", "/a/y", "/b", "/b/x", "/c", "/cc", "/d")
ROUTES = st.lists(
    st.tuples(st.sampled_from(PATTERNS), st.sampled_from((game.BACKEND, OTHER, DENY))), min_size=1, max_size=7
)


def first(routes: Iterable[tuple[str, str]], request: str) -> str:
    """Where the first of the routes that takes the request sends it; nowhere without one."""
    return next((to for pattern, to in routes if fnmatchcase(request, pattern)), "")


@settings(max_examples=25)
@given(ROUTES, st.integers(1, 4), st.integers(1, 2))
@example([("/a", game.BACKEND), ("/a", OTHER), ("/a", DENY)], 2, 1)
def test_whatever_has_no_room_what_is_denied_reaches_no_target_and_a_second_plan_is_empty(
    routes: list[tuple[str, IngressBackend]], rules: int, groups: int
) -> None:
    world = limited(rules_per_load_balancer=rules, target_groups_per_load_balancer=groups)
    routed(world, *routes)
    world.settle()
    messages(world)
    assert len(world.inventory.rules) <= rules
    assert len(world.inventory.target_groups) <= groups
    standing = sorted(world.inventory.rules.values(), key=lambda r: r.priority)
    kept = [(r.conditions[0].values[0], type(r.actions[0]).__name__) for r in standing]
    asked = [(pattern, "FixedResponse" if to is DENY else "Forward") for pattern, to in routes]
    for request in REQUESTS:
        if first(asked, request) == "FixedResponse":
            assert first(kept, request) != "Forward"


def served(world: World) -> list[tuple[str, str]]:
    """Patterns of the rules that stand, with the kind of their action."""
    standing = sorted(world.inventory.rules.values(), key=lambda r: r.priority)
    return [(r.conditions[0].values[0], type(r.actions[0]).__name__) for r in standing]


@settings(max_examples=25)
@given(ROUTES, ROUTES, st.integers(1, 4), st.integers(1, 2))
def test_no_edit_opens_what_is_denied_and_did_not_reach_a_target_before(
    routes: list[tuple[str, IngressBackend]], others: list[tuple[str, IngressBackend]], rules: int, groups: int
) -> None:
    world = limited(rules_per_load_balancer=rules, target_groups_per_load_balancer=groups)
    routed(world, *routes)
    world.settle()
    before = served(world)
    routed(world, *others)
    world.settle()
    now = served(world)
    asked = [(pattern, "FixedResponse" if to is DENY else "Forward") for pattern, to in others]
    assert len(now) <= max(rules, len(before))
    for request in REQUESTS:
        if first(asked, request) == "FixedResponse" and first(before, request) != "Forward":
            assert first(now, request) != "Forward", request
