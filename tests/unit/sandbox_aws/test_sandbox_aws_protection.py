from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, refused

GONE = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/gone/0123456789abcdef"


def _classic_acl(aws: Account, name: str) -> str:
    token = aws.classic.get_change_token()["ChangeToken"]
    made = aws.classic.create_web_acl(Name=name, MetricName=name, DefaultAction={"Type": "ALLOW"}, ChangeToken=token)
    acl: str = made["WebACL"]["WebACLId"]
    return acl


def _associated(aws: Account, arn: str) -> Any:
    return aws.waf.get_web_acl_for_resource(ResourceArn=arn).get("WebACL", {}).get("ARN")


def test_another_web_acl_takes_the_place_of_the_one_that_stands(aws: Account) -> None:
    arn = aws.alb("web")
    first = aws.waf.list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"]
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    made = aws.waf.create_web_acl(
        Name="second", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )
    second = made["Summary"]["ARN"]
    for acl in (first, second):
        aws.waf.associate_web_acl(WebACLArn=acl, ResourceArn=arn)
        assert _associated(aws, arn) == acl
    aws.waf.disassociate_web_acl(ResourceArn=arn)
    assert _associated(aws, arn) is None


def test_a_web_acl_stands_before_what_exists_only(aws: Account) -> None:
    acl = aws.waf.list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"]
    assert refused(aws.waf.associate_web_acl, WebACLArn=acl, ResourceArn=GONE) == "WAFNonexistentItemException"


def test_a_classic_web_acl_comes_and_goes(aws: Account) -> None:
    arn, acl = aws.alb("web"), _classic_acl(aws, "old")
    aws.classic.associate_web_acl(WebACLId=acl, ResourceArn=arn)
    assert aws.classic.get_web_acl_for_resource(ResourceArn=arn)["WebACLSummary"]["WebACLId"] == acl
    aws.classic.disassociate_web_acl(ResourceArn=arn)
    assert "WebACLSummary" not in aws.classic.get_web_acl_for_resource(ResourceArn=arn)


@pytest.mark.parametrize("known", [pytest.param(True, id="the load balancer"), pytest.param(False, id="the web ACL")])
def test_a_classic_association_needs_both(aws: Account, known: bool) -> None:
    sent = {"WebACLId": _classic_acl(aws, "old"), "ResourceArn": GONE}
    if not known:
        sent = {"WebACLId": "unknown", "ResourceArn": aws.alb("web")}
    assert refused(aws.classic.associate_web_acl, **sent) == "WAFNonexistentItemException"


def test_an_account_protects_nothing_before_it_subscribed_and_then_each_thing_once(aws: Account) -> None:
    arn = aws.alb("web")
    assert aws.shield.get_subscription_state()["SubscriptionState"] == "INACTIVE"
    assert refused(aws.shield.create_protection, Name="x", ResourceArn=arn) == "InvalidOperationException"
    aws.shield.create_subscription()
    assert aws.shield.get_subscription_state()["SubscriptionState"] == "ACTIVE"
    made = aws.shield.create_protection(Name="x", ResourceArn=arn)["ProtectionId"]
    assert refused(aws.shield.create_protection, Name="y", ResourceArn=arn) == "ResourceAlreadyExistsException"
    found = aws.shield.describe_protection(ResourceArn=arn)["Protection"]
    assert (found["Id"], found["Name"], found["ResourceArn"]) == (made, "x", arn)
    aws.shield.delete_protection(ProtectionId=made)
    assert refused(aws.shield.describe_protection, ResourceArn=arn) == "ResourceNotFoundException"


def test_capacity_is_reserved_for_an_active_load_balancer(aws: Account) -> None:
    """Section 6, row 27."""
    arn = aws.alb("web")
    wanted = {"LoadBalancerArn": arn, "MinimumLoadBalancerCapacity": {"CapacityUnits": 100}}
    aws.elb.describe_load_balancers()
    aws.elb.modify_capacity_reservation(**wanted)
    held = aws.elb.describe_capacity_reservation(LoadBalancerArn=arn)
    assert held["MinimumLoadBalancerCapacity"] == {"CapacityUnits": 100}
    aws.elb.modify_capacity_reservation(LoadBalancerArn=arn, ResetCapacityReservation=True)
    assert "MinimumLoadBalancerCapacity" not in aws.elb.describe_capacity_reservation(LoadBalancerArn=arn)
    assert refused(aws.elb.modify_capacity_reservation, LoadBalancerArn=arn) == "ValidationError"


def test_an_address_pool_comes_and_goes(aws: Account) -> None:
    """Section 6, row 27."""
    arn = aws.alb("web")

    def pool() -> Any:
        (found,) = aws.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
        return found.get("IpamPools", {}).get("Ipv4IpamPoolId")

    aws.elb.modify_ip_pools(LoadBalancerArn=arn, IpamPools={"Ipv4IpamPoolId": "ipam-pool-1"})
    assert pool() == "ipam-pool-1"
    aws.elb.modify_ip_pools(LoadBalancerArn=arn, RemoveIpamPools=["ipv4"])
    assert pool() is None


def test_a_target_group_keeps_its_control_port(aws: Account) -> None:
    """Section 6, row 20."""
    made = aws.elb.create_target_group(
        Name="t", Protocol="HTTP", Port=80, VpcId=aws.world.vpc, TargetType="ip", TargetControlPort=3000
    )
    assert made["TargetGroups"][0]["TargetControlPort"] == 3000
