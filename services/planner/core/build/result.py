"""What building a stack gives: shared by the builds of Ingress groups and of Services."""

from dataclasses import dataclass

from services.planner.core.build.standing import is_known
from services.planner.core.desired import DesiredStack, Member
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The stack as it should be. Without active members it is to be taken down; without members of any sort it is no
    stack at all, and what may carry its tags is nobody's."""

    desired: DesiredStack
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The objects cannot be understood as a whole; all problems, sorted. `deleted`: members that go all the same."""

    problems: tuple[Problem, ...]
    deleted: tuple[Member, ...] = ()


def stack_lookup(desired: DesiredStack) -> Lookup:
    """The question what stands in AWS under the stack's tags and under the names that it wants."""
    names = [f"tg:{g.name}" for g in desired.target_groups]
    names += [f"lb:{b.name}" for b in desired.load_balancers]
    if desired.managed_group is not None:
        names.append(f"sg:{desired.managed_group.name}")
    return Lookup(kind=LookupKind.STACK, keys=tuple(sorted(names)))


def result(desired: DesiredStack, findings: Findings) -> Built | Broken:
    """The stack, unless anything was found wrong."""
    if findings.problems:
        return Broken(problems=findings.problems)
    return Built(desired=desired, warnings=findings.warnings)


def without_subnets(
    inp: StackInput, desired: DesiredStack, subnets: Lookup | Problem, findings: Findings
) -> Needs | Broken | Built:
    """What to ask. While the stack itself was not looked up it may have a load balancer that gives the subnets."""
    lookups = (subnets,) if isinstance(subnets, Lookup) else ()
    if not is_known(inp):
        return Needs(lookups=(*lookups, stack_lookup(desired)))
    if isinstance(subnets, Lookup):
        return Needs(lookups=lookups)
    findings.add(subnets)
    return result(desired, findings)
