"""The redirect of all plain listeners of a group to a secure one (ingress, section 9)."""

from collections.abc import Mapping, Sequence

from services.planner.core.annotations.ingress.listeners import SSL_REDIRECT
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Redirect
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
