"""Health checks of target groups: AWS's defaults for each kind of group, and what of a call is refused.

Facts: Elastic Load Balancing API reference, CreateTargetGroup (aws-elbv2, section 3.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.elbv2.model import HealthCheck, Shape
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured

WEB = ("HTTP", "HTTPS")
_CODES = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
_CONNECT_SECONDS = 10
_FLOW_HTTP_SECONDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKind:
    """What of a target group decides on its health check."""

    target_type: str
    protocol: str | None
    protocol_version: str | None

    @property
    def is_web(self) -> bool:
        """Of an Application Load Balancer, Lambda functions included."""
        return self.protocol in WEB or self.target_type == "lambda"


def health_check(kind: GroupKind, params: Mapping[str, Any], standing: HealthCheck | None = None) -> HealthCheck:
    """The health check that a create or modify call comes to; `standing` is the one that is modified."""
    protocol = params.get("HealthCheckProtocol") or (standing.protocol if standing else _default_protocol(kind))
    _check_protocol(kind, protocol)
    # Where the protocol changes, what belonged to the other one is no default.
    kept = standing if standing is not None and (standing.protocol in WEB) == (protocol in WEB) else None
    lambda_function = kind.target_type == "lambda"
    result = HealthCheck(
        protocol=protocol,
        port=params.get("HealthCheckPort") or (standing.port if standing else _default_port(kind)),
        path=_path(kind, protocol, params, kept),
        enabled=params.get("HealthCheckEnabled", standing.enabled if standing else not lambda_function),
        interval=params.get("HealthCheckIntervalSeconds") or (standing.interval if standing else _interval(kind)),
        timeout=params.get("HealthCheckTimeoutSeconds") or (kept.timeout if kept else _timeout(kind, protocol)),
        healthy_threshold=params.get("HealthyThresholdCount") or (standing.healthy_threshold if standing else 5),
        unhealthy_threshold=params.get("UnhealthyThresholdCount") or (standing.unhealthy_threshold if standing else 2),
        matcher=_matcher(kind, protocol, params, kept),
    )
    if result.timeout > result.interval:
        message = f"Health check timeout '{result.timeout}' must be smaller than or equal to the interval"
        raise invalid(f"{message} '{result.interval}'")
    if not result.enabled and not lambda_function:
        raise misconfigured(f"Health checks cannot be disabled for target type '{kind.target_type}'")
    return result


def _default_protocol(kind: GroupKind) -> str:
    return "HTTP" if kind.is_web or kind.target_type == "alb" else "TCP"


def _check_protocol(kind: GroupKind, protocol: str) -> None:
    allowed = WEB if kind.is_web or kind.target_type == "alb" else (*WEB, "TCP")
    if protocol not in allowed:
        raise invalid(f"Health check protocol '{protocol}' must be one of '{', '.join(allowed)}'")


def _default_port(kind: GroupKind) -> str:
    return "80" if kind.protocol == "GENEVE" else "traffic-port"


def _interval(kind: GroupKind) -> int:
    if kind.target_type == "lambda":
        return 35
    return 10 if kind.protocol == "GENEVE" else 30


def _timeout(kind: GroupKind, protocol: str) -> int:
    if kind.target_type == "lambda":
        return 30
    if kind.is_web or kind.protocol == "GENEVE":
        return 5
    return _FLOW_HTTP_SECONDS if protocol == "HTTP" else _CONNECT_SECONDS


def _path(kind: GroupKind, protocol: str, params: Mapping[str, Any], kept: HealthCheck | None) -> str | None:
    wanted: str | None = params.get("HealthCheckPath")
    if protocol not in WEB:
        if wanted is not None:
            raise misconfigured(f"A health check path is not supported with the protocol '{protocol}'")
        return None
    if wanted is not None and not wanted.startswith("/"):
        raise invalid(f"Health check path '{wanted}' must begin with '/'")
    default = "/AWS.ALB/healthcheck" if kind.protocol_version == "GRPC" else "/"
    return wanted or (kept.path if kept else default)


def _matcher(kind: GroupKind, protocol: str, params: Mapping[str, Any], kept: HealthCheck | None) -> Shape | None:
    wanted: Shape | None = params.get("Matcher")
    if protocol not in WEB:
        if wanted:
            raise misconfigured(f"Matchers are not supported with the health check protocol '{protocol}'")
        return None
    grpc = kind.protocol_version == "GRPC"
    if not wanted:
        default = {"GrpcCode": "12"} if grpc else {"HttpCode": "200" if kind.is_web else "200-399"}
        return kept.matcher if kept else default
    low, high = (0, 99) if grpc else (200, 499 if kind.is_web else 599)
    name = "GrpcCode" if grpc else "HttpCode"
    if set(wanted) != {name}:
        raise misconfigured(f"The matcher of this target group is a {name}")
    codes = [int(code) for code in re.findall(r"\d+", wanted[name])]
    if not _CODES.fullmatch(wanted[name]) or any(not low <= code <= high for code in codes):
        message = f"Health check matcher {name} '{wanted[name]}' must be within '{low}-{high}'"
        raise RefusedError("ValidationError", message)
    return wanted
