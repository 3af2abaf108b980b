"""Seeds an AWS account with what a cluster finds there. The server calls it once, before anybody else does."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from sandbox.aws.world import AwsWorld, WorldNode

ZONES = "abc"
IMAGE = "ami-12c6146b"
"""An image that moto knows."""
CERTIFICATES = {
    "www": ("www.example.com",),
    "wild": ("*.example.com",),
    "shop": ("shop.example.org", "api.shop.example.org"),
}
"""Domain names of the certificates, the common name first."""


def seed(*, url: str, region: str, cluster_name: str) -> AwsWorld:
    """Make a VPC 10.0.0.0/16 with a public and a private subnet in three zones, an internet gateway, two nodes, two
    security groups, certificates, addresses, target groups and a web ACL.

    The endpoint at `url` has to be empty.
    """
    clients = {name: _client(name, url, region) for name in ("ec2", "acm", "elbv2", "wafv2")}
    try:
        ec2 = clients["ec2"]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = _subnets(ec2, vpc, region, cluster_name)
        _internet(ec2, vpc, [subnet for name, subnet in subnets.items() if name.startswith("public")])
        group = _security_group(
            ec2, vpc, "eks-node", description="node", tag=(f"kubernetes.io/cluster/{cluster_name}", "owned")
        )
        return AwsWorld(
            url=url,
            region=region,
            cluster_name=cluster_name,
            vpc=vpc,
            subnets=subnets,
            sg=group,
            custom_sg=_security_group(ec2, vpc, "custom-lb", description="custom", tag=("Name", "custom-lb")),
            nodes=tuple(_node(ec2, subnets[f"private-{zone}"], group, zone) for zone in "ab"),
            certs={name: _certificate(clients["acm"], domains) for name, domains in CERTIFICATES.items()},
            eips=tuple(ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(3)),
            tgs={
                "hand-ip": _target_group(clients["elbv2"], vpc, "hand-ip", 8080, "ip"),
                "hand-instance": _target_group(clients["elbv2"], vpc, "hand-instance", 80, "instance"),
            },
            acl=_web_acl(clients["wafv2"]),
        )
    finally:
        for client in clients.values():
            client.close()


def _client(service: str, url: str, region: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="sandbox-seed",
        aws_secret_access_key="sandbox",  # noqa: S106 - the endpoint checks no signature
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def _subnets(ec2: Any, vpc: str, region: str, cluster_name: str) -> dict[str, str]:
    subnets = {}
    for index, zone in enumerate(ZONES):
        for kind, offset, role in (("public", 0, "elb"), ("private", 100, "internal-elb")):
            created = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{index + offset}.0/24", AvailabilityZone=f"{region}{zone}"
            )
            subnet = created["Subnet"]["SubnetId"]
            name = f"{kind}-{zone}"
            tags = {
                "Name": name,
                f"kubernetes.io/cluster/{cluster_name}": "shared",
                f"kubernetes.io/role/{role}": "1",
            }
            ec2.create_tags(Resources=[subnet], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
            subnets[name] = subnet
    return subnets


def _internet(ec2: Any, vpc: str, public: list[str]) -> None:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for subnet in public:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def _security_group(ec2: Any, vpc: str, name: str, *, description: str, tag: tuple[str, str]) -> str:
    created = ec2.create_security_group(GroupName=name, Description=description, VpcId=vpc)
    ec2.create_tags(Resources=[created["GroupId"]], Tags=[{"Key": tag[0], "Value": tag[1]}])
    return str(created["GroupId"])


def _node(ec2: Any, subnet: str, group: str, zone: str) -> WorldNode:
    instance = ec2.run_instances(
        ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group], InstanceType="t3.medium"
    )["Instances"][0]
    return WorldNode(
        id=instance["InstanceId"],
        ip=instance["PrivateIpAddress"],
        eni=instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
        az=zone,
    )


def _certificate(acm: Any, domains: tuple[str, ...]) -> str:
    arn: str = acm.request_certificate(
        DomainName=domains[0], SubjectAlternativeNames=list(domains), ValidationMethod="DNS"
    )["CertificateArn"]
    return arn


def _target_group(elbv2: Any, vpc: str, name: str, port: int, target_type: str) -> str:
    created = elbv2.create_target_group(Name=name, VpcId=vpc, Protocol="HTTP", Port=port, TargetType=target_type)
    return str(created["TargetGroups"][0]["TargetGroupArn"])


def _web_acl(wafv2: Any) -> str:
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "acl"}
    created = wafv2.create_web_acl(
        Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )
    return str(created["Summary"]["ARN"])
