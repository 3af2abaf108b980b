"""Listeners of a Service's load balancer (service behaviour, sections 6 and 9)."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.planner.core import tags
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.service_nlb import listeners as catalogue
from services.planner.core.annotations.service_nlb.target_groups import PORT_ATTRIBUTES
from services.planner.core.aws import Forward
from services.planner.core.build.service.ports import ListenerPort
from services.planner.core.build.service.subject import Subject
from services.planner.core.desired import DesiredListener
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.problems import Reason

_NO_ALPN = "None"


def build_listener(
    inp: StackInput, subject: Subject, plan: ListenerPort, forward: Forward, asked: Mapping[str, str]
) -> DesiredListener:
    """One listener; `asked`: the tags that the Service asks for."""
    number = plan.port.port
    attributes = subject.annotated.family(catalogue.LISTENER_ATTRIBUTES)
    return DesiredListener(
        port=number,
        protocol=plan.protocol,
        default_actions=(forward,),
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=str(number), asked=asked),
        certificates=subject.get(catalogue.SSL_CERT) or () if plan.secure else (),
        ssl_policy=(subject.get(catalogue.SSL_POLICY) or inp.cluster.default_ssl_policy) if plan.secure else None,
        alpn_policy=_alpn(inp, subject) if plan.secure else None,
        # AWS lets no attribute of a TLS listener be changed.
        attributes={} if plan.secure else attributes.get(plan.name, {}),
    )


def _alpn(inp: StackInput, subject: Subject) -> str | None:
    """The policy; taking the annotation away resets it only where the installation asks for such defaults."""
    reset = Gate.ENHANCED_DEFAULTS in inp.cluster.gates
    return subject.get(catalogue.ALPN_POLICY) or (_NO_ALPN if reset else None)


def warn_of_unused(subject: Subject, plans: Iterable[ListenerPort], findings: Findings) -> None:
    """Annotations of single listeners or ports that the Service does not have."""
    names, numbers = {plan.name for plan in plans}, {str(plan.port.port) for plan in plans}
    families: tuple[tuple[Annotation[Any], set[str], str], ...] = (
        (catalogue.LISTENER_ATTRIBUTES, names, "listener"),
        (catalogue.ACTIONS, names, "listener"),
        (PORT_ATTRIBUTES, numbers, "port"),
    )
    for family, known, what in families:
        for suffix in subject.annotated.family(family):
            if suffix not in known:
                listed = ", ".join(sorted(known))
                message = f"there is no {what} {suffix}; there are {listed}"
                findings.warning(subject.ref, Reason.UNKNOWN_ANNOTATION, message, field=f"{family.key}{suffix}")
