"""What the account does in time, with a clock that is set by hand: delays, and what the data plane is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest

from sandbox.aws import AwsServer
from sandbox.clock import Clock
from tests.unit.sandbox_aws.account import Account, forward, refused

POD = "10.0.100.9"
"""An address in the zone of `public-a`."""


class Wall:
    """Seconds of the wall, set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall(server: AwsServer, aws: Account) -> Wall:
    wall = Wall()
    server.elbv2.conditions.clock = Clock(1.0, wall)
    server.elbv2.conditions_changed()
    return wall


@pytest.fixture
def told(server: AwsServer) -> Callable[[], dict[str, Any]]:
    """What the data plane is told now, without waiting."""

    def ask() -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(server.elbv2.dataplane.now())
        return answer

    return ask


def delays(aws: Account, **values: float) -> None:
    aws.admin("PUT", "delays", {"values": values})


def registered(aws: Account, group: str, *addresses: str) -> None:
    aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address} for address in addresses])


def deregistered(aws: Account, group: str, *addresses: str) -> None:
    aws.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": address} for address in addresses])


Told = Callable[[], dict[str, Any]]


def test_the_data_plane_is_told_everything_it_needs(aws: Account, told: Told) -> None:
    group = aws.target_group()
    balancer = aws.create_alb(SecurityGroups=[aws.world.sg])
    certificate = aws.world.certs["www"]
    listener = aws.listener(
        balancer["LoadBalancerArn"], group, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": certificate}]
    )
    rule = aws.rule(listener, group, 5)
    registered(aws, group, POD)
    found = told()
    [shown] = found["loadBalancers"]
    assert (shown["arn"], shown["dnsName"], shown["type"], shown["state"], shown["scheme"]) == (
        balancer["LoadBalancerArn"],
        balancer["DNSName"],
        "application",
        "active",
        "internet-facing",
    )
    assert [zone["name"] for zone in shown["zones"]] == ["us-west-2a", "us-west-2b"]
    assert all(zone["addresses"] for zone in shown["zones"])
    assert shown["attributes"]["idle_timeout.timeout_seconds"] == "60"
    [heard] = shown["listeners"]
    assert (heard["arn"], heard["port"], heard["protocol"]) == (listener, 443, "HTTPS")
    [served] = heard["certificates"]
    assert (served["arn"], served["default"]) == (certificate, True)
    assert "BEGIN CERTIFICATE" in served["certificate"]
    assert "PRIVATE KEY" in served["key"]
    assert [one["priority"] for one in heard["rules"]] == ["5", "default"]
    assert heard["rules"][0]["arn"] == rule
    assert heard["rules"][0]["conditions"][0]["PathPatternConfig"] == {"Values": ["/*"]}
    assert heard["rules"][1]["actions"][0]["TargetGroupArn"] == group
    known = found["targetGroups"][group]
    assert (known["protocol"], known["port"], known["targetType"]) == ("HTTP", 80, "ip")
    assert known["attributes"]["deregistration_delay.timeout_seconds"] == "300"
    [target] = known["targets"]
    assert (target["id"], target["port"], target["address"]) == (POD, 80, POD)
    assert (target["health"], target["receives"], target["drainsUntil"]) == ("healthy", True, None)


def test_versions_grow_with_changes_alone(aws: Account, server: AwsServer, told: Told) -> None:
    group = aws.target_group()
    first = told()["version"]
    aws.elb.describe_target_groups()
    assert told()["version"] == first
    registered(aws, group, POD)
    assert told()["version"] == first + 1


def test_a_question_for_news_waits_for_them(aws: Account, told: Told) -> None:
    version = told()["version"]
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(aws.admin("GET", f"dataplane?after={version}")))
    asking.start()
    group = aws.target_group()
    asking.join(20)
    assert group in answers[0]["targetGroups"]
    assert answers[0]["version"] > version


def test_what_is_deleted_is_told_no_more(aws: Account, told: Told) -> None:
    group, balancer = aws.target_group(), aws.alb()
    listener = aws.listener(balancer, group)
    aws.elb.delete_listener(ListenerArn=listener)
    assert told()["loadBalancers"][0]["listeners"] == []
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert told()["loadBalancers"] == []
    aws.elb.delete_target_group(TargetGroupArn=group)
    assert group not in told()["targetGroups"]


