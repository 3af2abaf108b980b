from __future__ import annotations

import pytest

from sandbox.aws import AwsServer
from tests.unit.sandbox_aws.account import Account


def tags(resource: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


def test_subnets_are_tagged_for_discovery_in_three_zones(running: Account) -> None:
    filters = [{"Name": "vpc-id", "Values": [running.world.vpc]}]
    subnets = running.ec2.describe_subnets(Filters=filters)["Subnets"]
    assert {one["SubnetId"]: (one["AvailabilityZone"], one["CidrBlock"], tags(one)) for one in subnets} == {
        running.world.subnets[f"{kind}-{zone}"]: (
            f"us-west-2{zone}",
            f"10.0.{index + offset}.0/24",
            {
                "Name": f"{kind}-{zone}",
                "kubernetes.io/cluster/rig": "shared",
                f"kubernetes.io/role/{role}": "1",
            },
        )
        for index, zone in enumerate("abc")
        for kind, offset, role in (("public", 0, "elb"), ("private", 100, "internal-elb"))
    }


def test_nodes_stand_in_the_private_subnets(running: Account) -> None:
    nodes = running.world.nodes
    reservations = running.ec2.describe_instances(InstanceIds=[node.id for node in nodes])["Reservations"]
    found = [instance for reservation in reservations for instance in reservation["Instances"]]
    assert [(one["InstanceId"], one["PrivateIpAddress"], one["SubnetId"]) for one in found] == [
        (node.id, node.ip, running.world.subnets[f"private-{node.az}"]) for node in nodes
    ]
    assert [one["NetworkInterfaces"][0]["NetworkInterfaceId"] for one in found] == [node.eni for node in nodes]
    assert [[group["GroupId"] for group in one["SecurityGroups"]] for one in found] == [[running.world.sg]] * 2


def test_security_groups_carry_their_tags(running: Account) -> None:
    ids = [running.world.sg, running.world.custom_sg]
    groups = running.ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"]
    assert {one["GroupName"]: tags(one) for one in groups} == {
        "eks-node": {"kubernetes.io/cluster/rig": "owned"},
        "custom-lb": {"Name": "custom-lb"},
    }


def test_certificates_are_issued(running: Account) -> None:
    details = {
        name: running.acm.describe_certificate(CertificateArn=arn)["Certificate"]
        for name, arn in running.world.certs.items()
    }
    assert {name: (sorted(one["SubjectAlternativeNames"]), one["Status"]) for name, one in details.items()} == {
        "www": (["www.example.com"], "ISSUED"),
        "wild": (["*.example.com"], "ISSUED"),
        "shop": (["api.shop.example.org", "shop.example.org"], "ISSUED"),
    }


def test_the_world_as_json_has_plain_data(running: Account) -> None:
    world = running.world.as_json()
    first = running.world.nodes[0]
    assert sorted(world) == sorted(
        ["acl", "certs", "cluster_name", "custom_sg", "eips", "nodes", "region", "sg", "subnets", "tgs", "url", "vpc"]
    )
    assert world["nodes"][0] == {"id": first.id, "ip": first.ip, "eni": first.eni, "az": "a"}
    assert (len(world["eips"]), sorted(world["tgs"])) == (3, ["hand-instance", "hand-ip"])


def test_seeding_leaves_no_calls_in_the_record(server: AwsServer, running: Account) -> None:
    server.log.clear()
    running.elb.describe_load_balancers()
    assert [call.request.operation for call in server.log.calls()] == ["DescribeLoadBalancers"]


def test_one_endpoint_a_process(running: Account) -> None:
    other = AwsServer()
    with pytest.raises(RuntimeError, match="already runs"):
        other.start()
    other.stop()
    assert running.elb.describe_load_balancers()["LoadBalancers"] == []
