"""From the backends that an Ingress names to actions and target groups (ingress behaviour, section 13)."""

from collections.abc import Iterator

from services.planner.core.annotations.annotated import annotated, check
from services.planner.core.annotations.ingress.routing import ACTIONS
from services.planner.core.aws import Action, FixedResponse, Forward, TargetGroupWeight
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.object_tags import asked_tags
from services.planner.core.build.part import Part
from services.planner.core.build.target_groups import build_target_group
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Ingress, IngressBackend, Kind, Service, ServicePort
from services.planner.core.problems import Reason

_USE_ANNOTATION = "use-annotation"
MISSING_SERVICE = FixedResponse(status_code="503", content_type="text/plain", body="Backend service does not exist")


def service_names(ingress: Ingress) -> frozenset[str]:
    """Names of the Services that the Ingress forwards to."""
    backends = (backend for _, backend in _named_backends(ingress))
    return frozenset(b.service_name for b in backends if not b.resource and b.port != _USE_ANNOTATION)


def build_part(inp: StackInput, member: Active, identity: Identity, findings: Findings) -> Part:
    """The member with all its backends; one that cannot be built is a problem and has no action."""
    actions: dict[IngressBackend, Action] = {}
    groups: dict[str, DesiredTargetGroup] = {}
    for field, backend in _named_backends(member.ingress):
        if backend in actions:
            continue
        built = _build(inp, member, identity, backend, field, findings)
        if isinstance(built, DesiredTargetGroup):
            groups[built.resource_id] = built
            actions[backend] = Forward(groups=(TargetGroupWeight(target_group=built.resource_id),))
        elif built is not None:
            actions[backend] = built
    return Part(
        member=member,
        actions=actions,
        target_groups=tuple(groups[i] for i in sorted(groups)),
        tags=asked_tags(inp.cluster, findings, params=member.params, objects=(member.annotated,)),
    )


def _named_backends(ingress: Ingress) -> Iterator[tuple[str, IngressBackend]]:
    if ingress.default_backend is not None:
        yield "spec.defaultBackend", ingress.default_backend
    for r, rule in enumerate(ingress.rules):
        for p, path in enumerate(rule.paths if rule.http else ()):
            yield f"spec.rules[{r}].http.paths[{p}].backend", path.backend


def _build(
    inp: StackInput, member: Active, identity: Identity, backend: IngressBackend, field: str, findings: Findings
) -> DesiredTargetGroup | FixedResponse | None:
    if backend.resource or not backend.service_name:
        findings.problem(member.ref, Reason.INVALID_SPEC, "a backend must name a Service", field=field)
        return None
    if backend.port == _USE_ANNOTATION:
        key = f"{ACTIONS.key}{backend.service_name}"
        findings.problem(
            member.ref,
            Reason.NOT_SUPPORTED_YET,
            f"{field} takes its action from this annotation, which is not supported yet",
            field=key,
        )
        return None
    namespace = member.ref.namespace
    service = inp.services.get((namespace, backend.service_name))
    if service is None:
        return _missing_service(inp, member, backend, field, findings)
    check(annotated(Kind.SERVICE, service.meta), findings)
    port = _find_port(service, backend.port)
    if port is None:
        findings.problem(
            member.ref,
            Reason.BACKEND_NOT_FOUND,
            f'Service {namespace}/{backend.service_name} has no port "{backend.port}"',
            field=field,
        )
        return None
    return build_target_group(
        inp,
        member,
        identity,
        service=service,
        service_port=port,
        port_as_written=backend.port,
        field=field,
        findings=findings,
    )


def _find_port(service: Service, port_as_written: int | str) -> ServicePort | None:
    by_name = isinstance(port_as_written, str)
    return next((p for p in service.ports if (p.name if by_name else p.port) == port_as_written), None)


def _missing_service(
    inp: StackInput, member: Active, backend: IngressBackend, field: str, findings: Findings
) -> FixedResponse | None:
    message = f"there is no Service {member.ref.namespace}/{backend.service_name}"
    if not inp.cluster.tolerate_missing_service:
        findings.problem(member.ref, Reason.BACKEND_NOT_FOUND, message, field=field)
        return None
    findings.warning(member.ref, Reason.BACKEND_NOT_FOUND, f"{message}; requests are answered with 503", field=field)
    return MISSING_SERVICE
