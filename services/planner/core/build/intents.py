"""The target groups that a stack will have, told from Kubernetes alone, before anything of it stands in AWS.

Read while a pod is reviewed that is about to be made (targets and readiness, section 9). The names are those that the
plan will give: without an inventory the ones of a new stack.
"""

from collections.abc import Iterator

from services.planner.core.annotations.annotated import check
from services.planner.core.build.backends import build_part
from services.planner.core.build.listeners import build_listeners
from services.planner.core.build.load_balancer import identify
from services.planner.core.build.service import intended_groups
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKind
from services.planner.core.members import gather_members


def intended_target_groups(inp: StackInput) -> tuple[DesiredTargetGroup, ...]:
    """All of them, sorted by name. A member of a group in which anything is wrong intends nothing: it is not known
    whether its target groups will ever be."""
    if inp.key.kind is StackKind.SERVICE:
        return intended_groups(inp)
    return tuple(sorted(_of_members(inp), key=lambda group: group.name))


def _of_members(inp: StackInput) -> Iterator[DesiredTargetGroup]:
    findings = Findings()
    members = gather_members(inp)
    if not members.active:
        return
    identity = identify(inp, members.active, findings)
    parts = []
    for member in members.active:
        check(member.annotated, findings)
        parts.append(build_part(inp, member, identity, findings))
    # What is wrong with the listeners keeps the elder of two members, and which one that is is not told here.
    unserved = build_listeners(inp, identity, parts, Findings()).unserved
    wrong = {problem.where for problem in findings.problems}
    for part in parts:
        if part.member.ref not in wrong | unserved:
            yield from part.target_groups
