"""Listeners of an ingress group: the ports of all members, merged (ingress behaviour, sections 7 and 10)."""

from collections.abc import Sequence

from services.planner.core import tags
from services.planner.core.annotations.ingress.listeners import LISTEN_PORTS
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, FixedResponse
from services.planner.core.build.merge import Wish, agreed
from services.planner.core.build.part import Part, group_tags
from services.planner.core.build.rules import build_rules
from services.planner.core.desired import DesiredListener
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.problems import Reason

# Without certificates, which are refused, an Ingress listens here.
_DEFAULT_PORTS = {80: ListenerProtocol.HTTP}
NO_BACKEND = FixedResponse(status_code="404", content_type="text/plain")


def build_listeners(inp: StackInput, parts: Sequence[Part], findings: Findings) -> tuple[DesiredListener, ...]:
    """One listener for each port that a member listens on, sorted, each with what the members on it ask for."""
    by_port: dict[int, list[tuple[Part, Wish[ListenerProtocol]]]] = {}
    for part in parts:
        ref = part.member.ref
        for port, protocol in (part.member.annotated.get(LISTEN_PORTS) or _DEFAULT_PORTS).items():
            wish = Wish(member=ref, where=ref, field=LISTEN_PORTS.key, value=protocol)
            by_port.setdefault(port, []).append((part, wish))
    return tuple(_listener(inp, port, by_port[port], findings) for port in sorted(by_port))


def _listener(
    inp: StackInput, port: int, users: Sequence[tuple[Part, Wish[ListenerProtocol]]], findings: Findings
) -> DesiredListener:
    parts = [part for part, _ in users]
    protocol = agreed((wish for _, wish in users), findings) or ListenerProtocol.HTTP
    return DesiredListener(
        port=port,
        protocol=protocol.value,
        default_actions=(_default_action(port, parts, findings),),
        tags=tags.resource_tags(
            cluster=inp.cluster, key=inp.key, resource_id=str(port), asked=group_tags(parts, findings)
        ),
        rules=build_rules(inp, parts, listener_port=port, findings=findings),
    )


def _default_action(port: int, parts: Sequence[Part], findings: Findings) -> Action:
    """That of the one member on this port that has a default backend."""
    having = [part for part in parts if part.member.ingress.default_backend is not None]
    for part in having[1:]:
        findings.problem(
            part.member.ref,
            Reason.CONFLICTING_MEMBERS,
            f"{having[0].member.ref} has a default backend too, and both listen on port {port}:"
            " one Ingress of a group may have one",
            field="spec.defaultBackend",
        )
    if not having:
        return NO_BACKEND
    backend = having[0].member.ingress.default_backend
    return having[0].actions.get(backend, NO_BACKEND) if backend is not None else NO_BACKEND
