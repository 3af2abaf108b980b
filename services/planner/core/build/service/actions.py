"""How listeners forward: to the Service's own target group, or by weight to several (service behaviour, section 9)."""

from collections.abc import Callable
from dataclasses import dataclass

from services.planner.core.annotations.service_nlb.listeners import ACTIONS
from services.planner.core.annotations.weighted_forward import WeightedForward, WeightedTarget
from services.planner.core.aws import Forward, TargetGroupWeight
from services.planner.core.build.service.ports import ListenerPort
from services.planner.core.build.service.subject import Subject, find_port
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Service, ServicePort
from services.planner.core.problems import Reason

_CLEAR = "TCP"

# Builds the target group of a port of a Service with that protocol.
BuildGroup = Callable[[Service, ServicePort, str], DesiredTargetGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """A listener's forward and the target groups that are made for it."""

    forward: Forward
    groups: tuple[DesiredTargetGroup, ...]


def build_forwarding(
    inp: StackInput, subject: Subject, plan: ListenerPort, build_group: BuildGroup, findings: Findings
) -> Forwarding:
    """The forward of one listener. What another Service of an action needs comes from the annotations of this one."""
    own = build_group(subject.service, plan.port, plan.group_protocol)
    asked = _asked(inp, subject, plan)
    if asked is None:
        return Forwarding(forward=Forward(groups=(TargetGroupWeight(target_group=own.resource_id),)), groups=(own,))
    entries = [TargetGroupWeight(target_group=own.resource_id, weight=asked.base_weight)]
    made = [own]
    for target in asked.targets:
        if target.arn:
            entries.append(TargetGroupWeight(target_group=target.arn, weight=target.weight))
            continue
        group = _other(inp, subject, plan, target, build_group, findings)
        if group is not None:
            made.append(group)
            entries.append(TargetGroupWeight(target_group=group.resource_id, weight=target.weight))
    _check_once(subject, plan, entries, findings)
    # Not sticky is how AWS describes what nobody asked for.
    return Forwarding(forward=Forward(groups=tuple(entries), sticky=asked.sticky or None), groups=tuple(made))


def _asked(inp: StackInput, subject: Subject, plan: ListenerPort) -> WeightedForward | None:
    if Gate.WEIGHTED_TARGET_GROUPS not in inp.cluster.gates:
        return None
    return subject.annotated.family(ACTIONS).get(plan.name)


def _other(
    inp: StackInput,
    subject: Subject,
    plan: ListenerPort,
    target: WeightedTarget,
    build_group: BuildGroup,
    findings: Findings,
) -> DesiredTargetGroup | None:
    field = f"{ACTIONS.key}{plan.name}"
    service = inp.services.get((subject.ref.namespace, target.service_name))
    if service is None:
        message = f"there is no Service {target.service_name} in namespace {subject.ref.namespace}"
        findings.problem(subject.ref, Reason.BACKEND_NOT_FOUND, message, field=field)
        return None
    port = find_port(service, target.service_port)
    if port is None:
        message = f"Service {target.service_name} has no port {target.service_port}"
        findings.problem(subject.ref, Reason.BACKEND_NOT_FOUND, message, field=field)
        return None
    return build_group(service, port, _CLEAR if plan.secure and target.decrypt else plan.protocol)


def _check_once(subject: Subject, plan: ListenerPort, entries: list[TargetGroupWeight], findings: Findings) -> None:
    named = [entry.target_group for entry in entries]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        message = f"target group {', '.join(twice)} is named more than once"
        findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=f"{ACTIONS.key}{plan.name}")
