"""What somebody else changes in AWS is found, put right and told with what was expected and what was found; three
processes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.snapshot import Raw, snapshot
from tests.integration.harness.elbow import Elbow, running_elbow
from tests.integration.harness.game import Game
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

ALL_THE_TIME = "--sweep-period-seconds=1"
NO_LAG = "--lookup-made-seconds=0"
"""This AWS has no eventual consistency, so that what was just made and is not found is gone."""


@pytest.fixture(scope="module")
def elbow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elbow]:
    """The three services, of which the planner looks for drift all the time."""
    with running_elbow(sandbox, tmp_path_factory.mktemp("elbow")) as running:
        running.kill("planner")
        running.flags["planner"] = (ALL_THE_TIME, NO_LAG)
        running.start("planner")
        running.in_sync()
        running.filled()
        yield running


@pytest.fixture
def published(game: Game) -> Game:
    """The game with an attribute of each kind, and with everything worked off."""
    game.publish(
        load_balancer_attributes="idle_timeout.timeout_seconds=120",
        target_group_attributes="deregistration_delay.timeout_seconds=15",
    )
    game.published()
    return game


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The game's resources, as somebody with the console meets them."""

    game: Game

    def elb(self) -> Any:
        return self.game.sandbox.aws.client("elbv2")

    def ec2(self) -> Any:
        return self.game.sandbox.aws.client("ec2")

    def group(self) -> str:
        return self.game.target_group()

    def balancer(self) -> str:
        [group] = self.elb().describe_target_groups(TargetGroupArns=[self.group()])["TargetGroups"]
        arn: str = group["LoadBalancerArns"][0]
        return arn

    def listener(self) -> str:
        arn: str = self.elb().describe_listeners(LoadBalancerArn=self.balancer())["Listeners"][0]["ListenerArn"]
        return arn

    def rule(self) -> str:
        rules = self.elb().describe_rules(ListenerArn=self.listener())["Rules"]
        arn: str = next(r["RuleArn"] for r in rules if not r["IsDefault"])
        return arn

    def security_group(self, name: str) -> Any:
        found = self.ec2().describe_security_groups()["SecurityGroups"]
        return next(g for g in found if g["GroupName"].startswith(name))

    def state(self) -> Raw:
        return snapshot(self.game.sandbox.world, elbv2=self.elb(), ec2=self.ec2())[0]


def change_an_attribute_of_the_load_balancer(account: Account) -> None:
    account.elb().modify_load_balancer_attributes(
        LoadBalancerArn=account.balancer(), Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "61"}]
    )


def change_an_attribute_of_the_target_group(account: Account) -> None:
    account.elb().modify_target_group_attributes(
        TargetGroupArn=account.group(), Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "77"}]
    )


def send_a_rule_elsewhere(account: Account) -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}
    account.elb().modify_rule(RuleArn=account.rule(), Actions=[fixed])


def delete_a_rule(account: Account) -> None:
    account.elb().delete_rule(RuleArn=account.rule())


def deregister_a_target(account: Account) -> None:
    described = account.elb().describe_target_health(TargetGroupArn=account.group())["TargetHealthDescriptions"]
    target = described[0]["Target"]
    account.elb().deregister_targets(
        TargetGroupArn=account.group(), Targets=[{"Id": target["Id"], "Port": target["Port"]}]
    )


def close_the_port_of_the_load_balancer(account: Account) -> None:
    group = account.security_group("k8s-game2048-ingress2")
    account.ec2().revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])


INGRESS, BINDING = "Ingress", "TargetGroupBinding"


@pytest.mark.parametrize(
    ("meddle", "kind", "said"),
    [
        pytest.param(
            change_an_attribute_of_the_load_balancer,
            INGRESS,
            "idle_timeout.timeout_seconds: expected 120, found 61",
            id="an attribute of the load balancer",
        ),
        pytest.param(
            change_an_attribute_of_the_target_group,
            INGRESS,
            "deregistration_delay.timeout_seconds: expected 15, found 77",
            id="an attribute of the target group",
        ),
        pytest.param(
            send_a_rule_elsewhere,
            INGRESS,
            'found [{"FixedResponseConfig": {"StatusCode": "418"}, "Order": 1, "Type": "fixed-response"}]',
            id="the action of a rule",
        ),
        pytest.param(delete_a_rule, INGRESS, "expected, and not found: made again", id="a rule that is deleted"),
        pytest.param(deregister_a_target, BINDING, "expected, and not found: made again", id="a target"),
        pytest.param(close_the_port_of_the_load_balancer, INGRESS, "found nothing", id="a rule of a security group"),
    ],
)
def test_what_somebody_else_changed_is_put_right_and_told(
    published: Game, meddle: Callable[[Account], None], kind: str, said: str
) -> None:
    account = Account(game=published)
    before = account.state()
    name = published.binding()["metadata"]["name"] if kind == BINDING else "ingress-2048"
    assert drift_told(published, kind, name) == []
    meddle(account)
    [message] = until(
        lambda: drift_told(published, kind, name),
        what=lambda: f"the drift to be told\n{published.elbow.report()}",
    )
    assert said in message
    until(lambda: account.state() == before, what=lambda: f"AWS to be as it was\n{published.elbow.report()}")


def test_looking_for_drift_changes_nothing_where_there_is_none(published: Game) -> None:
    published.elbow.settled()
    mark = published.sandbox.aws.mark()
    until(
        lambda: published.sandbox.aws.calls(mark).reads.get("DescribeRules", 0) >= 2,
        what="everything to be looked at twice",
    )
    assert published.sandbox.aws.calls(mark).mutating == {}
    assert drift_told(published, INGRESS, "ingress-2048") == []
    assert drift_told(published, BINDING, published.binding()["metadata"]["name"]) == []


def drift_told(game: Game, kind: str, name: str) -> list[str]:
    """The messages of the Events about drift on an object."""
    events = game.kube.events(kind, game.namespace, name)
    return [e["message"] for e in events if (e["type"], e["reason"]) == ("Warning", "DriftReverted")]
