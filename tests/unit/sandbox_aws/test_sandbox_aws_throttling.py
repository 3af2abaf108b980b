"""Which calls the throttling admits: the limits of every service, and time that refills them."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.aws.elbv2.throttling import Throttling, ThrottlingSettings

ELB = "elasticloadbalancing"
FILTERED = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}


def throttling(**settings: Any) -> Throttling:
    return Throttling(ThrottlingSettings(on=True, **settings))


def admitted(
    of: Throttling,
    calls: int,
    service: str,
    operation: str,
    parameters: Mapping[str, Any] | None = None,
    now: float = 0,
) -> int:
    return sum(of.refuse(service, operation, parameters or {}, now) is None for _ in range(calls))


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "burst", "per_second"),
    [
        pytest.param(ELB, "CreateLoadBalancer", {}, 10, 0.2, id="load balancers are the dearest"),
        pytest.param(ELB, "SetSubnets", {}, 10, 0.2, id="subnets cost what load balancers cost"),
        pytest.param(ELB, "RegisterTargets", {}, 20, 4, id="registrations have their own"),
        pytest.param(ELB, "DescribeTargetHealth", {}, 200, 50, id="reads are cheap"),
        pytest.param(ELB, "CreateRule", {}, 20, 3, id="a rule is a mutation"),
        pytest.param(ELB, "AddTags", {}, 20, 3, id="tags are a mutation"),
        pytest.param(ELB, "ModifyIpPools", {}, 20, 3, id="address pools are a mutation"),
        pytest.param(ELB, "CreateTrustStore", {}, 10, 0.2, id="trust stores are as dear as load balancers"),
        pytest.param(ELB, "DeleteTrustStore", {}, 10, 0.2, id="and as dear to change"),
        pytest.param(ELB, "DescribeTrustStoreAssociations", {}, 40, 10, id="reads of trust stores have their own"),
        pytest.param(ELB, "GetResourcePolicy", {}, 20, 4, id="gets have their own"),
        pytest.param("ec2", "DescribeSubnets", {}, 100, 20, id="a read of EC2"),
        pytest.param("ec2", "DescribeSecurityGroups", FILTERED, 100, 20, id="a filtered read of security groups"),
        pytest.param("ec2", "DescribeSecurityGroups", {"MaxResults": 1000}, 100, 20, id="a page of security groups"),
        pytest.param("ec2", "DescribeSecurityGroups", {}, 50, 10, id="all security groups at once"),
        pytest.param("ec2", "CreateSecurityGroup", {}, 50, 5, id="a change of EC2"),
        pytest.param("ec2", "AuthorizeSecurityGroupIngress", {}, 50, 5, id="a permission"),
        pytest.param("ec2", "CreateTags", {}, 100, 10, id="tags of EC2"),
        pytest.param("ec2", "DescribeStaleSecurityGroups", {}, 20, 5, id="a costly read of EC2"),
        pytest.param("tagging", "GetResources", {}, 15, 15, id="the tagging API's search"),
        pytest.param("tagging", "TagResources", {}, 5, 5, id="the tagging API's changes"),
        pytest.param("acm", "ListCertificates", {}, 8, 8, id="the list of certificates"),
        pytest.param("acm", "DescribeCertificate", {}, 10, 10, id="one certificate"),
        pytest.param("acm", "ImportCertificate", {}, 1, 1, id="an import"),
        pytest.param("wafv2", "AssociateWebACL", {}, 1, 0.5, id="a web ACL is associated once in two seconds"),
        pytest.param("wafv2", "GetWebACLForResource", {}, 1, 1, id="and looked for once in one"),
        pytest.param("wafv2", "ListWebACLs", {}, 5, 5, id="other reads of the firewall"),
    ],
)
def test_limits(service: str, operation: str, parameters: Mapping[str, Any], burst: int, per_second: float) -> None:
    of = throttling()
    assert admitted(of, burst + 50, service, operation, parameters) == burst
    assert admitted(of, 50, service, operation, parameters, now=4 / per_second) == min(4, burst)


def test_a_burst_of_200_creates_is_admitted_as_the_table_says() -> None:
    of = throttling()
    assert admitted(of, 200, ELB, "CreateLoadBalancer") == 10
    assert admitted(of, 200, ELB, "CreateLoadBalancer", now=4.9) == 0
    assert admitted(of, 200, ELB, "CreateLoadBalancer", now=5) == 1
    assert admitted(of, 200, ELB, "CreateLoadBalancer", now=65) == 10


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        pytest.param("CreateLoadBalancer", "SetSubnets", 0, id="load balancers and subnets share a bucket"),
        pytest.param("RegisterTargets", "DeregisterTargets", 0, id="so do both directions of registration"),
        pytest.param("DescribeRules", "DescribeTargetHealth", 0, id="and all reads"),
        pytest.param("CreateRule", "SetSecurityGroups", 0, id="and all mutations"),
        pytest.param("CreateTrustStore", "ModifyTrustStore", 10, id="creating a trust store and changing one do not"),
        pytest.param("CreateRule", "RegisterTargets", 20, id="nor mutations and registrations"),
    ],
)
def test_what_shares_a_bucket(first: str, second: str, left: int) -> None:
    of = throttling()
    admitted(of, 300, ELB, first)
    assert admitted(of, 300, ELB, second) == left


def test_each_api_of_ec2_has_its_own_bucket() -> None:
    of = throttling()
    admitted(of, 300, "ec2", "DescribeSubnets")
    assert admitted(of, 300, "ec2", "DescribeVpcs") == 100


def test_the_accounts_bucket_limits_all_of_load_balancing_and_nothing_else() -> None:
    of = throttling(account_wide=True)
    assert admitted(of, 200, ELB, "DescribeRules") == 40
    assert admitted(of, 1, ELB, "RegisterTargets") == 0
    assert admitted(of, 1, "ec2", "DescribeVpcs") == 1
    assert admitted(of, 200, ELB, "DescribeRules", now=1) == 10


def test_the_older_limit_of_reads() -> None:
    of = throttling(describe="older")
    assert admitted(of, 300, ELB, "DescribeRules") == 40
    assert admitted(of, 300, ELB, "DescribeRules", now=1) == 10


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        pytest.param(ELB, "CreateRule", "Throttling", 400, id="load balancing"),
        pytest.param("ec2", "CreateTags", "RequestLimitExceeded", 503, id="EC2"),
        pytest.param("tagging", "TagResources", "ThrottledException", 400, id="tagging"),
        pytest.param("acm", "ImportCertificate", "ThrottlingException", 400, id="certificates"),
        pytest.param("wafv2", "AssociateWebACL", "ThrottlingException", 400, id="the firewall"),
    ],
)
def test_each_service_says_it_in_its_own_way(service: str, operation: str, code: str, status: int) -> None:
    of = throttling()
    admitted(of, 200, service, operation)
    refused = of.refuse(service, operation, {}, 0)
    assert refused is not None
    assert (refused.code, refused.status) == (code, status)


def test_a_refused_call_costs_nothing_of_what_it_shares() -> None:
    of = throttling(account_wide=True)
    admitted(of, 200, ELB, "CreateLoadBalancer")
    assert admitted(of, 200, ELB, "DescribeRules") == 30


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        pytest.param("shield", "DescribeProtection", id="of Shield nothing is published"),
        pytest.param("cognito-idp", "DescribeUserPool", id="nor of Cognito"),
        pytest.param("acm", "RenewCertificate", id="nor of every call of certificates"),
    ],
)
def test_what_has_no_published_limit_is_admitted(service: str, operation: str) -> None:
    assert admitted(throttling(), 1000, service, operation) == 1000


def test_off_admits_all_and_switching_on_begins_with_full_buckets() -> None:
    of = Throttling()
    assert admitted(of, 500, ELB, "CreateLoadBalancer") == 500
    of.settings = ThrottlingSettings(on=True)
    assert admitted(of, 500, ELB, "CreateLoadBalancer") == 10
    of.settings = ThrottlingSettings(on=True)
    assert admitted(of, 500, ELB, "CreateLoadBalancer") == 10
