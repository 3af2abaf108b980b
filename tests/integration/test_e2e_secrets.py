"""An Ingress whose identity provider's client stands in a Secret: it waits for it, and follows it; three processes."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.harness.game import Game
from tests.integration.harness.kube import CONFIG_MAPS, INGRESSES
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

PROVIDER = (
    '{"issuer":"https://idp.example.com","authorizationEndpoint":"https://idp.example.com/a","tokenEndpoint":'
    '"https://idp.example.com/t","userInfoEndpoint":"https://idp.example.com/u","secretName":"client"}'
)


def secret(game: Game, text: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "client", "namespace": game.namespace},
        "stringData": {"clientID": "shop", "clientSecret": text},
    }


def actions(game: Game) -> list[list[str]]:
    """Types of the actions of every rule but the default one."""
    elbv2 = game.sandbox.aws.client("elbv2")
    balancers = elbv2.describe_load_balancers()["LoadBalancers"]
    listeners = [
        x for b in balancers for x in elbv2.describe_listeners(LoadBalancerArn=b["LoadBalancerArn"])["Listeners"]
    ]
    rules = [r for x in listeners for r in elbv2.describe_rules(ListenerArn=x["ListenerArn"])["Rules"]]
    return [[a["Type"] for a in r["Actions"]] for r in rules if not r["IsDefault"]]


def kept(game: Game) -> str:
    """What the records of all groups say of secrets."""
    return "".join(record["data"].get("secrets", "") for record in game.kube.all(CONFIG_MAPS) if "data" in record)


def restarted(game: Game, text: str) -> Mapping[str, int]:
    """The changing calls after the Secret got a text while nothing ran."""
    game.elbow.stop_all()
    mark = game.sandbox.aws.mark()
    game.kube.apply(secret(game, text))
    game.elbow.start_all()
    game.elbow.filled()
    until(lambda: "to be read" not in game.elbow.status()[1], what="the Secret to be read")
    game.elbow.settled()
    return game.sandbox.aws.calls(mark).mutating


def test_rules_wait_for_their_secret_and_follow_it(game: Game) -> None:
    certificate = next(iter(game.sandbox.world["certs"].values()))
    game.publish()
    prefix = "alb.ingress.kubernetes.io/"
    annotations = {
        f"{prefix}certificate-arn": certificate,
        f"{prefix}auth-type": "oidc",
        f"{prefix}auth-idp-oidc": PROVIDER,
    }
    game.kube.annotate(INGRESSES, game.namespace, "ingress-2048", **annotations)
    game.elbow.settled()
    assert actions(game) in ([], [["forward"]])
    mark = game.sandbox.aws.mark()
    game.kube.apply(secret(game, "first-secret-text"))
    until(lambda: actions(game) == [["authenticate-oidc", "forward"]], what="the rule to be made")
    until(lambda: kept(game) != "", what="the record to be made")
    game.elbow.settled()
    mark, before = game.sandbox.aws.mark(), kept(game)
    game.kube.apply(secret(game, "second-secret-text"))
    until(lambda: "ModifyRule" in game.sandbox.aws.calls(mark).mutating, what="the changed secret to be sent")
    game.elbow.settled()
    assert game.sandbox.aws.calls(mark).mutating == {"ModifyRule": 1}
    until(lambda: kept(game) not in ("", before), what="the record to be brought up to date")
    before = kept(game)
    assert restarted(game, "third-secret-text") == {"ModifyRule": 1}
    until(lambda: kept(game) != before, what="the record to be brought up to date")
    assert restarted(game, "third-secret-text") == {}
    for name in ("watcher", "planner", "executor"):
        assert not game.elbow.said(name, "-secret-text")
