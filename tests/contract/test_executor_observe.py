"""Questions about AWS over a real channel: a stack, everything, named things."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from elbow.aws.v1 import resources_pb2 as rpb
from elbow.executor.v1 import executor_service_pb2 as pb

from sandbox.aws import AwsServer, AwsWorld
from tests.contract.executor_bench import (
    STACK_TAGS,
    Bench,
    answer,
    aws_step,
    outcomes,
    plan_of,
    running,
    serving_aws,
    whole_stack,
)

KINDS = {number: name.removeprefix("RESOURCE_KIND_") for name, number in rpb.ResourceKind.items()}


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """Ids of the stack shop/web, which the first test makes."""
    return {}


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], made: dict[str, Any], tmp_path: Path) -> AsyncIterator[Bench]:
    async with running(*aws, tmp_path) as started:
        if not made:
            results = await started.execute(plan_of(whole_stack(started.world)))
            made["sg"] = answer(results["sg"])["GroupId"]
            made["group"] = answer(results["group"])["TargetGroups"][0]["TargetGroupArn"]
            made["lb"] = answer(results["lb"])["LoadBalancers"][0]["LoadBalancerArn"]
            made["listener"] = answer(results["listener"])["Listeners"][0]["ListenerArn"]
            made["rule"] = answer(results["rule"])["Rules"][0]["RuleArn"]
            register(started, made["group"])
            trust(started)
        started.aws.log.clear()
        started.aws.faults.board.reset()
        yield started


def trust(bench: Bench) -> None:
    elbv2 = boto3.client("elbv2", region_name=bench.world.region, endpoint_url=bench.world.url)
    elbv2.create_trust_store(Name="clients", CaCertificatesBundleS3Bucket="b", CaCertificatesBundleS3Key="k")


def register(bench: Bench, group: str) -> None:
    elbv2 = boto3.client("elbv2", region_name=bench.world.region, endpoint_url=bench.world.url)
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.100.9", "Port": 80}])
    elbv2.close()


def resources(responses: Sequence[pb.ObserveResponse]) -> dict[tuple[str, str], dict[str, Any]]:
    """What a query learnt, by kind and id: description, tags and attributes put together."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for response in responses:
        for resource in response.observation.resources:
            known = found.setdefault((KINDS[resource.kind], resource.id), {})
            if resource.description:
                known |= {"parent": resource.parent_id, "description": json.loads(resource.description)}
            for field in ("tags", "attributes"):
                if resource.HasField(field):
                    known[field] = dict(getattr(resource, field).values)
            if resource.HasField("certificates"):
                known["certificates"] = list(resource.certificates.values)
    return found


def complete(responses: Sequence[pb.ObserveResponse]) -> bool:
    """Whether a query was answered in full, with sequence numbers that fit each other."""
    begun = responses[-1].complete.begun
    return responses[-1].HasField("complete") and all(response.observation.begun > begun for response in responses[:-1])


def ids(found: dict[tuple[str, str], dict[str, Any]], kind: str) -> set[str]:
    return {each for of_kind, each in found if of_kind == kind}


def stack_query(**names: list[str]) -> pb.StackQuery:
    return pb.StackQuery(tags=STACK_TAGS, **names)


async def test_a_stack_is_found_by_its_tags_with_all_that_hangs_below(bench: Bench, made: dict[str, Any]) -> None:
    responses = await bench.observe(stack=stack_query())
    assert complete(responses)
    found = resources(responses)
    load_balancer, rule = found["LOAD_BALANCER", made["lb"]], found["RULE", made["rule"]]
    assert load_balancer["description"]["LoadBalancerName"] == "k8s-shop-web"
    assert load_balancer["tags"] == STACK_TAGS
    assert found["LISTENER", made["listener"]]["parent"] == made["lb"]
    assert rule["parent"] == made["listener"]
    assert rule["tags"] == STACK_TAGS
    assert found["TARGET_GROUP", made["group"]]["tags"] == STACK_TAGS
    group = found["SECURITY_GROUP", made["sg"]]
    assert group["tags"] == STACK_TAGS
    assert group["description"]["IpPermissions"][0]["FromPort"] == 80
    assert len(ids(found, "RULE")) == 2  # the default rule, which cannot carry tags
    assert {len(ids(found, kind)) for kind in ("LOAD_BALANCER", "TARGET_GROUP", "SECURITY_GROUP")} == {1}


