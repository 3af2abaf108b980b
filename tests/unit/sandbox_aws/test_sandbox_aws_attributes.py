from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, refused

HEALTH = {
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "deregistration_delay.timeout_seconds": "300",
    "stickiness.enabled": "false",
}
FLOW = {
    **HEALTH,
    "stickiness.type": "source_ip",
    "deregistration_delay.connection_termination.enabled": "false",
    "preserve_client_ip.enabled": "false",
    "proxy_protocol_v2.enabled": "false",
    "target_health_state.unhealthy.connection_termination.enabled": "true",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
}
LOGS = {"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": ""}
EVERYWHERE = {**LOGS, "deletion_protection.enabled": "false", "zonal_shift.config.enabled": "false"}


def as_dict(answer: dict[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


def as_list(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in attributes.items()]


def test_an_application_load_balancer_has_the_whole_list(aws: Account) -> None:
    assert as_dict(aws.elb.describe_load_balancer_attributes(LoadBalancerArn=aws.alb())) == {
        **EVERYWHERE,
        "load_balancing.cross_zone.enabled": "true",
        "ipv6.deny_all_igw_traffic": "false",
        "idle_timeout.timeout_seconds": "60",
        "client_keep_alive.seconds": "3600",
        "connection_logs.s3.enabled": "false",
        "connection_logs.s3.bucket": "",
        "connection_logs.s3.prefix": "",
        "health_check_logs.s3.enabled": "false",
        "health_check_logs.s3.bucket": "",
        "health_check_logs.s3.prefix": "",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.preserve_host_header.enabled": "false",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
        "routing.http.xff_client_port.enabled": "false",
        "routing.http.xff_header_processing.mode": "append",
        "routing.http2.enabled": "true",
        "waf.fail_open.enabled": "false",
    }


def test_a_network_load_balancer_has_its_own_list(aws: Account) -> None:
    assert as_dict(aws.elb.describe_load_balancer_attributes(LoadBalancerArn=aws.nlb(Scheme="internal"))) == {
        **EVERYWHERE,
        "load_balancing.cross_zone.enabled": "false",
        "ipv6.deny_all_igw_traffic": "true",
        "dns_record.client_routing_policy": "any_availability_zone",
        "secondary_ips.auto_assigned.per_subnet": "0",
    }


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            {"Protocol": "HTTP"},
            {
                **HEALTH,
                "stickiness.type": "lb_cookie",
                "stickiness.lb_cookie.duration_seconds": "86400",
                "stickiness.app_cookie.cookie_name": "",
                "stickiness.app_cookie.duration_seconds": "86400",
                "load_balancing.algorithm.type": "round_robin",
                "load_balancing.algorithm.anomaly_mitigation": "off",
                "slow_start.duration_seconds": "0",
            },
            id="HTTP",
        ),
        pytest.param({"Protocol": "TCP"}, FLOW, id="TCP to addresses hides the client"),
        pytest.param(
            {"Protocol": "TCP", "TargetType": "instance"},
            {**FLOW, "preserve_client_ip.enabled": "true"},
            id="TCP to instances shows the client",
        ),
        pytest.param(
            {"Protocol": "UDP"},
            {
                **FLOW,
                "preserve_client_ip.enabled": "true",
                "deregistration_delay.connection_termination.enabled": "true",
                "target_health_state.unhealthy.connection_termination.enabled": "false",
            },
            id="UDP ends connections when the delay is over",
        ),
    ],
)
def test_a_target_group_has_the_list_of_its_protocol(
    aws: Account, settings: dict[str, str], expected: dict[str, str]
) -> None:
    group = aws.target_group(**settings)
    assert as_dict(aws.elb.describe_target_group_attributes(TargetGroupArn=group)) == expected


def test_a_listener_has_the_list_of_its_protocol(aws: Account) -> None:
    web = aws.listener(aws.alb(), aws.target_group())
    tcp = aws.listener(aws.nlb(), aws.target_group("tcp", Protocol="TCP"), Protocol="TCP")
    udp_group = aws.target_group("udp", Protocol="UDP")
    udp = aws.listener(aws.nlb("udp"), udp_group, Protocol="UDP", DefaultActions=[forward(udp_group)])
    describe = aws.elb.describe_listener_attributes
    found = as_dict(describe(ListenerArn=web))
    assert {key: value for key, value in found.items() if value} == {"routing.http.response.server.enabled": "true"}
    assert len(found) == 11
    assert as_dict(describe(ListenerArn=tcp)) == {"tcp.idle_timeout.seconds": "350"}
    assert as_dict(describe(ListenerArn=udp)) == {}


