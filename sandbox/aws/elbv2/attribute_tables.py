"""The attributes of load balancers, target groups and listeners: defaults, values and where they apply.

Facts: Elastic Load Balancing API reference, LoadBalancerAttribute, TargetGroupAttribute and ListenerAttribute.
Used by the attribute operations.
"""

from __future__ import annotations

from dataclasses import dataclass

ALB, NLB, GATEWAY = "application", "network", "gateway"
BOOLEAN = "true|false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of one sort of resource."""

    key: str
    default: str
    values: str = ".*"
    """Regular expression of the whole value."""
    low: int | None = None
    high: int | None = None
    """Bounds of a value that is a number, inclusive."""
    kinds: frozenset[str]
    """Load balancer types, or protocols of target groups and listeners, that have it."""


def _rows(kinds: str, *rows: tuple[str, str, str]) -> list[Attribute]:
    return [
        Attribute(key=key, default=default, values=values, kinds=frozenset(kinds.split()))
        for key, default, values in rows
    ]


def _numbers(kinds: str, *rows: tuple[str, str, int, int]) -> list[Attribute]:
    return [
        Attribute(key=key, default=default, values=r"\d+", low=low, high=high, kinds=frozenset(kinds.split()))
        for key, default, low, high in rows
    ]


_HTTP = "routing.http"

LOAD_BALANCER_ATTRIBUTES = [
    *_rows(f"{ALB} {NLB} {GATEWAY}", ("deletion_protection.enabled", "false", BOOLEAN)),
    *_rows(ALB, ("load_balancing.cross_zone.enabled", "true", "true")),
    *_rows(f"{NLB} {GATEWAY}", ("load_balancing.cross_zone.enabled", "false", BOOLEAN)),
    *_rows(
        f"{ALB} {NLB}",
        ("access_logs.s3.enabled", "false", BOOLEAN),
        ("access_logs.s3.bucket", "", ".*"),
        ("access_logs.s3.prefix", "", ".*"),
        ("ipv6.deny_all_igw_traffic", "false", BOOLEAN),
        ("zonal_shift.config.enabled", "false", BOOLEAN),
    ),
    *_numbers(ALB, ("idle_timeout.timeout_seconds", "60", 1, 4000), ("client_keep_alive.seconds", "3600", 60, 604_800)),
    *_rows(
        ALB,
        ("connection_logs.s3.enabled", "false", BOOLEAN),
        ("connection_logs.s3.bucket", "", ".*"),
        ("connection_logs.s3.prefix", "", ".*"),
        ("health_check_logs.s3.enabled", "false", BOOLEAN),
        ("health_check_logs.s3.bucket", "", ".*"),
        ("health_check_logs.s3.prefix", "", ".*"),
        (f"{_HTTP}.desync_mitigation_mode", "defensive", "monitor|defensive|strictest"),
        (f"{_HTTP}.drop_invalid_header_fields.enabled", "false", BOOLEAN),
        (f"{_HTTP}.preserve_host_header.enabled", "false", BOOLEAN),
        (f"{_HTTP}.x_amzn_tls_version_and_cipher_suite.enabled", "false", BOOLEAN),
        (f"{_HTTP}.xff_client_port.enabled", "false", BOOLEAN),
        (f"{_HTTP}.xff_header_processing.mode", "append", "append|preserve|remove"),
        ("routing.http2.enabled", "true", BOOLEAN),
        ("waf.fail_open.enabled", "false", BOOLEAN),
    ),
    *_rows(
        NLB,
        (
            "dns_record.client_routing_policy",
            "any_availability_zone",
            "availability_zone_affinity|partial_availability_zone_affinity|any_availability_zone",
        ),
    ),
    *_numbers(NLB, ("secondary_ips.auto_assigned.per_subnet", "0", 0, 7)),
]
"""By load balancer type."""

_WEB = "HTTP HTTPS"
_FLOW = "TCP TLS UDP TCP_UDP QUIC TCP_QUIC"
_HEALTH = "target_group_health"
_COUNT_OR_OFF = r"off|[1-9]\d*"
_PERCENT_OR_OFF = "off|[1-9][0-9]?|100"

