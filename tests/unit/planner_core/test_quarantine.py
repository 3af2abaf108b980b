"""A member of a group that cannot be planned goes on as it was accepted last, and the others go on as they stand."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.planner.core import records
from services.planner.core.objects import IngressBackend, IngressClassParams, Meta, ParametersRef
from services.planner.core.outcomes import Errored, Planned
from services.planner.core.problems import Reason
from services.planner.core.records import MEMBERS_FIELD
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World
from tests.unit.planner_core.test_group_life import PREFIX, TEAM, annotate, member, routes

INTERVAL = "healthcheck_interval_seconds"


def world_of(*names: str) -> World:
    """A settled group whose accepted versions are kept; the members were made in this order."""
    world = game.world()
    world.namespace = "elbow-system"
    world.ingresses = {}
    for number, name in enumerate(names):
        made = member(name)
        world.ingresses[name] = replace(made, meta=replace(made.meta, created_at=f"2026-01-0{number + 1}T00:00:00Z"))
    world.settle()
    world.operations()
    return world


def path(world: World, name: str, new: str) -> None:
    """Gives the Ingress another path."""
    old = world.ingresses[name]
    (rule,) = old.rules
    world.ingresses[name] = replace(old, rules=(replace(rule, paths=(replace(rule.paths[0], path=new),)),))


def planned(world: World) -> Planned:
    outcome = world.outcome(TEAM)
    assert isinstance(outcome, Planned), outcome
    return outcome


def blamed(world: World) -> dict[str, Reason]:
    return {p.where.name: p.reason for p in planned(world).quarantined}


def settled(world: World) -> None:
    world.settle()
    outcome = planned(world)
    assert (outcome.plan.steps, outcome.keeps) == ((), None)


def paths(world: World) -> list[str]:
    return [p for _, p in routes(world)["team"]]


def test_a_record_that_would_be_too_large_is_told_and_no_old_version_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of("a", "b")
    assert len(world.records) == 1
    monkeypatch.setattr(records, "_MOST_CHARACTERS", 10)
    (told,) = planned(world).reports
    assert (told.warning, told.reason, told.name) == (True, Reason.RECORD_TOO_LARGE, "a")
    settled(world)
    (record,) = world.records.values()
    assert (MEMBERS_FIELD in record.data, planned(world).reports) == (False, (told,))


def test_a_bad_member_keeps_its_last_accepted_version_whole_and_the_others_are_applied() -> None:
    world = world_of("a", "b", "c")
    path(world, "b", "/second")
    annotate(world, "b", healthcheck_interval_seconds="soon")
    path(world, "c", "/third")

    settled(world)

    assert paths(world) == ["/a", "/b", "/third"]
    assert blamed(world) == {"b": Reason.INVALID_ANNOTATION}
    reports = [r for r in planned(world).reports if r.warning]
    assert [(r.name, r.reason) for r in reports] == [("b", Reason.FAILED_BUILD_MODEL)]


def test_a_repaired_member_is_applied_as_it_stands() -> None:
    world = world_of("a", "b")
    path(world, "b", "/second")
    annotate(world, "b", healthcheck_interval_seconds="soon")
    settled(world)
    annotate(world, "b", healthcheck_interval_seconds="20")

    settled(world)

    assert paths(world) == ["/a", "/second"]
    assert blamed(world) == {}


def test_nothing_is_announced_for_a_member_that_does_not_count_as_it_stands() -> None:
    world = world_of("a", "b")
    annotate(world, "b", scheme="outside")
    path(world, "a", "/first")
    world.writes.clear()
    settled(world)

    events = [w.body["involvedObject"]["name"] for w in world.writes if w.resource == "events" and w.body]
    assert events == ["a"]


def test_a_new_member_that_cannot_be_planned_has_nothing_and_holds_nobody_up() -> None:
    world = world_of("a")
    world.ingresses["bad"] = member("bad", scheme="outside")
    world.ingresses["good"] = member("good")

    settled(world)

    assert paths(world) == ["/a", "/good"]
    assert world.ingresses["bad"].meta.finalizers == ()
    assert blamed(world) == {"bad": Reason.INVALID_ANNOTATION}


def test_a_group_of_nothing_but_bad_new_members_is_an_error() -> None:
    world = world_of()
    world.ingresses["bad"] = member("bad", scheme="outside")

    world.settle()

    assert isinstance(world.outcome(TEAM), Errored)
    assert (world.inventory.load_balancers, world.inventory.target_groups, world.records) == ({}, {}, {})


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_any_member_can_be_deleted_while_one_is_bad(gone: str) -> None:
    world = world_of("a", "b", "c")
    annotate(world, "b", scheme="outside")
    game.delete(world, gone)

    settled(world)

    assert set(world.ingresses) == {"a", "b", "c"} - {gone}
    assert paths(world) == [f"/{n}" for n in ("a", "b", "c") if n != gone]


def test_the_record_goes_with_the_stack() -> None:
    world = world_of("a", "b")
    assert len(world.records) == 1
    annotate(world, "b", scheme="outside")
    for name in ("a", "b"):
        game.delete(world, name)

    world.settle()

    assert (world.ingresses, world.records) == ({}, {})
    assert world.inventory.load_balancers == {}


def broken_service(world: World) -> None:
    old = world.services["game", "api"]
    annotations = {f"{PREFIX}healthcheck-interval-seconds": "soon"}
    world.services["game", "api"] = replace(old, meta=replace(old.meta, annotations=annotations))


def lost_port(world: World) -> None:
    old = world.services["game", "api"]
    world.services["game", "api"] = replace(old, ports=(replace(old.ports[0], port=81),))


@pytest.mark.parametrize("damage", [broken_service, lost_port])
def test_a_member_is_quarantined_for_what_is_wrong_with_its_service(damage: Callable[[World], None]) -> None:
    world = world_of("a", "b")
    world.services["game", "api"] = replace(game.service("api"), meta=replace(game.service().meta, name="api"))
    old = world.ingresses["b"]
    backend = IngressBackend(service_name="api", port=80)
    rule = replace(old.rules[0], paths=(replace(old.rules[0].paths[0], backend=backend),))
    world.ingresses["b"] = replace(old, rules=(rule,))
    settled(world)
    damage(world)
    path(world, "a", "/first")

    settled(world)

    assert paths(world) == ["/first", "/b"]
    assert list(planned(world).quarantined) != []


def test_a_member_whose_class_is_gone_stays_as_it_was() -> None:
    world = world_of("a", "b")
    old = world.ingresses["b"]
    world.classes["mine"] = replace(world.classes["alb"], meta=Meta(name="mine"))
    world.ingresses["b"] = replace(old, class_name="mine")
    settled(world)
    del world.classes["mine"]
    path(world, "a", "/first")

    settled(world)

    assert paths(world) == ["/first", "/b"]
    assert blamed(world) == {"b": Reason.INVALID_INGRESS_CLASS}


def test_a_member_that_names_a_group_that_cannot_be_one_stays() -> None:
    world = world_of("a", "b")
    annotate(world, "b", group_name="No Group")
    path(world, "a", "/first")

    settled(world)

    assert paths(world) == ["/first", "/b"]
    assert blamed(world) == {"b": Reason.INVALID_ANNOTATION}


def test_the_older_of_two_that_contradict_each_other_wins_and_the_event_names_both() -> None:
    world = world_of("b", "a")
    annotate(world, "a", load_balancer_attributes="idle_timeout.timeout_seconds=10")
    settled(world)
    annotate(world, "b", load_balancer_attributes="idle_timeout.timeout_seconds=20")

    settled(world)

    (balancer,) = world.inventory.load_balancers.values()
    assert (balancer.attributes or {})["idle_timeout.timeout_seconds"] == "20"
    assert paths(world) == ["/a", "/b"]
    (report,) = [r for r in planned(world).reports if r.warning]
    assert report.name == "a"
    assert "Ingress/game/b" in report.message
    assert blamed(world) == {"a": Reason.CONFLICTING_MEMBERS}


def test_the_younger_ones_edit_that_contradicts_is_not_taken() -> None:
    world = world_of("b", "a")
    annotate(world, "b", load_balancer_attributes="idle_timeout.timeout_seconds=20")
    settled(world)
    path(world, "a", "/first")
    annotate(world, "a", load_balancer_attributes="idle_timeout.timeout_seconds=10")

    settled(world)

    (balancer,) = world.inventory.load_balancers.values()
    assert (balancer.attributes or {})["idle_timeout.timeout_seconds"] == "20"
    assert paths(world) == ["/a", "/b"]


def test_one_that_loses_to_an_elder_is_no_reason_to_blame_who_agrees_with_that_elder() -> None:
    world = world_of("c", "a", "b")
    for name, seconds in (("a", "10"), ("b", "20"), ("c", "20")):
        annotate(world, name, load_balancer_attributes=f"idle_timeout.timeout_seconds={seconds}")

    settled(world)

    assert blamed(world) == {"a": Reason.CONFLICTING_MEMBERS}


@pytest.mark.parametrize("order", [*itertools.permutations("abc")])
def test_who_wins_does_not_depend_on_who_is_looked_at_first(order: tuple[str, ...]) -> None:
    world = world_of("b", "c", "a")
    world.ingresses = {n: world.ingresses[n] for n in order}
    annotate(world, "a", scheme="internal")
    annotate(world, "b", load_balancer_attributes="idle_timeout.timeout_seconds=20")
    annotate(world, "c", load_balancer_attributes="idle_timeout.timeout_seconds=30")

    settled(world)

    assert blamed(world) == {"a": Reason.CONFLICTING_MEMBERS, "c": Reason.CONFLICTING_MEMBERS}
    assert paths(world) == ["/a", "/b", "/c"]


def test_a_bad_elder_is_no_reason_to_blame_a_younger_member() -> None:
    world = world_of("a", "b")
    annotate(world, "a", tags="team=x", scheme="outside")
    annotate(world, "b", tags="team=y")

    settled(world)

    assert blamed(world) == {"a": Reason.INVALID_ANNOTATION}


def test_a_member_that_moves_is_served_where_it_was_until_it_is_taken_in() -> None:
    world = world_of("a", "b")
    world.ingresses["z"] = member("z", "other", scheme="internal")
    settled(world)
    annotate(world, "a", group_name="other")

    world.settle()

    assert routes(world) == {"team": [(1, "/a"), (2, "/b")], "other": [(1, "/z")]}
    assert "to be taken in by group other" in planned(world).waits_for

    annotate(world, "a", scheme="internal")
    world.settle()

    assert routes(world) == {"team": [(1, "/b")], "other": [(1, "/a"), (2, "/z")]}
    assert world.ingresses["a"].meta.finalizers == ("group.ingress.k8s.aws/other",)


def test_a_member_takes_the_name_of_its_load_balancer_along() -> None:
    world = world_of("a")
    annotate(world, "a", group_name=None, load_balancer_name="mine")
    world.settle()
    annotate(world, "a", group_name="other")

    world.settle(rounds=20)

    (balancer,) = world.inventory.load_balancers.values()
    assert (balancer.name, (balancer.tags or {})["ingress.k8s.aws/stack"]) == ("mine", "other")


def test_without_a_record_a_bad_member_freezes_the_group() -> None:
    world = world_of("a", "b")
    world.records.clear()
    world.namespace = ""
    annotate(world, "b", scheme="outside")
    path(world, "a", "/first")

    world.settle()

    assert paths(world) == ["/a", "/b"]
    assert isinstance(world.outcome(TEAM), Errored)


@pytest.mark.parametrize(
    "text",
    ["", "no base64!", "AAAA", "eJyLjgUAARUAuQ==", "eJyLrq4FAAIyASU="],
    ids=["empty", "no base64", "no zlib", "an empty list", "an empty entry"],
)
def test_a_record_that_nobody_can_read_is_none_and_is_written_anew(text: str) -> None:
    world = world_of("a", "b")
    (name,) = world.records
    world.records[name] = replace(world.records[name], data={**world.records[name].data, MEMBERS_FIELD: text})

    settled(world)
    annotate(world, "b", scheme="outside")
    settled(world)

    assert blamed(world) == {"b": Reason.INVALID_ANNOTATION}


def test_a_members_class_counts_with_the_parameters_that_it_was_accepted_with() -> None:
    world = world_of("a", "b")
    params = IngressClassParams(
        meta=Meta(name="corp"), spec='{"group": {"name": "team"}, "tags": [{"key": "k", "value": "v"}]}'
    )
    parameters = ParametersRef(api_group="elbv2.k8s.aws", kind="IngressClassParams", name="corp")
    world.class_params = {"corp": params}
    world.classes["corp"] = replace(world.classes["alb"], meta=Meta(name="corp"), parameters=parameters)
    world.ingresses["b"] = replace(world.ingresses["b"], class_name="corp")
    settled(world)
    world.class_params["corp"] = replace(params, spec='{"group": {"name": "team"}, "scheme": "sideways"}')
    path(world, "a", "/first")

    settled(world)

    assert paths(world) == ["/first", "/b"]
    (balancer,) = world.inventory.load_balancers.values()
    assert (balancer.tags or {})["k"] == "v"


def test_an_edit_that_another_member_cannot_go_along_with_is_not_taken() -> None:
    world = world_of("a", "b")
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/one"
    annotate(world, "b", listen_ports='[{"HTTPS": 443}]', certificate_arn=arn)
    annotate(world, "a", ssl_redirect="443")
    settled(world)
    assert blamed(world) == {}
    annotate(world, "b", listen_ports='[{"HTTPS": 8443}]', certificate_arn=arn)

    settled(world)

    assert set(blamed(world)) == {"b"}
    assert {x.port for x in world.inventory.listeners.values()} == {80, 443}
