"""From a Service's port to the target group that serves it (ingress behaviour, sections 13 and 19)."""

from services.planner.core.annotations.annotated import annotated, check
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.target_groups import build_target_group
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Kind, Service, ServicePort
from services.planner.core.problems import Reason


def find_service(inp: StackInput, member: Active, name: str) -> Service | None:
    """The Service of that name beside the Ingress."""
    return inp.services.get((member.ref.namespace, name))


def missing_service(
    inp: StackInput, member: Active, name: str, field: str, findings: Findings, *, tolerated: bool
) -> bool:
    """Records that a Service is not there. Answers whether requests for it are answered with an error instead."""
    message = f"there is no Service {member.ref.namespace}/{name}"
    if not (tolerated and inp.cluster.tolerate_missing_service):
        findings.problem(member.ref, Reason.BACKEND_NOT_FOUND, message, field=field)
        return False
    findings.warning(member.ref, Reason.BACKEND_NOT_FOUND, f"{message}; requests are answered with 503", field=field)
    return True


def service_target_group(
    inp: StackInput,
    member: Active,
    identity: Identity,
    service: Service,
    *,
    port_as_written: int | str,
    field: str,
    findings: Findings,
) -> DesiredTargetGroup | None:
    """The target group of a port of a Service; a port that is not there is a problem. `field`: where it is named."""
    check(annotated(Kind.SERVICE, service.meta), findings)
    port = _find_port(service, port_as_written)
    if port is None:
        findings.problem(
            member.ref,
            Reason.BACKEND_NOT_FOUND,
            f'Service {service.meta.namespace}/{service.meta.name} has no port "{port_as_written}"',
            field=field,
        )
        return None
    return build_target_group(
        inp,
        member,
        identity,
        service=service,
        service_port=port,
        port_as_written=port_as_written,
        field=field,
        findings=findings,
    )


def _find_port(service: Service, port_as_written: int | str) -> ServicePort | None:
    by_name = isinstance(port_as_written, str)
    return next((p for p in service.ports if (p.name if by_name else p.port) == port_as_written), None)
