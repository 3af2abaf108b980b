"""What building a stack gives: shared by the builds of Ingress groups and of Services."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planner.core.accepted import Accepted
from services.planner.core.build.standing import is_known
from services.planner.core.desired import DesiredStack, Member
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The stack as it should be. Without active members it is to be taken down; without members of any sort it is no
    stack at all, and what may carry its tags is nobody's. `waits_for`: what parts of it are left out for, to be looked
    at again after `again_seconds` (None: when something changes). `quarantined`: why members count as they were
    accepted last, or not at all; `accepted`: the versions that members count with."""

    desired: DesiredStack
    warnings: tuple[Problem, ...] = ()
    waits_for: tuple[str, ...] = ()
    again_seconds: float | None = None
    quarantined: tuple[Problem, ...] = ()
    accepted: Mapping[ObjectRef, Accepted] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The objects cannot be understood as a whole; all problems, sorted. `deleted`: members that go all the same."""

    problems: tuple[Problem, ...]
    deleted: tuple[Member, ...] = ()


def stack_lookup(desired: DesiredStack) -> Lookup:
    """The question what stands in AWS under the stack's tags and under the names that it wants."""
    names = [f"tg:{g.name}" for g in desired.all_target_groups]
    names += [f"lb:{b.name}" for b in desired.load_balancers]
    if desired.managed_group is not None:
        names.append(f"sg:{desired.managed_group.name}")
    return Lookup(kind=LookupKind.STACK, keys=tuple(sorted(names)))


def result(desired: DesiredStack, findings: Findings) -> Built | Needs | Broken:
    """The stack, unless anything was found wrong or is still to be asked."""
    if findings.problems:
        return Broken(problems=findings.problems)
    if findings.questions:
        return Needs(lookups=findings.questions)
    return Built(
        desired=desired,
        warnings=findings.warnings,
        waits_for=findings.waits_for,
        again_seconds=findings.again_seconds,
    )


def without_subnets(
    inp: StackInput, desired: DesiredStack, subnets: Lookup | Problem, findings: Findings
) -> Needs | Broken | Built:
    """What to ask. While the stack itself was not looked up it may have a load balancer that gives the subnets."""
    if isinstance(subnets, Lookup):
        findings.ask(subnets)
    if not is_known(inp):
        findings.ask(stack_lookup(desired))
    elif isinstance(subnets, Problem):
        findings.add(subnets)
    return result(desired, findings)