def seen(told: Told, group: str) -> list[tuple[str, bool]]:
    return [(one["health"], one["receives"]) for one in told()["targetGroups"][group]["targets"]]


def test_a_registration_takes_its_time(aws: Account, wall: Wall, told: Told) -> None:
    delays(aws, application_register=5)
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    registered(aws, group, POD)
    wall.seconds += 4.9
    assert (aws.health_of(group), seen(told, group)) == ({(POD, 80): "initial"}, [("initial", False)])
    wall.seconds += 0.1
    assert (aws.health_of(group), seen(told, group)) == ({(POD, 80): "healthy"}, [("healthy", True)])


def test_a_deregistration_is_heard_of_late_and_drains_for_its_delay(aws: Account, wall: Wall, told: Told) -> None:
    delays(aws, application_deregister=10, longest_draining=3600)
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    registered(aws, group, POD)
    wall.seconds += 100
    deregistered(aws, group, POD)
    assert (aws.health_of(group), seen(told, group)) == ({(POD, 80): "draining"}, [("healthy", True)])
    wall.seconds += 10
    assert seen(told, group) == [("draining", False)]
    assert told()["targetGroups"][group]["targets"][0]["drainsUntil"] == 1400
    wall.seconds += 289
    assert aws.health_of(group) == {(POD, 80): "draining"}
    wall.seconds += 1
    assert (aws.health_of(group), seen(told, group)) == ({}, [])


def test_where_draining_is_not_shown_the_data_plane_keeps_to_the_delay(aws: Account, wall: Wall, told: Told) -> None:
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    registered(aws, group, POD)
    deregistered(aws, group, POD)
    assert (aws.health_of(group), seen(told, group)) == ({}, [("draining", False)])
    registered(aws, group, POD)
    assert (aws.health_of(group), seen(told, group)) == ({(POD, 80): "healthy"}, [("healthy", True)])


def test_a_listener_changes_late(aws: Account, wall: Wall, told: Told) -> None:
    delays(aws, application_switch=3)
    first, second = aws.target_group("first"), aws.target_group("second")
    listener = aws.listener(aws.alb(), first)
    registered(aws, first, POD)

    def used() -> list[str]:
        listeners = told()["loadBalancers"][0]["listeners"]
        return [one["rules"][0]["actions"][0]["TargetGroupArn"] for one in listeners]

    assert used() == []
    wall.seconds += 3
    assert used() == [first]
    aws.elb.modify_listener(ListenerArn=listener, DefaultActions=[forward(second)])
    assert (used(), seen(told, first)) == ([first], [("healthy", True)])
    assert aws.health_of(first) == {(POD, 80): "unused"}
    wall.seconds += 3
    assert (used(), seen(told, first)) == ([second], [("unused", False)])
    aws.elb.delete_listener(ListenerArn=listener)
    assert used() == [second]
    wall.seconds += 3
    assert used() == []


def test_a_load_balancer_is_provisioned(aws: Account, wall: Wall, told: Told) -> None:
    delays(aws, network_provisioning=150)
    aws.nlb()

    def states() -> tuple[str, str]:
        [described] = aws.elb.describe_load_balancers()["LoadBalancers"]
        return described["State"]["Code"], told()["loadBalancers"][0]["state"]

    wall.seconds += 149
    assert states() == ("provisioning", "provisioning")
    wall.seconds += 1
    assert states() == ("active", "active")


