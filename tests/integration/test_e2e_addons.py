"""Add-ons of a load balancer end to end, three processes: named things are found, what waits for AWS comes later."""

from typing import Any

import pytest

from tests.integration.harness.game import Game, ingress
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

PREFIX = "alb.ingress.kubernetes.io/"


def annotated(game: Game, **annotations: str) -> dict[str, Any]:
    """The game's Ingress with these annotations."""
    return ingress(game.namespace, {PREFIX + name.replace("_", "-"): value for name, value in annotations.items()})


def balancer(game: Game) -> dict[str, Any]:
    """The game's load balancer."""
    elb, hostname = game.sandbox.aws.client("elbv2"), game.hostname()
    found: list[dict[str, Any]] = [
        b for b in elb.describe_load_balancers()["LoadBalancers"] if b["DNSName"].lower() == hostname
    ]
    return found[0]


def web_acl(game: Game, arn: str) -> str:
    found = game.sandbox.aws.client("wafv2").get_web_acl_for_resource(ResourceArn=arn)
    return str(found.get("WebACL", {}).get("Name", ""))


def units(game: Game, arn: str) -> int:
    found = game.sandbox.aws.client("elbv2").describe_capacity_reservation(LoadBalancerArn=arn)
    return int(found.get("MinimumLoadBalancerCapacity", {}).get("CapacityUnits", 0))


def test_a_firewall_and_security_groups_by_name_and_capacity_once_the_load_balancer_is_active(game: Game) -> None:
    asked = {
        "wafv2_acl_name": "acl",
        "security_groups": "custom-lb",
        "minimum_load_balancer_capacity": "CapacityUnits=200",
    }
    game.kube.apply(annotated(game, **asked))
    game.published()

    made = balancer(game)
    arn = made["LoadBalancerArn"]

    assert made["SecurityGroups"] == [game.sandbox.world["custom_sg"]]
    until(lambda: web_acl(game, arn) == "acl", what=lambda: f"the firewall\n{game.elbow.report()}")
    until(lambda: units(game, arn) == 200, what=lambda: f"the capacity\n{game.elbow.report()}", within=60.0)

    groups = game.sandbox.aws.client("ec2").describe_security_groups()["SecurityGroups"]
    assert [g["GroupName"] for g in groups if g["GroupName"].startswith("k8s-")] == []

    game.kube.apply(annotated(game, **{**asked, "wafv2_acl_name": "none"}))
    until(lambda: not web_acl(game, arn), what=lambda: f"the firewall to go\n{game.elbow.report()}")
