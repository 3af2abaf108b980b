"""What the executor refuses to touch, over a real channel: what is not on its list, what is not of its cluster."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.plan.v1 import plan_pb2

from sandbox.aws import AwsServer, AwsWorld
from tests.contract.executor_bench import (
    Bench,
    answer,
    aws_step,
    kube_step,
    outcomes,
    plan_of,
    running,
    serving_aws,
    tags,
)

BINDING = "/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/web"
OURS = "elbv2.k8s.aws/targetGroupBinding=shared"


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    aws[0].log.clear()
    async with running(*aws, tmp_path) as started:
        yield started


def client(bench: Bench, service: str) -> Any:
    return boto3.client(service, region_name=bench.world.region, endpoint_url=bench.world.url)


def made_elsewhere(bench: Bench, name: str, *, owned: bool) -> str:
    """A target group that this executor did not make, of this cluster or of none."""
    group = {"Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": bench.world.vpc, "TargetType": "ip"}
    elbv2 = client(bench, "elbv2")
    try:
        created = elbv2.create_target_group(**group, **({"Tags": tags()} if owned else {}))
    finally:
        elbv2.close()
    bench.aws.log.clear()
    return str(created["TargetGroups"][0]["TargetGroupArn"])


def refusal(results: dict[str, pb.StepResult], step: str = "it") -> tuple[str, int, str]:
    result = results[step]
    return pb.Outcome.Name(result.outcome), result.error.error_class, result.error.code


DENIED = ("OUTCOME_REFUSED", pb.ERROR_CLASS_DENIED, "NotOwned")
NOT_ALLOWED = ("OUTCOME_REFUSED", pb.ERROR_CLASS_DENIED, "OperationNotAllowed")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        pytest.param("ec2", "TerminateInstances", {"InstanceIds": ["i-1"]}, NOT_ALLOWED, id="an unlisted operation"),
        pytest.param("elbv2", "DescribeLoadBalancers", {}, NOT_ALLOWED, id="a read in a plan"),
        pytest.param(
            "elbv2",
            "CreateTargetGroup",
            {"Name": "k8s-untagged", "Protocol": "HTTP", "Port": 80},
            DENIED,
            id="a create without the ownership tag",
        ),
        pytest.param(
            "elbv2",
            "CreateTargetGroup",
            {"Name": "k8s-other", "Tags": [{"Key": "elbv2.k8s.aws/cluster", "Value": "other"}]},
            DENIED,
            id="a create under another cluster's tag",
        ),
    ],
)
async def test_what_a_call_says_of_itself_can_refuse_it(
    bench: Bench, service: str, operation: str, parameters: dict[str, Any], expected: tuple[str, int, str]
) -> None:
    results = await bench.execute(plan_of([aws_step("it", operation, parameters, service=service)]))
    assert refusal(results) == expected
    assert bench.operations(mutating=False) == []


async def test_a_resource_of_nobody_is_not_touched(bench: Bench) -> None:
    arn = made_elsewhere(bench, "of-nobody", owned=False)
    results = await bench.execute(plan_of([aws_step("it", "DeleteTargetGroup", {"TargetGroupArn": arn})]))
    assert refusal(results) == DENIED
    assert "elbv2.k8s.aws/cluster=rig" in results["it"].error.message
    assert bench.operations(mutating=False) == ["DescribeTags"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        pytest.param(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {"GroupId": "sg-0123456789abcdef0", "IpPermissions": []},
            "InvalidGroup.NotFound",
            id="a security group",
        ),
        pytest.param(
            "elbv2",
            "ModifyTargetGroup",
            {"TargetGroupArn": "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/gone/0123456789abcdef"},
            "TargetGroupNotFound",
            id="a target group",
        ),
    ],
)
async def test_what_does_not_exist_is_not_found_rather_than_of_nobody(
    bench: Bench, service: str, operation: str, parameters: dict[str, Any], code: str
) -> None:
    results = await bench.execute(plan_of([aws_step("it", operation, parameters, service=service)]))
    assert refusal(results) == ("OUTCOME_REFUSED", pb.ERROR_CLASS_NOT_FOUND, code)


async def test_an_unknown_resource_of_the_cluster_costs_one_read_once(bench: Bench) -> None:
    arn = made_elsewhere(bench, "of-the-cluster", owned=True)
    session = await bench.hello()
    check = {"TargetGroupArn": arn, "HealthCheckPath": "/ready"}
    for _ in range(2):
        results = await bench.execute(plan_of([aws_step("it", "ModifyTargetGroup", check)]), session=session)
        assert outcomes(results) == {"it": "ACCEPTED"}
    assert bench.operations(mutating=False) == ["DescribeTags", "ModifyTargetGroup", "ModifyTargetGroup"]


async def test_what_was_made_here_costs_no_read(bench: Bench) -> None:
    made = {
        "Name": "k8s-made-here", "Protocol": "HTTP", "Port": 80, "VpcId": bench.world.vpc, "TargetType": "ip",
        "Tags": tags(),
    }  # fmt: skip
    arn = {"$ref": "make#TargetGroups[0].TargetGroupArn"}
    delete = aws_step("it", "DeleteTargetGroup", {"TargetGroupArn": arn})
    results = await bench.execute(plan_of([aws_step("make", "CreateTargetGroup", made), delete]))
    assert outcomes(results) == {"make": "ACCEPTED", "it": "ACCEPTED"}
    assert bench.operations(mutating=False) == ["CreateTargetGroup", "DeleteTargetGroup"]


async def test_deleting_what_is_gone_is_accepted(bench: Bench) -> None:
    arn = made_elsewhere(bench, "gone", owned=True)
    results = {}
    for _ in range(2):
        step = aws_step("it", "DeleteTargetGroup", {"TargetGroupArn": arn})
        results = await bench.execute(plan_of([step]))
    assert outcomes(results) == {"it": "ACCEPTED"}


async def test_deleting_a_security_group_that_this_process_never_saw_is_accepted(bench: Bench) -> None:
    step = aws_step("it", "DeleteSecurityGroup", {"GroupId": "sg-0123456789abcdef0"}, service="ec2")
    assert outcomes(await bench.execute(plan_of([step]))) == {"it": "ACCEPTED"}


@pytest.mark.parametrize(
    ("operation", "extra"),
    [
        pytest.param("AddTags", {"Tags": [{"Key": "elbv2.k8s.aws/cluster", "Value": "rig"}]}, id="set"),
        pytest.param("RemoveTags", {"TagKeys": ["team", "elbv2.k8s.aws/cluster"]}, id="removed"),
    ],
)
async def test_the_ownership_tag_itself_is_never(bench: Bench, operation: str, extra: dict[str, Any]) -> None:
    arn = made_elsewhere(bench, f"tag-{operation.lower()}", owned=True)
    results = await bench.execute(plan_of([aws_step("it", operation, {"ResourceArns": [arn], **extra})]))
    assert refusal(results) == DENIED
    assert bench.operations() == []


def permission(*descriptions: str) -> dict[str, Any]:
    sources = [
        {"CidrIp": f"10.{number}.0.0/16", **({"Description": text} if text else {})}
        for number, text in enumerate(descriptions)
    ]
    return {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": sources}


@pytest.mark.parametrize(
    ("descriptions", "expected"),
    [
        pytest.param((OURS,), "ACCEPTED", id="described as ours"),
        pytest.param((OURS, "from the office"), "REFUSED", id="one described as someone else's"),
        pytest.param(("",), "REFUSED", id="without description"),
    ],
)
async def test_a_permission_on_a_group_of_others_is(bench: Bench, descriptions: tuple[str, ...], expected: str) -> None:
    parameters = {"GroupId": bench.world.sg, "IpPermissions": [permission(*descriptions)]}
    step = aws_step("it", "AuthorizeSecurityGroupIngress", parameters, service="ec2")
    results = await bench.execute(plan_of([step], kind=plan_pb2.KEY_KIND_NETWORK, name=""))
    assert outcomes(results) == {"it": expected}


def targets_plan(group: str, *, binding: str = "shop/web") -> plan_pb2.Plan:
    parameters = {"TargetGroupArn": group, "Targets": [{"Id": "10.0.100.9", "Port": 80}]}
    step = aws_step("it", "RegisterTargets", parameters)
    return plan_of([step], kind=plan_pb2.KEY_KIND_BINDING, name=binding)


async def test_targets_move_in_the_group_that_their_binding_names_and_no_aws_read_is_made(bench: Bench) -> None:
    group = bench.world.tgs["hand-ip"]
    binding = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"targetGroupARN": group}}
    bench.kube.put(BINDING, binding)
    session = await bench.hello()
    for _ in range(2):
        results = await bench.execute(targets_plan(group), session=session)
        assert outcomes(results) == {"it": "ACCEPTED"}
    assert bench.operations(mutating=False) == ["RegisterTargets", "RegisterTargets"]
    assert len(bench.kube.writes("GET", BINDING)) == 1


@pytest.mark.parametrize(
    "named",
    [
        pytest.param("hand-instance", id="names another group"),
        pytest.param(None, id="is not there"),
    ],
)
async def test_targets_do_not_move_when_the_binding(bench: Bench, named: str | None) -> None:
    if named is not None:
        spec = {"targetGroupARN": bench.world.tgs[named]}
        bench.kube.put(BINDING, {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})
    results = await bench.execute(targets_plan(bench.world.tgs["hand-ip"]))
    assert refusal(results) == DENIED
    assert bench.operations() == []


async def test_a_binding_that_a_plan_writes_lets_the_next_plan_move_targets_without_a_read(bench: Bench) -> None:
    group = bench.world.tgs["hand-ip"]
    body = {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"targetGroupARN": group},
    }
    fields = {"api_version": "elbv2.k8s.aws/v1beta1", "namespace": "shop"}
    write = kube_step("write", "create", "targetgroupbindings", "web", body=body, **fields)
    session = await bench.hello()
    written = await bench.execute(plan_of([write]), session=session)
    assert answer(written["write"])["spec"] == body["spec"]
    results = await bench.execute(targets_plan(group), session=session)
    assert outcomes(results) == {"it": "ACCEPTED"}
    assert bench.kube.writes("GET", BINDING) == []
