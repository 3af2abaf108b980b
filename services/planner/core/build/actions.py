"""From an action as it is written to the action that ELBv2 takes (ingress behaviour, section 13)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planner.core.annotations.actions import ActionValue, ForwardEntry, ForwardTo
from services.planner.core.aws import Action, FixedResponse, Forward, TargetGroupWeight
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.part import Waiting
from services.planner.core.build.service_backends import find_service, missing_service, service_target_group
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason

MISSING_SERVICE = FixedResponse(status_code="503", content_type="text/plain", body="Backend service does not exist")
# Nobody is told when somebody else makes a target group.
_LOOK_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltAction:
    """An action and the target groups that it forwards to, as far as they are ours."""

    action: Action | Waiting
    target_groups: tuple[DesiredTargetGroup, ...] = ()


def build_action(
    inp: StackInput, member: Active, identity: Identity, value: ActionValue, *, field: str, findings: Findings
) -> BuiltAction | None:
    """The action; None after a problem. `field`: the annotation or the field that asks for it."""
    if not isinstance(value, ForwardTo):
        return BuiltAction(action=value)
    if len(value.entries) > 1 and Gate.WEIGHTED_TARGET_GROUPS not in inp.cluster.gates:
        message = f"several target groups need the feature gate {Gate.WEIGHTED_TARGET_GROUPS}"
        findings.problem(member.ref, Reason.INVALID_ANNOTATION, message, field=field)
        return None
    if _is_missing(inp, member, value.entries, field, findings):
        return BuiltAction(action=MISSING_SERVICE)
    weights: list[TargetGroupWeight] = []
    groups: list[DesiredTargetGroup] = []
    waiting: list[Waiting] = []
    for entry in value.entries:
        target = _target(inp, member, identity, entry, field, findings)
        match target:
            case None:
                return None
            case Waiting():
                waiting.append(target)
                continue
            case DesiredTargetGroup():
                groups.append(target)
                arn = target.resource_id
            case str():
                arn = target
        weights.append(TargetGroupWeight(target_group=arn, weight=entry.weight))
    action = Forward(groups=tuple(weights), sticky=value.sticky, sticky_seconds=value.sticky_seconds)
    return BuiltAction(action=waiting[0] if waiting else action, target_groups=tuple(groups))


def _is_missing(
    inp: StackInput, member: Active, entries: Sequence[ForwardEntry], field: str, findings: Findings
) -> bool:
    """Whether the one Service of a forward is not there, and that is answered for it."""
    if len(entries) != 1 or not entries[0].service or find_service(inp, member, entries[0].service) is not None:
        return False
    return missing_service(inp, member, entries[0].service, field, findings, tolerated=True)


def _target(
    inp: StackInput, member: Active, identity: Identity, entry: ForwardEntry, field: str, findings: Findings
) -> DesiredTargetGroup | str | Waiting | None:
    if entry.arn:
        return entry.arn
    if entry.name:
        return _by_name(inp, entry.name, field, findings)
    service = find_service(inp, member, entry.service)
    if service is None:
        missing_service(inp, member, entry.service, field, findings, tolerated=False)
        return None
    return service_target_group(
        inp, member, identity, service, port_as_written=entry.port, field=field, findings=findings
    )


def _by_name(inp: StackInput, name: str, field: str, findings: Findings) -> str | Waiting:
    """The ARN of the target group of that name, whoever made it."""
    found = min((arn for arn, g in inp.inventory.target_groups.items() if g.name == name), default=None)
    if found is not None:
        return found
    if name not in inp.inventory.knowledge.target_group_names:
        findings.ask(Lookup(kind=LookupKind.STACK, keys=(f"tg:{name}",)))
    return Waiting(what=f"a target group of the name {name}", field=field, again_seconds=_LOOK_AGAIN_SECONDS)
