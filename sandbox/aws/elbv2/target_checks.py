"""What the health check of one registered target is, from its group and its load balancer.

Protocol, port, path and codes: aws-elbv2, section 3.2.
"""

from __future__ import annotations

from sandbox.aws.elbv2.checks import Check
from sandbox.aws.elbv2.health import Thresholds
from sandbox.aws.elbv2.model import LoadBalancer, Target, TargetGroup

_DEFAULT_PORTS = {"HTTP": 80, "HTTPS": 443}


def check_of(group: TargetGroup, target: Target, balancer: LoadBalancer) -> Check | None:
    """The check of a target by the nodes of this load balancer; None where there is nothing to dial."""
    settings, host = group.health_check, target.host
    if host is None or not settings.enabled:
        return None
    port = target.port if settings.port == "traffic-port" else int(settings.port)
    matcher = settings.matcher or {}
    network = balancer.type == "network"
    asked = f"{balancer.zones[0].address}:{target.port}" if network else _host_header(host, port, settings.protocol)
    return Check(
        protocol=settings.protocol,
        host=host,
        port=port,
        path=settings.path or "/",
        host_header=asked,
        grpc="GrpcCode" in matcher,
        codes=str(matcher.get("GrpcCode") or matcher.get("HttpCode") or "200"),
        proxy_protocol=group.attributes.get("proxy_protocol_v2.enabled") == "true",
        network=network,
        interval=settings.interval,
        timeout=settings.timeout,
        thresholds=Thresholds(healthy=settings.healthy_threshold, unhealthy=settings.unhealthy_threshold),
    )


def _host_header(host: str, port: int, protocol: str) -> str:
    return host if port == _DEFAULT_PORTS.get(protocol) else f"{host}:{port}"
