"""A client's secret is sent when a rule is made and when it changed, while the planner was down too, never else."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Authentication, Certificate, ClientSecret, Condition
from services.planner.core.desired import DesiredListener, DesiredRule
from services.planner.core.diff.given_secrets import given_after, has_new_secret, place_of_rule
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.outcomes import Planned
from services.planner.core.plans import AwsCall, Secret
from services.planner.core.records import SECRETS_FIELD
from services.planner.core.secrets import SecretState
from services.planner.core.stack import plan_stack
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World
from tests.unit.planner_core.test_group_life import TEAM, annotate, member

CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/shop"


def provider(secret: str) -> str:
    addresses = dict.fromkeys(("authorizationEndpoint", "tokenEndpoint"), "https://idp.example.com/x")
    addresses |= {"issuer": "https://idp.example.com", "userInfoEndpoint": "https://idp.example.com/u"}
    return json.dumps({**addresses, "secretName": secret})


def put(world: World, name: str, digest: str) -> None:
    """Has the Secret hold another client's secret of the same client."""
    state = SecretState(namespace="game", name=name, present=True, client_id="shop", digests={"clientSecret": digest})
    world.secrets = {**world.secrets, ("game", name): state}


def world_of(**secrets: str) -> World:
    """A settled group whose members, by name, have their clients in these Secrets."""
    world = game.world()
    world.namespace = "elbow-system"
    known = {CERTIFICATE: Certificate(arn=CERTIFICATE, issued=True, private=False, names=())}
    knowledge = replace(world.inventory.knowledge, certificates=True)
    world.inventory = replace(world.inventory, certificates=known, knowledge=knowledge)
    world.ingresses = {name: member(name) for name in secrets}
    for name, secret in secrets.items():
        annotate(world, name, certificate_arn=CERTIFICATE, auth_type="oidc", auth_idp_oidc=provider(secret))
        put(world, secret, "first")
    world.settle()
    world.operations()
    return world


def sent(world: World) -> list[tuple[str, Secret]]:
    """What settling sends of secrets, by the operation."""
    world.settle()
    calls, world.calls = world.calls, []
    return [(call.operation, secret) for call in calls for secret in _secrets(call)]


def _secrets(call: AwsCall) -> list[Secret]:
    actions: list[Mapping[str, Any]] = call.parameters.get("Actions", [])
    return [a["AuthenticateOidcConfig"]["ClientSecret"] for a in actions if "AuthenticateOidcConfig" in a]


def named(secret: str, digest: str) -> Secret:
    return Secret(reference=f"game/{secret}#clientSecret", digest=digest)


def test_a_secret_that_changed_while_nobody_looked_is_sent_once() -> None:
    world = world_of(a="idp")
    put(world, "idp", "second")
    assert sent(world) == [("ModifyRule", named("idp", "second"))]
    assert sent(world) == []


def test_one_that_did_not_change_costs_no_call_though_it_is_read_late() -> None:
    world = world_of(a="idp")
    kept, world.secrets = world.secrets, {}
    assert sent(world) == []
    world.secrets = kept
    assert sent(world) == []


def test_one_that_changed_and_is_read_late_is_sent_once() -> None:
    world = world_of(a="idp")
    world.secrets = {}
    assert sent(world) == []
    put(world, "idp", "second")
    assert sent(world) == [("ModifyRule", named("idp", "second"))]


@pytest.mark.parametrize("late", [pytest.param(False, id="read at once"), pytest.param(True, id="read late")])
def test_a_stack_that_is_taken_over_is_taken_to_have_its_secrets_and_followed_from_then_on(late: bool) -> None:
    world = world_of(a="idp")
    world.records = {}
    kept = world.secrets
    if late:
        world.secrets = {}
        assert sent(world) == []
    world.secrets = kept
    assert sent(world) == []
    put(world, "idp", "second")
    assert sent(world) == [("ModifyRule", named("idp", "second"))]


def test_only_the_rules_of_the_secret_that_changed_are_told() -> None:
    world = world_of(a="idp", b="other")
    put(world, "other", "second")
    assert sent(world) == [("ModifyRule", named("other", "second"))]


def test_a_rule_of_the_same_client_in_another_secret_is_told_though_a_neighbour_was_already() -> None:
    world = world_of(a="old", b="old")
    put(world, "new", "second")
    annotate(world, "a", auth_idp_oidc=provider("new"))
    assert sent(world) == [("ModifyRule", named("new", "second"))]
    annotate(world, "b", auth_idp_oidc=provider("new"))
    assert sent(world) == [("ModifyRule", named("new", "second"))]
    assert sent(world) == []


def test_the_record_has_digests_only_and_forgets_rules_that_went() -> None:
    world = world_of(a="idp", b="other")
    annotate(world, "b", auth_type=None, auth_idp_oidc=None)
    world.settle()
    (record,) = world.records.values()
    kept = json.loads(record.data[SECRETS_FIELD])
    assert {entry.partition(" ")[2]: digest for entry, digest in kept.items()} == {"game/idp#clientSecret": "first"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"443/x": 1}', "[" * 100_000], ids=lambda text: text[:12] or "none")
def test_a_record_that_cannot_be_read_is_one_that_knows_nothing(text: str) -> None:
    world = world_of(a="idp")
    (name,) = world.records
    record = world.records[name]
    world.records[name] = replace(record, data={**record.data, SECRETS_FIELD: text})
    assert sent(world) == []
    put(world, "idp", "second")
    assert sent(world) == [("ModifyRule", named("idp", "second"))]


def test_what_this_planner_has_seen_counts_before_the_record() -> None:
    world = world_of(a="idp")
    put(world, "idp", "second")
    inp = world.stack_input(TEAM)
    outcome = plan_stack(inp)
    assert isinstance(outcome, Planned)
    assert not outcome.plan.empty
    again = plan_stack(replace(inp, given_secrets=outcome.given_secrets))
    assert isinstance(again, Planned)
    assert again.plan.empty


PATH = (Condition(field="path-pattern", values=("/a",)),)
SECRET = ClientSecret(reference="game/idp#clientSecret", digest="first")
OIDC = Authentication(type="authenticate-oidc", config="{}", secret=SECRET)


def listener(*, held: bool = False, waits_for: str = "") -> DesiredListener:
    rule = DesiredRule(
        priority=1,
        conditions=PATH,
        actions=() if waits_for else (OIDC,),
        tags={},
        asked_by=ObjectRef(kind=Kind.INGRESS, namespace="game", name="a"),
        waits_for=waits_for,
    )
    rules = () if held else (rule,)
    return DesiredListener(port=443, protocol="HTTPS", default_actions=(), tags={}, rules=rules, held=held)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(listener(held=True), id="the listener waits for its certificate"),
        pytest.param(listener(waits_for="Secret game/idp"), id="the rule waits for its Secret"),
    ],
)
def test_what_was_known_stays_known_while_something_waits(now: DesiredListener) -> None:
    place = place_of_rule(443, PATH)
    known = given_after({}, [listener()])
    assert given_after(known, [now]) == known
    unknown = given_after({}, [now])
    assert not has_new_secret(unknown, place, (OIDC,))
    assert given_after(unknown, [listener()]) == known
    assert has_new_secret(known, place, (replace(OIDC, secret=replace(SECRET, digest="second")),))
    assert has_new_secret({"80/x y": "z"}, place, (OIDC,))
