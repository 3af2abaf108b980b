"""Redirects: that of all plain listeners of a group to a secure one (ingress behaviour, section 9), and which ones a
listener takes (ELBv2 behaviour, section 5.2)."""

from collections.abc import Iterable, Mapping, Sequence

from services.planner.core.annotations.ingress.listeners import SSL_REDIRECT
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, Redirect
from services.planner.core.build.merge import agreed, wishes
from services.planner.core.findings import Findings
from services.planner.core.members import Active
from services.planner.core.problems import Reason


def build_redirect(
    members: Sequence[Active], ports: Mapping[int, ListenerProtocol], findings: Findings
) -> Redirect | None:
    """The action of every HTTP listener, None: they have rules of their own. `ports`: all listeners of the group."""
    asked = wishes(members, SSL_REDIRECT, of_class=lambda p: p.ssl_redirect_port, class_field="spec.sslRedirectPort")
    port = agreed(asked, findings)
    if port is None:
        return None
    if ports.get(port) is not ListenerProtocol.HTTPS:
        findings.problem(
            asked[0].where,
            Reason.INVALID_ANNOTATION,
            f"the group has no HTTPS listener on port {port} to redirect to",
            field=asked[0].field,
        )
    return Redirect(status_code="HTTP_301", protocol=ListenerProtocol.HTTPS.value, port=str(port))


def refused_redirect(actions: Iterable[Action], port: int, protocol: ListenerProtocol) -> str:
    """Why AWS takes no such redirect on a listener of that port and protocol, in words; "" where it does."""
    to = next((action.plain for action in actions if isinstance(action, Redirect)), None)
    if to is None:
        return ""
    if protocol is ListenerProtocol.HTTPS and to.protocol == ListenerProtocol.HTTP:
        return f"listener {protocol}:{port} cannot redirect to HTTP: AWS refuses to lead requests from HTTPS there"
    same_port, same_protocol = to.port in (None, str(port)), to.protocol in (None, protocol.value)
    if to.host is None and to.path is None and same_port and same_protocol:
        return (
            f"listener {protocol}:{port} would redirect requests to where they came from: AWS wants another protocol,"
            " host, port or path"
        )
    return ""