TARGET_GROUP_ATTRIBUTES = [
    *_numbers(f"{_WEB} {_FLOW} GENEVE", ("deregistration_delay.timeout_seconds", "300", 0, 3600)),
    *_rows(f"{_WEB} {_FLOW} GENEVE lambda", ("stickiness.enabled", "false", BOOLEAN)),
    *_rows(f"{_WEB} lambda", ("stickiness.type", "lb_cookie", "lb_cookie|app_cookie")),
    *_rows(_FLOW, ("stickiness.type", "source_ip", "source_ip")),
    *_rows("GENEVE", ("stickiness.type", "source_ip_dest_ip_proto", "source_ip_dest_ip|source_ip_dest_ip_proto")),
    *_rows(
        f"{_WEB} {_FLOW} lambda",
        (
            "load_balancing.cross_zone.enabled",
            "use_load_balancer_configuration",
            f"{BOOLEAN}|use_load_balancer_configuration",
        ),
        (f"{_HEALTH}.dns_failover.minimum_healthy_targets.count", "1", _COUNT_OR_OFF),
        (f"{_HEALTH}.dns_failover.minimum_healthy_targets.percentage", "off", _PERCENT_OR_OFF),
        (f"{_HEALTH}.unhealthy_state_routing.minimum_healthy_targets.count", "1", r"[1-9]\d*"),
        (f"{_HEALTH}.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", _PERCENT_OR_OFF),
    ),
    *_rows(
        _WEB,
        (
            "load_balancing.algorithm.type",
            "round_robin",
            "round_robin|least_outstanding_requests|weighted_random",
        ),
        ("load_balancing.algorithm.anomaly_mitigation", "off", "on|off"),
        ("slow_start.duration_seconds", "0", "0|[3-9][0-9]|[1-8][0-9][0-9]|900"),
        ("stickiness.app_cookie.cookie_name", "", "(?!AWSALB).*"),
    ),
    *_numbers(
        _WEB,
        ("stickiness.app_cookie.duration_seconds", "86400", 1, 604_800),
        ("stickiness.lb_cookie.duration_seconds", "86400", 1, 604_800),
    ),
    *_rows("lambda", ("lambda.multi_value_headers.enabled", "false", BOOLEAN)),
    *_rows(
        _FLOW,
        ("deregistration_delay.connection_termination.enabled", "false", BOOLEAN),
        ("preserve_client_ip.enabled", "true", BOOLEAN),
        ("proxy_protocol_v2.enabled", "false", BOOLEAN),
        ("target_health_state.unhealthy.connection_termination.enabled", "true", BOOLEAN),
    ),
    *_numbers(_FLOW, ("target_health_state.unhealthy.draining_interval_seconds", "0", 0, 360_000)),
    *_rows(
        "GENEVE",
        ("target_failover.on_deregistration", "no_rebalance", "rebalance|no_rebalance"),
        ("target_failover.on_unhealthy", "no_rebalance", "rebalance|no_rebalance"),
    ),
]
"""By protocol; a group of Lambda functions goes by `lambda`."""

_REQUEST_HEADERS = (
    "x_amzn_mtls_clientcert_serial_number",
    "x_amzn_mtls_clientcert_issuer",
    "x_amzn_mtls_clientcert_subject",
    "x_amzn_mtls_clientcert_validity",
    "x_amzn_mtls_clientcert_leaf",
    "x_amzn_mtls_clientcert",
    "x_amzn_tls_version",
    "x_amzn_tls_cipher_suite",
)
_RESPONSE_HEADERS = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)

LISTENER_ATTRIBUTES = [
    *_numbers("TCP TCP_UDP", ("tcp.idle_timeout.seconds", "350", 60, 6000)),
    *_rows(_WEB, (f"{_HTTP}.response.server.enabled", "true", BOOLEAN)),
    *_rows(_WEB, *((f"{_HTTP}.response.{name}.header_value", "", r".{0,1024}") for name in _RESPONSE_HEADERS)),
    *_rows(
        "HTTPS", *((f"{_HTTP}.request.{name}.header_name", "", r"[A-Za-z0-9_-]{0,40}") for name in _REQUEST_HEADERS)
    ),
]
"""By protocol."""
