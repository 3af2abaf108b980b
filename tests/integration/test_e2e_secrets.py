"""An Ingress whose identity provider's client stands in a Secret: it waits for it, and follows it; three processes."""

from typing import Any

import pytest

from tests.integration.harness.game import Game
from tests.integration.harness.kube import INGRESSES
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
    game.elbow.settled()
    mark = game.sandbox.aws.mark()
    game.kube.apply(secret(game, "second-secret-text"))
    until(lambda: "ModifyRule" in game.sandbox.aws.calls(mark).mutating, what="the changed secret to be sent")
    game.elbow.settled()
    assert game.sandbox.aws.calls(mark).mutating == {"ModifyRule": 1}
    for name in ("watcher", "planner", "executor"):
        assert not game.elbow.said(name, "-secret-text")
