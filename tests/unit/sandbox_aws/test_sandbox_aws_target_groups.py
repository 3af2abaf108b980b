from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, refused


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "accepted", id="the same call again gives the standing group"),
        pytest.param({"HealthCheckPath": "/"}, "accepted", id="a default that is spelt out is the same"),
        pytest.param({"Port": 81}, "DuplicateTargetGroupName", id="another port differs"),
        pytest.param({"HealthCheckPath": "/live"}, "DuplicateTargetGroupName", id="another health check differs"),
        pytest.param({"TargetType": "instance"}, "DuplicateTargetGroupName", id="another target type differs"),
    ],
)
def test_create_is_idempotent(aws: Account, change: dict[str, Any], expected: str) -> None:
    arn = aws.target_group("pods")
    wanted = {"VpcId": aws.world.vpc, "Protocol": "HTTP", "Port": 80, "TargetType": "ip", **change}
    assert refused(aws.elb.create_target_group, Name="pods", **wanted) == expected
    assert [one["TargetGroupArn"] for one in aws.elb.describe_target_groups()["TargetGroups"]] == [arn]


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param({"HealthCheckIntervalSeconds": 4}, id="interval below five seconds"),
        pytest.param({"HealthCheckTimeoutSeconds": 121, "HealthCheckIntervalSeconds": 300}, id="timeout above 120"),
        pytest.param({"HealthyThresholdCount": 1}, id="healthy threshold below two"),
        pytest.param({"UnhealthyThresholdCount": 11}, id="unhealthy threshold above ten"),
        pytest.param({"HealthCheckTimeoutSeconds": 20, "HealthCheckIntervalSeconds": 10}, id="timeout above interval"),
    ],
)
def test_health_check_numbers_have_ranges(aws: Account, setting: dict[str, int]) -> None:
    wanted = {"VpcId": aws.world.vpc, "Protocol": "HTTP", "Port": 80, "TargetType": "ip", **setting}
    assert refused(aws.elb.create_target_group, Name="pods", **wanted) == "ValidationError"
    assert refused(aws.elb.modify_target_group, TargetGroupArn=aws.target_group(), **setting) == "ValidationError"


def test_modify_changes_the_health_check(aws: Account) -> None:
    arn = aws.target_group(ProtocolVersion="GRPC", Matcher={"GrpcCode": "0"})
    changed = aws.elb.modify_target_group(
        TargetGroupArn=arn, HealthCheckPath="/live", HealthyThresholdCount=3, Matcher={"GrpcCode": "12"}
    )["TargetGroups"][0]
    assert (changed["HealthCheckPath"], changed["HealthyThresholdCount"], changed["Matcher"]) == (
        "/live",
        3,
        {"GrpcCode": "12"},
    )
    assert aws.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"] == [changed]


def test_describe_is_paged_and_a_load_balancer_without_groups_has_none(aws: Account) -> None:
    balancer = aws.alb()
    for name in ("c", "a", "b"):
        aws.target_group(name)
    pages = aws.elb.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 2})
    assert [[one["TargetGroupName"] for one in page["TargetGroups"]] for page in pages] == [["a", "b"], ["c"]]
    assert aws.elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"] == []


def test_describe_refuses_what_is_missing_and_too_many(aws: Account) -> None:
    arn = aws.target_group()
    assert refused(aws.elb.describe_target_groups, TargetGroupArns=[arn, f"{arn}0"]) == "TargetGroupNotFound"
    assert refused(aws.elb.describe_target_groups, Names=["pods", "none"]) == "TargetGroupNotFound"
    assert refused(aws.elb.describe_target_groups, TargetGroupArns=[arn] * 21) == "ValidationError"
    assert refused(aws.elb.describe_target_groups, TargetGroupArns=[arn], Names=["pods"]) == "ValidationError"


