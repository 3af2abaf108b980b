"""Firewalls, protection and capacity over a real channel: what is read of a load balancer, and what may be changed."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from elbow.executor.v1 import executor_service_pb2 as pb

from sandbox.aws import AwsServer, AwsWorld
from tests.contract.executor_bench import Bench, answer, aws_step, outcomes, plan_of, running, serving_aws, tags

OURS = "managed by aws-load-balancer-controller"


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    async with running(*aws, tmp_path) as started:
        yield started


def client(bench: Bench, service: str) -> Any:
    return closing(boto3.client(service, region_name=bench.world.region, endpoint_url=bench.world.url))


def load_balancer(bench: Bench, name: str, *, owned: bool = True) -> str:
    subnets = [bench.world.subnets["public-a"], bench.world.subnets["public-b"]]
    with client(bench, "elbv2") as elb:
        made = elb.create_load_balancer(Name=name, Subnets=subnets, **({"Tags": tags()} if owned else {}))
    arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
    bench.aws.log.clear()
    return arn


async def facts(bench: Bench, kind: pb.LookupKind.ValueType, arn: str) -> dict[str, str]:
    responses = await bench.observe(lookup=pb.LookupQuery(kind=kind, keys=[arn]))
    (found,) = (r for response in responses for r in response.observation.resources)
    assert found.id == arn
    return dict(found.facts)


async def test_what_calls_of_their_own_tell_of_a_load_balancer(bench: Bench) -> None:
    arn = load_balancer(bench, "told")
    with client(bench, "wafv2") as waf:
        acl = waf.list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"]

    assert await facts(bench, pb.LOOKUP_KIND_CAPACITY, arn) == {"capacity": "0"}
    assert await facts(bench, pb.LOOKUP_KIND_WEB_ACL, arn) == {"web_acl": ""}
    assert await facts(bench, pb.LOOKUP_KIND_CLASSIC_WEB_ACL, arn) == {"classic_web_acl": ""}
    assert await facts(bench, pb.LOOKUP_KIND_PROTECTION, arn) == {"protection": "", "protection_name": ""}
    step = aws_step("it", "AssociateWebACL", {"WebACLArn": acl, "ResourceArn": arn}, service="wafv2")
    assert outcomes(await bench.execute(plan_of([step]))) == {"it": "ACCEPTED"}
    assert await facts(bench, pb.LOOKUP_KIND_WEB_ACL, arn) == {"web_acl": acl}


async def test_all_web_acls_and_the_subscription(bench: Bench) -> None:
    for kind, expected in ((pb.LOOKUP_KIND_WEB_ACLS, "WebACL"), (pb.LOOKUP_KIND_SHIELD_SUBSCRIPTION, "shield")):
        responses = await bench.observe(lookup=pb.LookupQuery(kind=kind))
        (found,) = (r for response in responses for r in response.observation.resources)
        assert expected.lower() in found.id.lower()


async def limits(bench: Bench) -> dict[str, Any]:
    responses = await bench.observe(lookup=pb.LookupQuery(kind=pb.LOOKUP_KIND_ACCOUNT_LIMITS))
    found = (r for response in responses for r in response.observation.resources)
    return {r.id: json.loads(r.description) for r in found}


async def test_the_limits_of_the_account(bench: Bench) -> None:
    name = "rules-per-application-load-balancer"
    assert (await limits(bench))[name] == {"Name": name, "Max": "100"}


async def test_limits_that_may_not_be_read_are_none(bench: Bench) -> None:
    bench.fail("DescribeAccountLimits", code="AccessDenied", message="no", status=403, times=1)
    assert await limits(bench) == {}


async def test_a_firewall_before_a_load_balancer_of_nobody_is_not_touched(bench: Bench) -> None:
    arn = load_balancer(bench, "of-nobody", owned=False)
    for service in ("wafv2", "waf-regional"):
        step = aws_step("it", "DisassociateWebACL", {"ResourceArn": arn}, service=service)
        results = await bench.execute(plan_of([step]))
        assert results["it"].error.code == "NotOwned"
    assert "DisassociateWebACL" not in bench.operations(mutating=False)


@pytest.mark.parametrize(
    ("name", "owned", "outcome"),
    [
        pytest.param(OURS, True, "ACCEPTED", id="a controller's, of the cluster's load balancer"),
        pytest.param("by hand", True, "REFUSED", id="somebody's, of the cluster's load balancer"),
        pytest.param(OURS, False, "REFUSED", id="a controller's, of a load balancer of nobody"),
    ],
)
async def test_a_protection_that_is_taken_away(bench: Bench, name: str, owned: bool, outcome: str) -> None:
    arn = load_balancer(bench, f"p-{len(name)}-{owned}".lower(), owned=owned)
    with client(bench, "shield") as shield:
        shield.create_subscription()
        made = shield.create_protection(Name=name, ResourceArn=arn)["ProtectionId"]

    results = await bench.execute(
        plan_of([aws_step("it", "DeleteProtection", {"ProtectionId": made}, service="shield")])
    )

    assert outcomes(results) == {"it": outcome}


async def test_a_protection_is_made_once(bench: Bench) -> None:
    arn = load_balancer(bench, "twice")
    with client(bench, "shield") as shield:
        shield.create_subscription()
    step = aws_step("it", "CreateProtection", {"Name": OURS, "ResourceArn": arn}, service="shield")
    first = await bench.execute(plan_of([step]))
    assert answer(first["it"])["ProtectionId"]
    again = await bench.execute(plan_of([step]))
    assert outcomes(again) == {"it": "ACCEPTED"}
