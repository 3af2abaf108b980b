"""Listeners of an Ingress (ingress behaviour, sections 7 and 10)."""

from collections.abc import Mapping

from services.planner.core import tags
from services.planner.core.annotations.ingress import LISTEN_PORTS
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, FixedResponse
from services.planner.core.build.rules import build_rules
from services.planner.core.desired import DesiredListener
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import IngressBackend

# Without certificates, which are refused, an Ingress listens here.
_DEFAULT_PORTS: Mapping[int, ListenerProtocol] = {80: ListenerProtocol.HTTP}
NO_BACKEND = FixedResponse(status_code="404", content_type="text/plain")


def build_listeners(
    inp: StackInput,
    member: Active,
    *,
    actions: Mapping[IngressBackend, Action],
    asked: Mapping[str, str],
    findings: Findings,
) -> tuple[DesiredListener, ...]:
    """One listener for each port, sorted, each with the same rules. `actions`: those of the backends, `asked`: the tags
    that the member wants."""
    ports = member.annotated.get(LISTEN_PORTS) or _DEFAULT_PORTS
    return tuple(
        DesiredListener(
            port=port,
            protocol=protocol.value,
            default_actions=(_default_action(member, actions),),
            tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=str(port), asked=asked),
            rules=build_rules(inp, member, listener_port=port, actions=actions, asked=asked, findings=findings),
        )
        for port, protocol in sorted(ports.items())
    )


def _default_action(member: Active, actions: Mapping[IngressBackend, Action]) -> Action:
    backend = member.ingress.default_backend
    return actions.get(backend, NO_BACKEND) if backend else NO_BACKEND
