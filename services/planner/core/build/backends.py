"""From the backends that an Ingress names to what is done with their requests (ingress behaviour, section 13)."""

from services.planner.core.annotations.actions import ActionValue, ForwardEntry, ForwardTo
from services.planner.core.annotations.conditions import NO_CONDITIONS
from services.planner.core.annotations.ingress.routing import ACTIONS, CONDITIONS, TRANSFORMS
from services.planner.core.aws import FixedResponse
from services.planner.core.build.actions import build_action
from services.planner.core.build.authentication import build_authentication
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.object_tags import asked_tags
from services.planner.core.build.part import Part, Route
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import IngressBackend
from services.planner.core.problems import Reason
from services.planner.core.references import USE_ANNOTATION, named_backends

MISSING_ACTION = FixedResponse(status_code="503", content_type="text/plain", body="Backend action does not exist")


def build_part(inp: StackInput, member: Active, identity: Identity, findings: Findings) -> Part:
    """The member with all its backends; one that cannot be built is a problem and has no route."""
    routes: dict[IngressBackend, Route] = {}
    groups: dict[str, DesiredTargetGroup] = {}
    for field, backend in named_backends(member.ingress):
        if backend in routes:
            continue
        value = _value(inp, member, backend, field, findings)
        if value is None:
            continue
        acting = backend.port == USE_ANNOTATION
        where = f"{ACTIONS.key}{backend.service_name}" if acting else field
        built = build_action(inp, member, identity, value, field=where, findings=findings)
        authentication = build_authentication(inp, member, value, findings)
        if built is None:
            continue
        groups |= {group.resource_id: group for group in built.target_groups}
        routes[backend] = Route(
            action=built.action,
            authentication=authentication,
            conditions=member.annotated.named(CONDITIONS, backend.service_name) or NO_CONDITIONS,
            transforms=member.annotated.named(TRANSFORMS, backend.service_name) or "",
        )
    return Part(
        member=member,
        routes=routes,
        target_groups=tuple(groups[i] for i in sorted(groups)),
        tags=asked_tags(inp.cluster, findings, params=member.params, objects=(member.annotated,)),
    )


def _value(
    inp: StackInput, member: Active, backend: IngressBackend, field: str, findings: Findings
) -> ActionValue | None:
    """What a backend asks for; None after a problem, or where a problem was found in the annotation itself."""
    if backend.resource or not backend.service_name:
        findings.problem(member.ref, Reason.INVALID_SPEC, "a backend must name a Service", field=field)
        return None
    if backend.port != USE_ANNOTATION:
        return ForwardTo(entries=(ForwardEntry(service=backend.service_name, port=backend.port),))
    key = f"{ACTIONS.key}{backend.service_name}"
    if key in member.annotated.values:
        return member.annotated.named(ACTIONS, backend.service_name)
    message = f"{field} takes its action from this annotation, which is not there"
    if not inp.cluster.tolerate_missing_action:
        findings.problem(member.ref, Reason.BACKEND_NOT_FOUND, message, field=key)
        return None
    findings.warning(member.ref, Reason.BACKEND_NOT_FOUND, f"{message}; requests are answered with 503", field=key)
    return MISSING_ACTION
