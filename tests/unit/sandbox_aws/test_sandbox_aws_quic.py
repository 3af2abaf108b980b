"""QUIC as Elastic Load Balancing takes it: its listeners, and targets with server ids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, refused

ID = "0x0000000000000001"


def _group(aws: Account, protocol: str) -> str:
    made = aws.elb.create_target_group(
        Name=f"g-{protocol.replace('_', '-')}", Protocol=protocol, Port=443, VpcId=aws.world.vpc, TargetType="ip"
    )
    group = made["TargetGroups"][0]
    assert group["Protocol"] == protocol
    return str(group["TargetGroupArn"])


def _balancer(aws: Account, **fields: Any) -> str:
    made = aws.elb.create_load_balancer(Name="n", Type="network", Subnets=aws.subnets("public-a"), **fields)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def _listener(aws: Account, balancer: str, protocol: str, port: int = 443) -> str:
    actions = [{"Type": "forward", "TargetGroupArn": _group(aws, protocol)}]
    return refused(
        aws.elb.create_listener, LoadBalancerArn=balancer, Port=port, Protocol=protocol, DefaultActions=actions
    )


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        pytest.param({}, "accepted", id="an ipv4 load balancer without security groups"),
        pytest.param({"IpAddressType": "dualstack"}, "InvalidConfigurationRequest", id="dual stack"),
    ],
)
def test_where_quic_listeners_are_taken(aws: Account, fields: dict[str, str], outcome: str) -> None:
    assert _listener(aws, _balancer(aws, **fields), "QUIC") == outcome


def test_quic_stands_beside_tcp_and_not_beside_udp(aws: Account) -> None:
    balancer = _balancer(aws)
    found = [_listener(aws, balancer, p, n) for p, n in (("TCP", 80), ("TCP_QUIC", 443), ("QUIC", 444))]
    assert found == ["accepted", "accepted", "InvalidConfigurationRequest"]


@pytest.mark.parametrize(
    ("protocol", "target", "outcome"),
    [
        pytest.param("QUIC", {"QuicServerId": ID}, "accepted", id="with an id"),
        pytest.param("QUIC", {}, "ValidationError", id="without an id"),
        pytest.param("QUIC", {"QuicServerId": "0x1"}, "ValidationError", id="with what is no id"),
        pytest.param("UDP", {"QuicServerId": ID}, "ValidationError", id="an id where none belongs"),
    ],
)
def test_targets_have_server_ids(aws: Account, protocol: str, target: dict[str, str], outcome: str) -> None:
    group = _group(aws, protocol)
    targets = [{"Id": "10.0.0.9", "Port": 443, **target}]
    assert refused(aws.elb.register_targets, TargetGroupArn=group, Targets=targets) == outcome


def test_the_id_of_a_registered_target_stays(aws: Account) -> None:
    group = _group(aws, "QUIC")
    target = {"Id": "10.0.0.9", "Port": 443, "QuicServerId": ID}
    aws.elb.register_targets(TargetGroupArn=group, Targets=[target])
    other = [{**target, "QuicServerId": "0x0000000000000002"}]
    assert refused(aws.elb.register_targets, TargetGroupArn=group, Targets=other) == "InvalidTarget"
    (described,) = aws.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert described["Target"] == target