def test_delete_knows_use_and_absence(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    listener = aws.listener(balancer, group)
    assert refused(aws.elb.delete_target_group, TargetGroupArn=group) == "ResourceInUse"
    aws.elb.delete_listener(ListenerArn=listener)
    assert refused(aws.elb.delete_target_group, TargetGroupArn=group) == "accepted"
    assert refused(aws.elb.delete_target_group, TargetGroupArn=group) == "accepted"
    assert aws.elb.describe_target_groups()["TargetGroups"] == []


def served(aws: Account, group: str) -> list[str]:
    return list(aws.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]["LoadBalancerArns"])


def test_load_balancer_arns_follow_the_references(aws: Account) -> None:
    balancer, default, ruled = aws.alb(), aws.target_group("default"), aws.target_group("ruled")
    listener = aws.listener(balancer, default)
    first, second = aws.rule(listener, ruled, 1), aws.rule(listener, ruled, 2)
    assert (served(aws, default), served(aws, ruled)) == ([balancer], [balancer])
    aws.elb.delete_rule(RuleArn=first)
    assert served(aws, ruled) == [balancer]
    aws.elb.modify_rule(RuleArn=second, Actions=[forward(default)])
    assert served(aws, ruled) == []
    aws.elb.modify_listener(ListenerArn=listener, DefaultActions=[forward(ruled)])
    assert (served(aws, default), served(aws, ruled)) == ([balancer], [balancer])
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert (served(aws, default), served(aws, ruled)) == ([], [])


def test_a_target_group_serves_one_load_balancer(aws: Account) -> None:
    group, other = aws.target_group("pods"), aws.target_group("other")
    aws.listener(aws.alb("one"), group)
    second = aws.alb("two")
    wanted = {"LoadBalancerArn": second, "Protocol": "HTTP", "Port": 80, "DefaultActions": [forward(group)]}
    assert refused(aws.elb.create_listener, **wanted) == "TargetGroupAssociationLimit"
    listener = aws.listener(second, other)
    conditions = [{"Field": "path-pattern", "Values": ["/"]}]
    rule = {"ListenerArn": listener, "Priority": 1, "Conditions": conditions, "Actions": [forward(group)]}
    assert refused(aws.elb.create_rule, **rule) == "TargetGroupAssociationLimit"
    made = aws.rule(listener, other)
    assert refused(aws.elb.modify_rule, RuleArn=made, Actions=[forward(group)]) == "TargetGroupAssociationLimit"
    changed = {"ListenerArn": listener, "DefaultActions": [forward(group)]}
    assert refused(aws.elb.modify_listener, **changed) == "TargetGroupAssociationLimit"
    assert served(aws, other) == [second]


def test_targets_are_an_id_and_a_port(aws: Account) -> None:
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    targets = [{"Id": "10.0.100.9", "Port": 80}, {"Id": "10.0.100.9", "Port": 81}, {"Id": "10.0.100.8"}]
    for _ in range(2):
        aws.elb.register_targets(TargetGroupArn=group, Targets=targets)
    assert aws.health_of(group) == {
        ("10.0.100.9", 80): "healthy",
        ("10.0.100.9", 81): "healthy",
        ("10.0.100.8", 80): "healthy",
    }
    aws.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.100.9", "Port": 81}])
    assert aws.health_of(group) == {("10.0.100.9", 80): "healthy", ("10.0.100.8", 80): "healthy"}


def test_the_zone_of_a_target_is_kept(aws: Account) -> None:
    group = aws.target_group()
    target = {"Id": "192.0.2.7", "Port": 80, "AvailabilityZone": "all"}
    aws.elb.register_targets(TargetGroupArn=group, Targets=[target])
    found = aws.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [one["Target"] for one in found] == [target]


def test_deregistering_an_unknown_target_succeeds(aws: Account) -> None:
    group = aws.target_group()
    aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.100.9"}])
    both = [{"Id": "10.0.100.1"}, {"Id": "10.0.100.9"}]
    assert refused(aws.elb.deregister_targets, TargetGroupArn=group, Targets=both) == "accepted"
    assert aws.health_of(group) == {}