def test_modify_answers_and_keeps_the_whole_list(aws: Account) -> None:
    group = aws.target_group()
    before = as_dict(aws.elb.describe_target_group_attributes(TargetGroupArn=group))
    change = {"deregistration_delay.timeout_seconds": "3600", "load_balancing.algorithm.type": "weighted_random"}
    changed = aws.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=as_list(change))
    assert as_dict(changed) == {**before, **change}
    assert as_dict(aws.elb.describe_target_group_attributes(TargetGroupArn=group)) == {**before, **change}


@pytest.mark.parametrize(
    ("make", "attributes", "expected"),
    [
        pytest.param(Account.alb, {"idle_timeout": "60"}, "ValidationError", id="an unknown key"),
        pytest.param(
            Account.nlb,
            {"idle_timeout.timeout_seconds": "60"},
            "InvalidConfigurationRequest",
            id="a key of the other type",
        ),
        pytest.param(
            Account.alb, {"idle_timeout.timeout_seconds": "0"}, "ValidationError", id="a number below its range"
        ),
        pytest.param(Account.alb, {"idle_timeout.timeout_seconds": "1m"}, "ValidationError", id="no number"),
        pytest.param(Account.alb, {"routing.http2.enabled": "yes"}, "ValidationError", id="no truth value"),
        pytest.param(
            Account.alb, {"load_balancing.cross_zone.enabled": "false"}, "ValidationError", id="what is fixed"
        ),
        pytest.param(
            Account.alb, {"access_logs.s3.enabled": "true"}, "InvalidConfigurationRequest", id="logs without a bucket"
        ),
        pytest.param(
            Account.alb,
            {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"},
            "accepted",
            id="logs with a bucket",
        ),
    ],
)
def test_load_balancer_attributes_are_checked(
    aws: Account, make: Callable[[Account], str], attributes: dict[str, str], expected: str
) -> None:
    wanted = {"LoadBalancerArn": make(aws), "Attributes": as_list(attributes)}
    assert refused(aws.elb.modify_load_balancer_attributes, **wanted) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(
            {"deregistration_delay.timeout_seconds": "3601"}, "ValidationError", id="a delay that is too long"
        ),
        pytest.param({"slow_start.duration_seconds": "29"}, "ValidationError", id="a start that is too short"),
        pytest.param({"slow_start.duration_seconds": "30"}, "accepted", id="the shortest slow start"),
        pytest.param({"stickiness.type": "source_ip"}, "ValidationError", id="stickiness of the other type"),
        pytest.param(
            {"stickiness.enabled": "true", "stickiness.type": "app_cookie"},
            "InvalidConfigurationRequest",
            id="an application cookie without a name",
        ),
        pytest.param(
            {"slow_start.duration_seconds": "30", "load_balancing.algorithm.type": "least_outstanding_requests"},
            "InvalidConfigurationRequest",
            id="slow start with another algorithm",
        ),
        pytest.param({"proxy_protocol_v2.enabled": "true"}, "InvalidConfigurationRequest", id="a key for flows"),
    ],
)
def test_target_group_attributes_are_checked(aws: Account, attributes: dict[str, str], expected: str) -> None:
    wanted = {"TargetGroupArn": aws.target_group(), "Attributes": as_list(attributes)}
    assert refused(aws.elb.modify_target_group_attributes, **wanted) == expected


def test_listener_attributes_are_checked(aws: Account) -> None:
    arn = aws.listener(aws.alb(), aws.target_group())
    modify = aws.elb.modify_listener_attributes
    idle = as_list({"tcp.idle_timeout.seconds": "350"})
    assert refused(modify, ListenerArn=arn, Attributes=idle) == "InvalidConfigurationRequest"
    assert refused(modify, ListenerArn=arn, Attributes=as_list({"server": "off"})) == "ValidationError"
    header = {"routing.http.response.strict_transport_security.header_value": "max-age=60"}
    answer = as_dict(modify(ListenerArn=arn, Attributes=as_list(header)))
    assert {key: value for key, value in answer.items() if value} == {
        "routing.http.response.server.enabled": "true",
        **header,
    }
