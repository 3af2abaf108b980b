from __future__ import annotations

import urllib.error
from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, path, refused


def allow(aws: Account, name: str, maximum: int) -> None:
    aws.admin("PUT", "quotas", {"name": name, "maximum": maximum, "enforced": True})


def test_load_balancers_of_a_region_are_limited_by_type(aws: Account) -> None:
    allow(aws, "application-load-balancers", 1)
    aws.alb("one")
    subnets = aws.subnets("public-a", "public-b")
    assert refused(aws.elb.create_load_balancer, Name="two", Subnets=subnets) == "TooManyLoadBalancers"
    assert refused(aws.elb.create_load_balancer, Name="one", Subnets=subnets) == "accepted"
    aws.nlb("three")


def test_target_groups_of_a_region_are_limited(aws: Account) -> None:
    allow(aws, "target-groups", 1)
    aws.target_group("one")
    wanted = {"VpcId": aws.world.vpc, "Protocol": "HTTP", "Port": 80}
    assert refused(aws.elb.create_target_group, Name="two", **wanted) == "TooManyTargetGroups"


def test_listeners_of_a_load_balancer_are_limited(aws: Account) -> None:
    allow(aws, "listeners-per-application-load-balancer", 1)
    balancer, group = aws.alb(), aws.target_group()
    aws.listener(balancer, group)
    wanted = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "DefaultActions": [forward(group)]}
    assert refused(aws.elb.create_listener, Port=81, **wanted) == "TooManyListeners"
    assert refused(aws.elb.create_listener, Port=80, **wanted) == "accepted"


def test_rules_are_limited_over_all_listeners_of_a_load_balancer(aws: Account) -> None:
    allow(aws, "rules-per-application-load-balancer", 2)
    balancer, group = aws.alb(), aws.target_group()
    first, second = aws.listener(balancer, group), aws.listener(balancer, group, Port=81)
    kept, _ = aws.rule(first, group), aws.rule(second, group)
    rule = {"ListenerArn": second, "Priority": 2, "Conditions": [path("/a")], "Actions": [forward(group)]}
    assert refused(aws.elb.create_rule, **rule) == "TooManyRules"
    aws.elb.delete_rule(RuleArn=kept)
    assert refused(aws.elb.create_rule, **rule) == "accepted"


def test_target_groups_of_a_load_balancer_count_once(aws: Account) -> None:
    allow(aws, "target-groups-per-application-load-balancer", 2)
    one, two, three = (aws.target_group(name) for name in ("one", "two", "three"))
    listener = aws.listener(aws.alb(), one)
    aws.rule(listener, two, 1)
    aws.rule(listener, one, 2)
    rule = {"ListenerArn": listener, "Priority": 3, "Conditions": [path("/a")], "Actions": [forward(three)]}
    assert refused(aws.elb.create_rule, **rule) == "TooManyUniqueTargetGroupsPerLoadBalancer"


def test_a_forward_names_five_target_groups_at_most(aws: Account) -> None:
    groups = [{"TargetGroupArn": aws.target_group(f"g-{n}"), "Weight": 1} for n in range(6)]
    listener = aws.listener(aws.alb(), aws.target_group())
    rule = {"ListenerArn": listener, "Priority": 1, "Conditions": [path("/a")]}

    def create(count: int) -> str:
        actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups[:count]}}]
        return refused(aws.elb.create_rule, Actions=actions, **rule)

    assert [create(6), create(5)] == ["TooManyUniqueTargetGroupsPerLoadBalancer", "accepted"]


def test_targets_of_a_group_are_limited_and_those_that_stand_can_be_registered_again(aws: Account) -> None:
    allow(aws, "targets-per-target-group", 2)
    group = aws.target_group()

    def register(*addresses: str) -> str:
        targets = [{"Id": address} for address in addresses]
        return refused(aws.elb.register_targets, TargetGroupArn=group, Targets=targets)

    assert register("10.0.0.9", "10.0.0.10", "10.0.0.11") == "TooManyTargets"
    assert register("10.0.0.9", "10.0.0.10") == "accepted"
    assert register("10.0.0.9", "10.0.0.10") == "accepted"
    assert register("10.0.0.11") == "TooManyTargets"


def test_certificates_are_limited_beside_the_default(aws: Account) -> None:
    allow(aws, "certificates-per-application-load-balancer", 1)
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    listener = aws.listener(aws.alb(), aws.target_group(), Protocol="HTTPS", Port=443, Certificates=certificate)

    def add(name: str) -> str:
        more = [{"CertificateArn": aws.world.certs[name]}]
        return refused(aws.elb.add_listener_certificates, ListenerArn=listener, Certificates=more)

    assert [add("shop"), add("shop"), add("wild")] == ["accepted", "accepted", "TooManyCertificates"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([f"/{n}" for n in range(5)], "accepted", id="as many values as allowed"),
        pytest.param([f"/{n}" for n in range(6)], "ValidationError", id="one value too many"),
        pytest.param(["/*/*/*", "/*/*/*"], "accepted", id="as many wildcards as allowed"),
        pytest.param(["/*/*/*", "/*/*/?/*"], "ValidationError", id="one wildcard too many"),
    ],
)
def test_conditions_of_a_rule_are_limited(aws: Account, values: list[str], expected: str) -> None:
    group = aws.target_group()
    rule = {"ListenerArn": aws.listener(aws.alb(), group), "Conditions": [path(*values)], "Actions": [forward(group)]}
    assert refused(aws.elb.create_rule, Priority=1, **rule) == expected


def test_a_quota_that_is_switched_off_refuses_nothing(aws: Account) -> None:
    aws.admin("PUT", "quotas", {"name": "targets-per-target-group", "maximum": 0, "enforced": False})
    targets = [{"Id": "10.0.0.9"}]
    assert refused(aws.elb.register_targets, TargetGroupArn=aws.target_group(), Targets=targets) == "accepted"


def test_quotas_are_put_back(aws: Account) -> None:
    before = aws.admin("GET", "quotas")
    allow(aws, "target-groups", 7)
    assert aws.admin("GET", "quotas") != before
    assert aws.admin("DELETE", "quotas") == before


def test_the_account_tells_its_limits(aws: Account) -> None:
    allow(aws, "target-groups", 7)
    pages = aws.elb.get_paginator("describe_account_limits").paginate(PaginationConfig={"PageSize": 5})
    limits = {one["Name"]: one["Max"] for page in pages for one in page["Limits"]}
    assert (limits["target-groups"], limits["rules-per-application-load-balancer"]) == ("7", "100")
    assert limits.keys() == {quota["name"] for quota in aws.admin("GET", "quotas")}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"name": "bananas", "maximum": 1}, id="an unknown quota"),
        pytest.param({"name": "target-groups", "maximum": -1}, id="a negative maximum"),
        pytest.param({"maximum": 1}, id="no quota at all"),
    ],
)
def test_what_is_no_quota_is_told(aws: Account, body: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.admin("PUT", "quotas", body)
    with caught.value as answer:
        assert answer.code == 400