async def test_a_stack_is_found_by_its_names_where_tags_say_nothing(bench: Bench, made: dict[str, Any]) -> None:
    query = pb.StackQuery(
        tags={"elbv2.k8s.aws/cluster": "rig", "ingress.k8s.aws/stack": "not/there"},
        load_balancer_names=["k8s-shop-web", "k8s-absent"],
        target_group_names=["k8s-absent"],
        security_group_names=["k8s-shop-web", "k8s-absent"],
    )
    responses = await bench.observe(stack=query)
    assert complete(responses)
    found = resources(responses)
    assert ids(found, "LOAD_BALANCER") == {made["lb"]}
    assert found["LOAD_BALANCER", made["lb"]]["tags"] == STACK_TAGS
    assert ids(found, "TARGET_GROUP") == set()
    assert ids(found, "SECURITY_GROUP") == {made["sg"]}


async def test_without_the_tagging_api_a_stack_is_found_by_describing_everything(
    bench: Bench, made: dict[str, Any]
) -> None:
    bench.fail("GetResources", code="AccessDeniedException", message="no", status=400, times=1)
    responses = await bench.observe(stack=stack_query())
    assert complete(responses)
    found = resources(responses)
    assert (ids(found, "LOAD_BALANCER"), ids(found, "TARGET_GROUP")) == ({made["lb"]}, {made["group"]})


async def test_a_denied_read_names_the_action_and_what_came_before_stays(bench: Bench) -> None:
    bench.fail("DescribeListeners", code="AccessDenied", message="not authorized", status=403, times=9)
    responses = await bench.observe(stack=stack_query())
    error = responses[-1].error
    assert (error.error_class, error.code) == (pb.ERROR_CLASS_DENIED, "AccessDenied")
    assert "elasticloadbalancing:DescribeListeners" in error.message
    assert ids(resources(responses), "LOAD_BALANCER") != set()


async def test_everything_is_the_cluster_and_what_stands_beside_it(bench: Bench, made: dict[str, Any]) -> None:
    world = bench.world
    responses = await bench.observe(all=pb.AllQuery(instance_ids=[node.id for node in world.nodes]))
    assert complete(responses)
    found = resources(responses)
    assert ids(found, "VPC") == {world.vpc}
    assert ids(found, "SUBNET") == set(world.subnets.values())
    assert len(ids(found, "AVAILABILITY_ZONE")) >= 3
    assert {made["sg"], world.sg, world.custom_sg} <= ids(found, "SECURITY_GROUP")
    assert ids(found, "NETWORK_INTERFACE") == {node.eni for node in world.nodes}
    assert ids(found, "LOAD_BALANCER") == {made["lb"]}
    assert ids(found, "TARGET_GROUP") == {made["group"], *world.tgs.values()}
    assert found["TARGET_GROUP", world.tgs["hand-ip"]]["tags"] == {}
    assert found["RULE", made["rule"]]["tags"] == STACK_TAGS
    assert found["LISTENER", made["listener"]]["tags"] == STACK_TAGS
    assert not any("attributes" in each for each in found.values())
    assert not any(name.endswith(("Attributes", "TargetHealth")) for name in bench.operations(mutating=False))


LOOKUPS = [
    pytest.param(pb.LOOKUP_KIND_NETWORK, (), ["VPC", "SUBNET", "AVAILABILITY_ZONE"], id="the network"),
    pytest.param(pb.LOOKUP_KIND_ROUTE_TABLES, (), ["ROUTE_TABLE"], id="route tables"),
    pytest.param(pb.LOOKUP_KIND_INSTANCE_INTERFACES, ("node",), ["NETWORK_INTERFACE"], id="interfaces of instances"),
    pytest.param(pb.LOOKUP_KIND_ADDRESS_INTERFACES, ("node ip",), ["NETWORK_INTERFACE"], id="interfaces by address"),
    pytest.param(pb.LOOKUP_KIND_SECURITY_GROUPS, ("sg", "sg-0absent0"), ["SECURITY_GROUP"], id="security groups"),
    pytest.param(
        pb.LOOKUP_KIND_SECURITY_GROUP_NAMES, ("custom-lb", "absent"), ["SECURITY_GROUP"], id="security groups by name"
    ),
    pytest.param(pb.LOOKUP_KIND_CLUSTER_SECURITY_GROUPS, (), ["SECURITY_GROUP"], id="the cluster's security groups"),
    pytest.param(
        pb.LOOKUP_KIND_ATTRIBUTES,
        ("lb", "group", "listener"),
        ["LOAD_BALANCER", "TARGET_GROUP", "LISTENER"],
        id="attributes",
    ),
    pytest.param(pb.LOOKUP_KIND_TARGETS, ("group",), ["TARGETS"], id="targets"),
    pytest.param(pb.LOOKUP_KIND_LOAD_BALANCERS, ("lb",), ["LOAD_BALANCER", "LISTENER", "RULE"], id="load balancers"),
    pytest.param(pb.LOOKUP_KIND_TARGET_GROUPS, ("group", "absent"), ["TARGET_GROUP"], id="target groups"),
    pytest.param(pb.LOOKUP_KIND_LISTENER_CERTIFICATES, ("listener",), ["LISTENER"], id="certificates of listeners"),
    pytest.param(pb.LOOKUP_KIND_CERTIFICATES, (), ["CERTIFICATE"], id="certificates"),
    pytest.param(
        pb.LOOKUP_KIND_CERTIFICATE_DETAILS, ("www", "absent certificate"), ["CERTIFICATE"], id="one certificate"
    ),
    pytest.param(pb.LOOKUP_KIND_TRUST_STORES, ("clients", "no-such-store"), ["TRUST_STORE"], id="trust stores by name"),
]