def test_interfaces_stay_for_a_while_after_their_load_balancer(aws: Account, wall: Wall) -> None:
    delays(aws, interface_release=60)
    group = aws.security_group("front")
    balancer = aws.alb(SecurityGroups=[group])
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    wall.seconds += 59
    assert refused(aws.ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    wall.seconds += 1
    assert refused(aws.ec2.delete_security_group, GroupId=group) == "accepted"


def test_a_target_group_is_in_use_for_a_while_after_its_last_rule(aws: Account, wall: Wall) -> None:
    delays(aws, target_group_release=10)
    unused, group = aws.target_group("unused"), aws.target_group()
    balancer = aws.alb()
    aws.listener(balancer, group)
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert refused(aws.elb.delete_target_group, TargetGroupArn=unused) == "accepted"
    wall.seconds += 9
    assert refused(aws.elb.delete_target_group, TargetGroupArn=group) == "ResourceInUse"
    wall.seconds += 1
    assert refused(aws.elb.delete_target_group, TargetGroupArn=group) == "accepted"


def test_what_was_created_is_found_after_a_while(aws: Account, wall: Wall) -> None:
    delays(aws, read_after_create=3)
    group, balancer = aws.target_group(), aws.alb()
    listener = aws.listener(balancer, group)
    rule = {"Priority": 1, "Conditions": [{"Field": "path-pattern", "Values": ["/"]}], "Actions": [forward(group)]}

    def outcomes() -> list[str]:
        elb = aws.elb
        return [
            refused(elb.describe_load_balancers, LoadBalancerArns=[balancer]),
            refused(elb.describe_load_balancer_attributes, LoadBalancerArn=balancer),
            refused(elb.describe_target_groups, TargetGroupArns=[group]),
            refused(elb.create_rule, ListenerArn=listener, **rule),
            str(len(elb.describe_load_balancers()["LoadBalancers"])),
        ]

    assert outcomes() == [
        "LoadBalancerNotFound",
        "LoadBalancerNotFound",
        "TargetGroupNotFound",
        "ListenerNotFound",
        "0",
    ]
    wall.seconds += 3
    assert outcomes() == ["accepted", "accepted", "accepted", "accepted", "1"]


def test_a_target_outside_the_zones_of_its_load_balancer_is_unused(aws: Account, told: Told) -> None:
    group = aws.target_group(Protocol="TCP")
    aws.listener(aws.nlb(Subnets=aws.subnets("public-b")), group, Protocol="TCP")
    registered(aws, group, POD)
    [found] = aws.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert found["TargetHealth"]["Reason"] == "Target.NotInUse"
    assert "Availability Zone" in found["TargetHealth"]["Description"]
    assert seen(told, group) == [("unused", False)]


def test_a_held_health_is_told(aws: Account, told: Told) -> None:
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    registered(aws, group, POD)
    assert seen(told, group) == [("healthy", True)]
    aws.admin("POST", "health", {"state": "unhealthy", "new_targets": False})
    assert seen(told, group) == [("unhealthy", True)]


def test_the_table_of_delays_is_shown_and_changed(aws: Account) -> None:
    assert set(aws.admin("GET", "delays").values()) == {0}
    realistic = aws.admin("PUT", "delays", {"table": "realistic", "values": {"tagging": 1}})
    assert (realistic["network_register"], realistic["tagging"]) == (90, 1)
    assert aws.admin("PUT", "delays", {"values": {"tagging": 2}})["network_register"] == 90
    assert set(aws.admin("PUT", "delays", {"table": "immediate"}).values()) == {0}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({"values": {"regstier": 1}}, "there is no delay 'regstier'", id="an unknown name"),
        pytest.param({"values": {"tagging": -1}}, "the delay 'tagging' is -1", id="below zero"),
        pytest.param({"table": "slow"}, "immediate", id="an unknown table"),
    ],
)
def test_what_is_no_delay_is_refused(aws: Account, body: dict[str, Any], message: str) -> None:
    with pytest.raises(HTTPError) as caught:
        aws.admin("PUT", "delays", body)
    with caught.value as error:
        assert error.code == 400
        assert message in error.read().decode()


def test_the_tagging_api_sees_tags_after_a_while(aws: Account, wall: Wall) -> None:
    delays(aws, tagging=5)
    group = aws.target_group(Tags=[{"Key": "step", "Value": "1"}])

    def steps() -> list[str]:
        found = aws.tagging.get_resources(TagFilters=[{"Key": "step"}])["ResourceTagMappingList"]
        return [tag["Value"] for one in found for tag in one["Tags"] if tag["Key"] == "step"]

    assert steps() == []
    wall.seconds += 5
    assert steps() == ["1"]
    aws.elb.add_tags(ResourceArns=[group], Tags=[{"Key": "step", "Value": "2"}])
    assert (steps(), aws.tags_of(group)) == (["1"], {"step": "2"})
    wall.seconds += 5
    assert steps() == ["2"]
