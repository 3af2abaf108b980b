"""Target groups of another account, over a real channel: read and filled under the role that their binding names."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest
from elbow.aws.v1 import resources_pb2 as aws_pb
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.plan.v1 import plan_pb2

from sandbox.aws import AwsServer, AwsWorld
from tests.contract.executor_bench import Bench, aws_step, outcomes, plan_of, running, serving_aws

ACCOUNT = "999988887777"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/targets"
BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings"


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    aws[0].log.clear()
    aws[0].faults.board.reset()
    async with running(*aws, tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def foreign(aws: tuple[AwsServer, AwsWorld]) -> str:
    """A target group of the other account."""
    world = aws[1]
    sts = boto3.client("sts", region_name=world.region, endpoint_url=world.url)
    found = sts.assume_role(RoleArn=ROLE, RoleSessionName="owner")["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
        region_name=world.region,
    )
    ec2 = session.client("ec2", endpoint_url=world.url)
    vpc = ec2.create_vpc(CidrBlock="172.20.0.0/16")["Vpc"]["VpcId"]
    elbv2 = session.client("elbv2", endpoint_url=world.url)
    made = elbv2.create_target_group(Name="theirs", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    for each in (sts, ec2, elbv2):
        each.close()
    arn: str = made["TargetGroups"][0]["TargetGroupArn"]
    assert f":{ACCOUNT}:" in arn
    return arn


def bind(bench: Bench, group: str, *, role: str = ROLE, external_id: str = "") -> None:
    """The binding shop/theirs as the cluster has it."""
    spec = {"targetGroupARN": group, "iamRoleArnToAssume": role, "assumeRoleExternalId": external_id}
    bench.kube.put(f"{BINDINGS}/theirs", {"metadata": {"name": "theirs", "namespace": "shop"}, "spec": spec})


def role(arn: str = ROLE, external_id: str = "") -> plan_pb2.AssumedRole:
    return plan_pb2.AssumedRole(arn=arn, external_id=external_id, binding="shop/theirs")


def move(operation: str, group: str, under: plan_pb2.AssumedRole | None) -> plan_pb2.Plan:
    """A plan of the binding that moves one target."""
    targets = [{"Id": "172.20.0.5", "Port": 80, "AvailabilityZone": "all"}]
    step = aws_step("it", operation, {"TargetGroupArn": group, "Targets": targets})
    if under is not None:
        step.aws.role.CopyFrom(under)
    return plan_of([step], kind=plan_pb2.KEY_KIND_BINDING, name="shop/theirs")


def resources(responses: list[pb.ObserveResponse]) -> list[aws_pb.Resource]:
    return [resource for response in responses for resource in response.observation.resources]


async def test_targets_are_moved_under_the_role_which_is_assumed_once(bench: Bench, foreign: str) -> None:
    bind(bench, foreign, external_id="secret-handshake")
    under = role(external_id="secret-handshake")
    for operation in ("RegisterTargets", "DeregisterTargets"):
        results = await bench.execute(move(operation, foreign, under))
        assert outcomes(results) == {"it": "ACCEPTED"}
    assumed = [call.as_json() for call in bench.aws.log.calls() if call.as_json()["operation"] == "AssumeRole"]
    assert [call["parameters"] for call in assumed] == [
        {"RoleArn": ROLE, "RoleSessionName": "AWS-LBC-rig", "ExternalId": "secret-handshake"}
    ]


async def test_a_group_is_found_by_name_in_the_roles_account(bench: Bench, foreign: str) -> None:
    bind(bench, "theirs")
    query = pb.LookupQuery(kind=pb.LOOKUP_KIND_TARGET_GROUP_NAMES, keys=["theirs"], role=role())
    (found,) = resources(await bench.observe(lookup=query))
    assert (found.id, json.loads(found.description)["TargetType"], found.HasField("tags")) == (foreign, "ip", False)


async def test_a_vpc_of_the_other_account_is_read_under_the_role(bench: Bench, foreign: str) -> None:
    bind(bench, foreign)
    query = pb.LookupQuery(kind=pb.LOOKUP_KIND_TARGET_GROUPS, keys=[foreign], role=role())
    (group,) = resources(await bench.observe(lookup=query))
    vpc = json.loads(group.description)["VpcId"]
    asked = pb.LookupQuery(kind=pb.LOOKUP_KIND_PEER_VPCS, keys=[vpc, "vpc-00000000"], role=role())
    (found,) = resources(await bench.observe(lookup=asked))
    assert (found.kind, found.id) == (aws_pb.RESOURCE_KIND_PEER_VPC, vpc)


@pytest.mark.parametrize(
    ("named", "under"),
    [
        pytest.param("", role(), id="the binding names no role"),
        pytest.param(ROLE, role("arn:aws:iam::999988887777:role/admin"), id="the binding names another role"),
        pytest.param(ROLE, role(external_id="guessed"), id="the external id is another"),
        pytest.param(ROLE, None, id="the role that the binding names is left out"),
    ],
)
async def test_only_the_role_that_the_binding_names_is_assumed(
    bench: Bench, foreign: str, named: str, under: plan_pb2.AssumedRole | None
) -> None:
    bind(bench, foreign, role=named)
    results = await bench.execute(move("RegisterTargets", foreign, under))
    assert (outcomes(results), results["it"].error.code) == ({"it": "REFUSED"}, "NotOwned")
    assert bench.operations(mutating=False) == []


async def test_nothing_is_read_under_a_role_that_no_binding_names(bench: Bench, foreign: str) -> None:
    query = pb.LookupQuery(kind=pb.LOOKUP_KIND_TARGETS, keys=[foreign], role=role())
    (response,) = await bench.observe(lookup=query)
    assert response.error.code == "NotOwned"
    assert bench.operations(mutating=False) == []


async def test_a_role_does_nothing_but_move_targets(bench: Bench, foreign: str) -> None:
    bind(bench, foreign)
    step = aws_step("it", "DeleteTargetGroup", {"TargetGroupArn": foreign})
    step.aws.role.CopyFrom(role())
    results = await bench.execute(plan_of([step], kind=plan_pb2.KEY_KIND_BINDING, name="shop/theirs"))
    assert (outcomes(results), results["it"].error.code) == ({"it": "REFUSED"}, "NotOwned")


async def test_a_role_that_may_not_be_assumed_is_told_as_such(bench: Bench, foreign: str) -> None:
    bind(bench, foreign)
    bench.fail("AssumeRole", code="AccessDenied", message="no", status=403, times=10)
    results = await bench.execute(move("RegisterTargets", foreign, role()))
    assert results["it"].error.code == "AccessDenied"
    assert "sts:AssumeRole" in results["it"].error.message


async def test_what_a_binding_has_registered_is_read_from_its_config_map(bench: Bench) -> None:
    path = "/api/v1/namespaces/shop/configmaps/aws-lbc-targets-theirs"
    asked = pb.LookupQuery(kind=pb.LOOKUP_KIND_TARGET_RECORDS, keys=["shop/theirs"])
    (absent,) = resources(await bench.observe(lookup=asked))
    assert (absent.id, json.loads(absent.description)) == ("shop/theirs", {"targets": None})
    bench.kube.put(path, {"metadata": {"name": "aws-lbc-targets-theirs"}, "data": {"targets": "10.0.0.1:80"}})
    (found,) = resources(await bench.observe(lookup=asked))
    assert json.loads(found.description) == {"targets": "10.0.0.1:80"}