@pytest.mark.parametrize(("kind", "keys", "kinds"), LOOKUPS)
async def test_a_lookup_of(
    bench: Bench, made: dict[str, Any], kind: pb.LookupKind.ValueType, keys: tuple[str, ...], kinds: list[str]
) -> None:
    node = bench.world.nodes[0]
    certificates = bench.world.certs
    names = {
        "node": node.id,
        "node ip": node.ip,
        "absent": made["group"] + "0",
        "www": certificates["www"],
        "absent certificate": certificates["www"][:-1] + "x",
        **made,
    }
    lookup = pb.LookupQuery(kind=kind, keys=[names.get(key, key) for key in keys])
    responses = await bench.observe(lookup=lookup)
    assert complete(responses)
    found = resources(responses)
    assert {each for each, _ in found} == set(kinds)
    for of_kind, key in {"LOAD_BALANCER": "lb", "TARGET_GROUP": "group", "TARGETS": "group"}.items():
        assert ids(found, of_kind) in (set(), {made[key]})
    if kind == pb.LOOKUP_KIND_ATTRIBUTES:
        assert found["LOAD_BALANCER", made["lb"]]["attributes"]["deletion_protection.enabled"] == "false"
    if kind == pb.LOOKUP_KIND_LISTENER_CERTIFICATES:
        assert found["LISTENER", made["listener"]] == {"certificates": []}
    if kind == pb.LOOKUP_KIND_CERTIFICATES:
        assert ids(found, "CERTIFICATE") == set(certificates.values())
        shop = found["CERTIFICATE", certificates["shop"]]["description"]
        assert sorted(shop["SubjectAlternativeNameSummaries"]) == ["api.shop.example.org", "shop.example.org"]
    if kind == pb.LOOKUP_KIND_CERTIFICATE_DETAILS:
        assert found["CERTIFICATE", certificates["www"]]["description"]["SubjectAlternativeNames"] == [
            "www.example.com"
        ]
    if kind == pb.LOOKUP_KIND_TRUST_STORES:
        assert [found["TRUST_STORE", arn]["description"]["Name"] for arn in ids(found, "TRUST_STORE")] == ["clients"]
    if kind == pb.LOOKUP_KIND_TARGETS:
        target = found["TARGETS", made["group"]]["description"][0]
        assert target["Target"] == {"Id": "10.0.100.9", "Port": 80}
    if kind == pb.LOOKUP_KIND_SECURITY_GROUP_NAMES:
        assert ids(found, "SECURITY_GROUP") == {bench.world.custom_sg}
    if kind == pb.LOOKUP_KIND_CLUSTER_SECURITY_GROUPS:
        assert ids(found, "SECURITY_GROUP") == {made["sg"], bench.world.sg}


async def test_what_was_observed_under_the_tag_is_owned_without_a_read(bench: Bench, made: dict[str, Any]) -> None:
    await bench.observe(stack=stack_query())
    bench.aws.log.clear()
    step = aws_step("it", "ModifyTargetGroup", {"TargetGroupArn": made["group"], "HealthCheckPath": "/ready"})
    assert outcomes(await bench.execute(plan_of([step]))) == {"it": "ACCEPTED"}
    assert bench.operations(mutating=False) == ["ModifyTargetGroup"]
