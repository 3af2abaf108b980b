"""Health checks of an Ingress's target groups (ingress behaviour, sections 4.4 and 19)."""

from services.planner.core.annotations.annotated import Annotated, first
from services.planner.core.annotations.ingress import target_groups as catalogue
from services.planner.core.annotations.shapes import TRAFFIC_PORT
from services.planner.core.aws import HealthCheck
from services.planner.core.findings import Findings
from services.planner.core.objects import Service
from services.planner.core.problems import Reason

_PATH = "/"
_GRPC_PATH = "/AWS.ALB/healthcheck"
_INTERVAL_SECONDS = 15
_TIMEOUT_SECONDS = 5
_THRESHOLD = 2
_SUCCESS_CODES = "200"
_GRPC_SUCCESS_CODES = "12"


def build_health_check(
    service: Service,
    objects: tuple[Annotated, ...],
    *,
    target_type: str,
    protocol: str,
    protocol_version: str,
    findings: Findings,
) -> HealthCheck:
    """The health check of a target group of that protocol; of `objects`, an earlier one wins."""
    grpc = protocol_version == "GRPC"
    codes = first(catalogue.SUCCESS_CODES, *objects)
    return HealthCheck(
        protocol=first(catalogue.HEALTH_CHECK_PROTOCOL, *objects) or protocol,
        port=_port(service, objects, target_type, findings),
        interval_seconds=first(catalogue.HEALTH_CHECK_INTERVAL, *objects) or _INTERVAL_SECONDS,
        timeout_seconds=first(catalogue.HEALTH_CHECK_TIMEOUT, *objects) or _TIMEOUT_SECONDS,
        healthy_threshold=first(catalogue.HEALTHY_THRESHOLD, *objects) or _THRESHOLD,
        unhealthy_threshold=first(catalogue.UNHEALTHY_THRESHOLD, *objects) or _THRESHOLD,
        path=first(catalogue.HEALTH_CHECK_PATH, *objects) or (_GRPC_PATH if grpc else _PATH),
        http_codes=None if grpc else codes or _SUCCESS_CODES,
        grpc_codes=(codes or _GRPC_SUCCESS_CODES) if grpc else None,
    )


def _port(service: Service, objects: tuple[Annotated, ...], target_type: str, findings: Findings) -> str:
    asked = first(catalogue.HEALTH_CHECK_PORT, *objects)
    if asked is None or asked == TRAFFIC_PORT:
        return TRAFFIC_PORT
    if isinstance(asked, int):
        return str(asked)
    found = named_port(service, asked, target_type)
    if isinstance(found, int):
        return str(found)
    carrier = next(o for o in objects if catalogue.HEALTH_CHECK_PORT.key in o.values)
    key = catalogue.HEALTH_CHECK_PORT.key
    findings.problem(
        carrier.where, Reason.INVALID_ANNOTATION, f'the value "{asked}" is not accepted: {found}', field=key
    )
    return TRAFFIC_PORT


def named_port(service: Service, name: str, target_type: str) -> int | str:
    """The number on the targets behind the Service's port of that name, or why there is none."""
    of = f"Service {service.meta.namespace}/{service.meta.name}"
    port = next((p for p in service.ports if p.name == name), None)
    if port is None:
        return f"{of} has no port of that name"
    if target_type == "instance":
        return port.node_port or f"the port of that name of {of} has no node port"
    if isinstance(port.target_port, str):
        return f'the port of that name of {of} has the named targetPort "{port.target_port}"; a number is needed'
    return port.target_port or f"the port of that name of {of} has no targetPort"