@pytest.mark.parametrize(
    ("target_type", "targets", "expected"),
    [
        pytest.param("ip", [{"Id": "10.0.100.9"}, {"Id": "pod"}], "ValidationError", id="no address"),
        pytest.param("ip", [{"Id": "10.0.100.9"}, {"Id": "10.0.0.1", "Port": 0}], "ValidationError", id="no port"),
        pytest.param("instance", [{"Id": "i-0123456789abcdef0"}], "InvalidTarget", id="no such instance"),
    ],
)
def test_a_bad_target_refuses_the_whole_call(
    aws: Account, target_type: str, targets: list[dict[str, Any]], expected: str
) -> None:
    group = aws.target_group(TargetType=target_type)
    assert refused(aws.elb.register_targets, TargetGroupArn=group, Targets=targets) == expected
    assert aws.health_of(group) == {}


def test_health_tells_unused_from_healthy(aws: Account) -> None:
    group, node = aws.target_group(TargetType="instance"), aws.world.nodes[0].id
    aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": node, "Port": 30080}])
    target = {"Id": node, "Port": 30080}
    unused = {
        "State": "unused",
        "Reason": "Target.NotInUse",
        "Description": "Target group is not configured to receive traffic from the load balancer",
    }
    describe = aws.elb.describe_target_health
    assert describe(TargetGroupArn=group)["TargetHealthDescriptions"] == [{"Target": target, "TargetHealth": unused}]
    aws.listener(aws.alb(), group)
    assert describe(TargetGroupArn=group)["TargetHealthDescriptions"] == [
        {"Target": target, "TargetHealth": {"State": "healthy"}, "HealthCheckPort": "30080"}
    ]
    stranger = describe(TargetGroupArn=group, Targets=[{"Id": "i-1", "Port": 80}])["TargetHealthDescriptions"]
    assert [one["TargetHealth"]["Reason"] for one in stranger] == ["Target.NotRegistered"]


def test_calls_on_an_absent_group_are_not_found(aws: Account) -> None:
    arn = f"{aws.target_group()}0"
    targets = [{"Id": "10.0.100.9"}]
    assert refused(aws.elb.register_targets, TargetGroupArn=arn, Targets=targets) == "TargetGroupNotFound"
    assert refused(aws.elb.deregister_targets, TargetGroupArn=arn, Targets=targets) == "TargetGroupNotFound"
    assert refused(aws.elb.describe_target_health, TargetGroupArn=arn) == "TargetGroupNotFound"


def test_a_group_of_load_balancers_takes_one_that_listens_there(aws: Account) -> None:
    web, shop = aws.alb("web"), aws.alb("shop")
    for balancer in (web, shop):
        aws.listener(balancer, aws.target_group(f"behind-{balancer.split('/')[2]}"))
    group = aws.target_group("front", TargetType="alb", Protocol="TCP")

    def register(target: str, port: int) -> str:
        return refused(aws.elb.register_targets, TargetGroupArn=group, Targets=[{"Id": target, "Port": port}])

    assert register(web, 81) == "InvalidTarget"
    assert register(aws.nlb(), 80) == "InvalidTarget"
    assert register(web, 80) == "accepted"
    assert register(web, 80) == "accepted"
    assert register(shop, 80) == "TooManyTargets"


def test_a_listener_that_is_a_target_stays_until_it_is_none(aws: Account) -> None:
    web = aws.alb()
    listener = aws.listener(web, aws.target_group("behind"))
    front = {"TargetGroupArn": aws.target_group("front", TargetType="alb", Protocol="TCP")}
    aws.elb.register_targets(**front, Targets=[{"Id": web, "Port": 80}])
    assert refused(aws.elb.delete_listener, ListenerArn=listener) == "ResourceInUse"
    aws.elb.deregister_targets(**front, Targets=[{"Id": web, "Port": 80}])
    assert refused(aws.elb.delete_listener, ListenerArn=listener) == "accepted"
