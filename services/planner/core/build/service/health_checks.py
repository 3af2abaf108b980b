"""Health checks of a Service's target groups (service behaviour, section 10)."""

from dataclasses import dataclass

from services.planner.core.annotations.service_nlb import target_groups as catalogue
from services.planner.core.annotations.shapes import TRAFFIC_PORT
from services.planner.core.aws import HealthCheck
from services.planner.core.build.health_checks import named_port
from services.planner.core.build.service.subject import Subject
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import Cluster
from services.planner.core.objects import Service
from services.planner.core.problems import Reason

_OVER_CONNECTIONS = "TCP"
_SUCCESS_CODES = "200-399"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defaults:
    protocol: str
    path: str
    interval_seconds: int
    timeout_seconds: int
    threshold: int


_STANDARD = _Defaults(protocol=_OVER_CONNECTIONS, path="/", interval_seconds=10, timeout_seconds=10, threshold=3)
# Nodes without a pod of the Service answer badly on the health check port that Kubernetes gives it.
_LOCAL = _Defaults(protocol="HTTP", path="/healthz", interval_seconds=10, timeout_seconds=6, threshold=2)


def build_health_check(
    subject: Subject, service: Service, *, target_type: str, cluster: Cluster, findings: Findings
) -> HealthCheck:
    """The health check of the target groups of `service`, which is the subject or one that its actions name."""
    local = target_type == "instance" and _is_local(service)
    defaults = _LOCAL if local else _STANDARD
    protocol = subject.get(catalogue.HEALTH_CHECK_PROTOCOL) or defaults.protocol
    by_requests = protocol != _OVER_CONNECTIONS
    advanced = Gate.NLB_HEALTH_CHECK_ADVANCED in cluster.gates
    timeout = subject.get(catalogue.HEALTH_CHECK_TIMEOUT) if advanced else None
    codes = (subject.get(catalogue.SUCCESS_CODES) or _SUCCESS_CODES) if by_requests and advanced else None
    return HealthCheck(
        protocol=protocol,
        port=_port(subject, service, target_type, local, findings),
        interval_seconds=subject.get(catalogue.HEALTH_CHECK_INTERVAL) or defaults.interval_seconds,
        timeout_seconds=timeout or defaults.timeout_seconds,
        healthy_threshold=subject.get(catalogue.HEALTHY_THRESHOLD) or defaults.threshold,
        unhealthy_threshold=subject.get(catalogue.UNHEALTHY_THRESHOLD) or defaults.threshold,
        path=(subject.get(catalogue.HEALTH_CHECK_PATH) or defaults.path) if by_requests else None,
        http_codes=codes,
    )


def _is_local(service: Service) -> bool:
    return service.type == "LoadBalancer" and service.external_traffic_policy == "Local"


def _port(subject: Subject, service: Service, target_type: str, local: bool, findings: Findings) -> str:
    asked = subject.get(catalogue.HEALTH_CHECK_PORT)
    if asked is None:
        return _local_port(subject, service, findings) if local else TRAFFIC_PORT
    if asked == TRAFFIC_PORT or isinstance(asked, int):
        return str(asked)
    found = named_port(service, asked, target_type)
    if isinstance(found, int):
        return str(found)
    message = f'the value "{asked}" is not accepted: {found}'
    findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=catalogue.HEALTH_CHECK_PORT.key)
    return TRAFFIC_PORT


def _local_port(subject: Subject, service: Service, findings: Findings) -> str:
    port = service.health_check_node_port
    if not port:
        message = "externalTrafficPolicy is Local and there is no health check port yet"
        findings.problem(subject.ref, Reason.INVALID_SPEC, message, field="spec.healthCheckNodePort")
        return TRAFFIC_PORT
    return str(port)
