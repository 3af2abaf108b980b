"""TargetGroupBindings that users make for target groups of their own, played end to end without admission."""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest

from tests.integration.harness.game import Game
from tests.integration.harness.kube import BINDINGS, CONFIG_MAPS, Object
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

ACCOUNT = "999988887777"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/targets"


def binding(game: Game, name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": {"namespace": game.namespace, "name": name},
        "spec": {"serviceRef": {"name": "service-2048", "port": 80}, **spec},
    }


def group_of(elbv2: Any, name: str, **fields: str) -> str:
    made = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, **fields)
    arn: str = made["TargetGroups"][0]["TargetGroupArn"]
    return arn


@pytest.fixture
def group(game: Game) -> Iterator[str]:
    """A target group for pods that nobody but its user knows of."""
    elbv2 = game.sandbox.aws.client("elbv2")
    arn = group_of(elbv2, "by-hand", VpcId=game.sandbox.world["vpc"], TargetType="ip")
    yield arn
    for each in game.kube.all(BINDINGS, game.namespace):
        game.kube.delete(BINDINGS, game.namespace, each["metadata"]["name"])
    until(lambda: not game.kube.all(BINDINGS, game.namespace), what=lambda: f"bindings to go\n{game.elbow.report()}")
    elbv2.delete_target_group(TargetGroupArn=arn)


def until_targets(game: Game, arn: str, wanted: set[str]) -> None:
    until(
        lambda: game.sandbox.aws.targets(arn),
        holds=lambda targets: targets == wanted,
        what=lambda: f"targets {sorted(wanted)}\n{game.elbow.report()}",
    )


def events(game: Game, name: str) -> dict[str, str]:
    """Messages by reason."""
    return {e["reason"]: e["message"] for e in game.kube.events("TargetGroupBinding", game.namespace, name)}


def test_a_group_by_name_is_filled_completed_and_emptied(game: Game, group: str) -> None:
    pods = game.pods_ready(2)
    game.kube.apply(binding(game, "mine", targetGroupName="by-hand"))
    until_targets(game, group, pods)
    found = until(
        lambda: game.kube.the(BINDINGS, game.namespace, "mine"),
        holds=lambda b: b.get("status", {}).get("observedGeneration") == b["metadata"]["generation"],
        what="the generation to be followed",
    )
    assert {key: value for key, value in found["spec"].items() if key != "serviceRef"} == {
        "targetGroupName": "by-hand",
        "targetGroupARN": group,
        "targetType": "ip",
        "targetGroupProtocol": "HTTP",
        "ipAddressType": "ipv4",
        "vpcID": game.sandbox.world["vpc"],
    }
    until(lambda: "SuccessfullyReconciled" in events(game, "mine"), what="the Event of success")
    game.scale(3)
    until_targets(game, group, game.pods_ready(3))
    game.elbow.settled()
    mark = game.sandbox.aws.mark()
    game.elbow.settled()
    assert game.sandbox.aws.calls(mark).made == ()
    game.kube.delete(BINDINGS, game.namespace, "mine")
    until(lambda: game.kube.get(BINDINGS, game.namespace, "mine") is None, what="the binding to go")
    assert game.sandbox.aws.targets(group) == set()


def test_what_is_wrong_is_told_and_put_right_by_its_user(game: Game, group: str) -> None:
    game.kube.apply(binding(game, "mine", targetGroupARN=group, targetType="instance"))
    until(
        lambda: events(game, "mine").get("FailedReconcile", ""),
        holds=lambda message: "'instance' is not that of target group by-hand, 'ip'" in message,
        what=lambda: f"the Event that says what is wrong\n{game.elbow.report()}",
    )
    game.kube.apply(binding(game, "mine", targetGroupARN=group))
    until_targets(game, group, game.pods_ready(2))


def test_a_service_that_is_not_there_is_told(game: Game, group: str) -> None:
    missing = binding(game, "mine", targetGroupARN=group)
    missing["spec"]["serviceRef"]["name"] = "nobody"
    game.kube.apply(missing)
    until(lambda: "BackendNotFound" in events(game, "mine"), what=lambda: f"the Event\n{game.elbow.report()}")


def test_the_elder_of_two_bindings_has_the_group(game: Game, group: str) -> None:
    pods = game.pods_ready(2)
    game.kube.apply(binding(game, "mine", targetGroupARN=group))
    until_targets(game, group, pods)
    other = binding(game, "other", targetGroupARN=group)
    other["spec"]["serviceRef"]["name"] = "nobody"
    game.kube.apply(other)
    until(lambda: "FailedReconcile" in events(game, "other"), what=lambda: f"the Event\n{game.elbow.report()}")
    assert game.sandbox.aws.targets(group) == pods


def test_a_shared_group_keeps_the_targets_of_others(game: Game, group: str) -> None:
    elbv2 = game.sandbox.aws.client("elbv2")
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.100.250", "Port": 80}])
    pods = game.pods_ready(2)
    game.kube.apply(binding(game, "mine", targetGroupARN=group, multiClusterTargetGroup=True))
    until_targets(game, group, {*pods, "10.0.100.250"})
    record = game.kube.the(CONFIG_MAPS, game.namespace, "aws-lbc-targets-mine")
    assert set(record["data"]["targets"].split(",")) == {f"{pod}:80" for pod in pods}
    game.scale(1)
    left = game.pods_ready(1)
    until_targets(game, group, {*left, "10.0.100.250"})
    game.kube.delete(BINDINGS, game.namespace, "mine")
    until(lambda: game.kube.get(BINDINGS, game.namespace, "mine") is None, what="the binding to go")
    assert game.sandbox.aws.targets(group) == {"10.0.100.250"}
    assert game.kube.get(CONFIG_MAPS, game.namespace, "aws-lbc-targets-mine") is None


@pytest.fixture
def foreign(game: Game) -> Iterator[tuple[Any, str]]:
    """A target group of another account, with a client there."""
    sts = game.sandbox.aws.client("sts")
    found: Mapping[str, str] = sts.assume_role(RoleArn=ROLE, RoleSessionName="owner")["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
        region_name=game.sandbox.env["AWS_REGION"],
    )
    url = game.sandbox.env["AWS_ENDPOINT_URL"]
    ec2, elbv2 = (session.client(name, endpoint_url=url) for name in ("ec2", "elbv2"))
    vpc = ec2.create_vpc(CidrBlock="172.20.0.0/16")["Vpc"]["VpcId"]
    arn = group_of(elbv2, "theirs", VpcId=vpc, TargetType="ip")
    yield elbv2, arn
    elbv2.delete_target_group(TargetGroupArn=arn)
    ec2.close()
    elbv2.close()


def test_a_group_of_another_account_is_filled_under_its_role(game: Game, foreign: tuple[Any, str]) -> None:
    elbv2, arn = foreign
    game.kube.apply(binding(game, "theirs", targetGroupName="theirs", iamRoleArnToAssume=ROLE))

    def targets() -> set[tuple[str, str]]:
        found = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        live = (each["Target"] for each in found if each["TargetHealth"]["State"] != "draining")
        return {(each["Id"], each.get("AvailabilityZone", "")) for each in live}

    until(
        targets,
        holds=lambda seen: seen == {(pod, "all") for pod in game.pods_ready(2)},
        what=lambda: f"the pods as targets of zone all\n{game.elbow.report()}",
    )
    game.kube.delete(BINDINGS, game.namespace, "theirs")
    until(lambda: game.kube.get(BINDINGS, game.namespace, "theirs") is None, what=game.elbow.report)
    assert targets() == set()
