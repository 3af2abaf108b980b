from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, refused


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "accepted", id="the same call again gives the standing load balancer"),
        pytest.param({"Tags": [{"Key": "a", "Value": "b"}]}, "accepted", id="tags are no setting"),
        pytest.param({"Scheme": "internal"}, "DuplicateLoadBalancerName", id="another scheme is another load balancer"),
        pytest.param({"IpAddressType": "dualstack"}, "DuplicateLoadBalancerName", id="another address type differs"),
        pytest.param({"Type": "network"}, "DuplicateLoadBalancerName", id="a name is taken over both types"),
    ],
)
def test_create_is_idempotent(aws: Account, change: dict[str, Any], expected: str) -> None:
    arn = aws.alb("web")
    wanted = {"Name": "web", "Subnets": aws.subnets("public-b", "public-a"), **change}
    assert refused(aws.elb.create_load_balancer, **wanted) == expected
    assert [one["LoadBalancerArn"] for one in aws.elb.describe_load_balancers()["LoadBalancers"]] == [arn]
    assert aws.tags_of(arn) == {}


def test_other_subnets_under_a_taken_name_are_a_duplicate(aws: Account) -> None:
    aws.alb("web")
    other = aws.subnets("public-a", "public-c")
    assert refused(aws.elb.create_load_balancer, Name="web", Subnets=other) == "DuplicateLoadBalancerName"


def test_an_application_load_balancer_gets_the_defaults_of_aws(aws: Account) -> None:
    created = aws.create_alb("web")
    default = aws.ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [aws.world.vpc]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"][0]["GroupId"]
    del created["CreatedTime"]
    del created["CanonicalHostedZoneId"]
    arn = created.pop("LoadBalancerArn")
    assert re.fullmatch(r"web-\d{9}\.us-west-2\.elb\.amazonaws\.com", created.pop("DNSName"))
    assert arn.split(":", 5)[5].rpartition("/")[0] == "loadbalancer/app/web"
    assert created == {
        "LoadBalancerName": "web",
        "Scheme": "internet-facing",
        "Type": "application",
        "IpAddressType": "ipv4",
        "VpcId": aws.world.vpc,
        "SecurityGroups": [default],
        "State": {"Code": "provisioning"},
        "AvailabilityZones": [
            {"SubnetId": aws.world.subnets["public-a"], "ZoneName": "us-west-2a", "LoadBalancerAddresses": []},
            {"SubnetId": aws.world.subnets["public-b"], "ZoneName": "us-west-2b", "LoadBalancerAddresses": []},
        ],
    }


def test_a_network_load_balancer_stands_in_one_zone_without_security_groups(aws: Account) -> None:
    created = aws.create_alb("flow", Type="network", Subnets=aws.subnets("public-a"))
    assert created["LoadBalancerArn"].split(":", 5)[5].startswith("loadbalancer/net/flow/")
    assert created.get("SecurityGroups", []) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("a" * 32, "accepted", id="thirty-two characters"),
        pytest.param("a" * 33, "ValidationError", id="one character too many"),
        pytest.param("web_1", "ValidationError", id="an underscore"),
        pytest.param("-web", "ValidationError", id="a hyphen in front"),
        pytest.param("web-", "ValidationError", id="a hyphen behind"),
        pytest.param("internal-web", "ValidationError", id="the reserved beginning"),
    ],
)
def test_names_follow_the_rules(aws: Account, name: str, expected: str) -> None:
    assert refused(aws.elb.create_load_balancer, Name=name, Subnets=aws.subnets("public-a", "public-b")) == expected


@pytest.mark.parametrize(
    ("subnets", "settings", "expected"),
    [
        pytest.param(["public-a"], {}, "ValidationError", id="one zone is too few for an application load balancer"),
        pytest.param(["public-a", "private-a"], {}, "InvalidConfigurationRequest", id="two subnets in one zone"),
        pytest.param(["public-a", "none"], {}, "SubnetNotFound", id="an unknown subnet"),
        pytest.param(["public-a", "public-b"], {"Scheme": "both"}, "ValidationError", id="an unknown scheme"),
        pytest.param(
            ["public-a", "public-b"], {"IpAddressType": "ipv6"}, "ValidationError", id="an unknown addressing"
        ),
        pytest.param(
            ["public-a", "public-b"], {"SecurityGroups": ["sg-0"]}, "InvalidSecurityGroup", id="no such group"
        ),
    ],
)
def test_create_checks_where_it_stands(
    aws: Account, subnets: list[str], settings: dict[str, Any], expected: str
) -> None:
    ids = [aws.world.subnets.get(name, "subnet-0") for name in subnets]
    assert refused(aws.elb.create_load_balancer, Name="web", Subnets=ids, **settings) == expected
    assert aws.elb.describe_load_balancers()["LoadBalancers"] == []


def test_dualstack_without_public_ipv4_is_kept(aws: Account) -> None:
    assert aws.create_alb(IpAddressType="dualstack-without-public-ipv4")["IpAddressType"] == (
        "dualstack-without-public-ipv4"
    )


def test_deletion_protection_holds_until_it_is_cleared(aws: Account) -> None:
    arn = aws.alb()
    for value, expected in (("true", "OperationNotPermitted"), ("false", "accepted")):
        aws.elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": value}]
        )
        assert refused(aws.elb.delete_load_balancer, LoadBalancerArn=arn) == expected
    assert aws.elb.describe_load_balancers()["LoadBalancers"] == []


