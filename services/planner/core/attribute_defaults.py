"""Attributes as AWS sets them on something just made (ELBv2 behaviour, sections 3.3 and 5; ELB attribute pages).

The fold of our own create records these, so that an attribute that is asked for at its default costs no call, and one
that is asked for at another value costs one. A key that is missing here is simply unknown: asking for it costs a call.
"""

from collections.abc import Mapping

_LOGS = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
}

APPLICATION_LOAD_BALANCER: Mapping[str, str] = {
    **_LOGS,
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}

NETWORK_LOAD_BALANCER: Mapping[str, str] = {
    **_LOGS,
    "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone",
    "load_balancing.cross_zone.enabled": "false",
    "secondary_ips.auto_assigned.per_subnet": "0",
    "zonal_shift.config.enabled": "false",
}

_EVERY_TARGET_GROUP = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "stickiness.enabled": "false",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}

_HTTP_TARGET_GROUP: Mapping[str, str] = {
    **_EVERY_TARGET_GROUP,
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
}


_WEB_LISTENER: Mapping[str, str] = {
    "routing.http.response.server.enabled": "true",
}

_LISTENERS: Mapping[str, Mapping[str, str]] = {
    "HTTP": _WEB_LISTENER,
    "HTTPS": _WEB_LISTENER,
    "TCP": {"tcp.idle_timeout.seconds": "350"},
    "TCP_UDP": {"tcp.idle_timeout.seconds": "350"},
}


def listener(protocol: str) -> Mapping[str, str]:
    """Attributes of a new listener of this protocol."""
    return _LISTENERS.get(protocol, {})


def load_balancer(type_: str) -> Mapping[str, str]:
    """Attributes of a new load balancer of this type (`application` or `network`)."""
    return APPLICATION_LOAD_BALANCER if type_ == "application" else NETWORK_LOAD_BALANCER


def target_group(protocol: str, target_type: str) -> Mapping[str, str]:
    """Attributes of a new target group of this protocol and target type (`instance`, `ip` or `alb`)."""
    if protocol in ("HTTP", "HTTPS"):
        return _HTTP_TARGET_GROUP
    datagrams = protocol in ("UDP", "TCP_UDP")
    return {
        **_EVERY_TARGET_GROUP,
        "deregistration_delay.connection_termination.enabled": str(datagrams).lower(),
        "preserve_client_ip.enabled": str(target_type != "ip" or datagrams).lower(),
        "proxy_protocol_v2.enabled": "false",
        "stickiness.type": "source_ip",
        "target_health_state.unhealthy.connection_termination.enabled": "true",
        "target_health_state.unhealthy.draining_interval_seconds": "0",
    }