def test_deleting_an_absent_load_balancer_succeeds(aws: Account) -> None:
    arn = aws.alb()
    aws.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert refused(aws.elb.delete_load_balancer, LoadBalancerArn=arn) == "accepted"


def test_describe_refuses_what_is_missing_among_what_stands(aws: Account) -> None:
    arn = aws.alb()
    assert refused(aws.elb.describe_load_balancers, LoadBalancerArns=[arn, f"{arn}0"]) == "LoadBalancerNotFound"
    assert refused(aws.elb.describe_load_balancers, Names=["web", "none"]) == "LoadBalancerNotFound"
    assert refused(aws.elb.describe_load_balancers, LoadBalancerArns=[arn] * 21) == "ValidationError"


def test_describe_pages_through_all(aws: Account) -> None:
    names = [f"web-{number}" for number in range(5)]
    for name in names:
        aws.alb(name)
    pages = aws.elb.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 2})
    assert [[one["LoadBalancerName"] for one in page["LoadBalancers"]] for page in pages] == [
        ["web-0", "web-1"],
        ["web-2", "web-3"],
        ["web-4"],
    ]


def test_a_page_goes_on_where_the_last_one_ended_after_a_deletion(aws: Account) -> None:
    arns = [aws.alb(f"web-{number}") for number in range(4)]
    first = aws.elb.describe_load_balancers(PageSize=2)
    aws.elb.delete_load_balancer(LoadBalancerArn=arns[0])
    rest = aws.elb.describe_load_balancers(PageSize=2, Marker=first["NextMarker"])
    assert [one["LoadBalancerArn"] for one in rest["LoadBalancers"]] == arns[2:]
    assert "NextMarker" not in rest


def test_a_marker_that_nobody_gave_is_refused(aws: Account) -> None:
    assert refused(aws.elb.describe_load_balancers, Marker="web") == "ValidationError"


def test_placement_changes_in_place(aws: Account) -> None:
    arn, group = aws.alb(), aws.security_group("placement")
    zones = aws.elb.set_subnets(LoadBalancerArn=arn, Subnets=aws.subnets("public-b", "public-c"))["AvailabilityZones"]
    assert [zone["SubnetId"] for zone in zones] == aws.subnets("public-b", "public-c")
    assert aws.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group])["SecurityGroupIds"] == [group]
    assert aws.elb.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="dualstack")["IpAddressType"] == "dualstack"


def test_a_network_load_balancer_made_without_security_groups_never_gets_any(aws: Account) -> None:
    arn = aws.nlb()
    wanted = {"LoadBalancerArn": arn, "SecurityGroups": [aws.world.custom_sg]}
    assert refused(aws.elb.set_security_groups, **wanted) == "InvalidConfigurationRequest"
    aws.elb.set_subnets(LoadBalancerArn=arn, Subnets=aws.subnets("public-b"))


@pytest.mark.parametrize(
    ("change", "mapping", "expected"),
    [
        pytest.param({"Scheme": "internet-facing"}, {"AllocationId": "eip"}, "accepted", id="an Elastic IP address"),
        pytest.param(
            {"Scheme": "internal"}, {"AllocationId": "eip"}, "InvalidConfigurationRequest", id="none inside the VPC"
        ),
        pytest.param(
            {"Scheme": "internet-facing"}, {"AllocationId": "eipalloc-0"}, "AllocationIdNotFound", id="one of nobody"
        ),
        pytest.param(
            {"Scheme": "internal"},
            {"PrivateIPv4Address": "192.0.2.1"},
            "InvalidConfigurationRequest",
            id="a private address elsewhere",
        ),
        pytest.param(
            {"Scheme": "internet-facing"},
            {"PrivateIPv4Address": "10.0.0.10"},
            "InvalidConfigurationRequest",
            id="a private address of a public load balancer",
        ),
        pytest.param(
            {}, {"IPv6Address": "2001:db8::1"}, "InvalidConfigurationRequest", id="an IPv6 address without dual stack"
        ),
        pytest.param(
            {"EnablePrefixForIpv6SourceNat": "on"},
            {},
            "InvalidConfigurationRequest",
            id="source NAT of IPv4",
        ),
    ],
)
def test_addresses_of_subnets_are_checked(
    aws: Account, change: dict[str, Any], mapping: dict[str, str], expected: str
) -> None:
    eip = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    own = {
        "SubnetId": aws.world.subnets["public-a"],
        **{k: v.replace("eip", eip, v == "eip") for k, v in mapping.items()},
    }

    assert refused(aws.elb.create_load_balancer, Name="n", Type="network", SubnetMappings=[own], **change) == expected


def test_rules_for_private_link_and_source_nat_are_kept(aws: Account) -> None:
    group = aws.ec2.create_security_group(GroupName="g", Description="d", VpcId=aws.world.vpc)["GroupId"]
    subnets = aws.subnets("public-a")
    made = aws.elb.create_load_balancer(Name="n", Type="network", Subnets=subnets, SecurityGroups=[group])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    switch = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"

    aws.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group], **{switch: "off"})
    aws.elb.set_subnets(
        LoadBalancerArn=arn, Subnets=subnets, IpAddressType="dualstack", EnablePrefixForIpv6SourceNat="on"
    )

    (found,) = aws.elb.describe_load_balancers()["LoadBalancers"]
    assert (found[switch], found["EnablePrefixForIpv6SourceNat"], found["IpAddressType"]) == ("off", "on", "dualstack")
