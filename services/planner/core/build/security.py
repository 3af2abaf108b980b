"""Which security groups a load balancer has, and from which one its targets are reached (networking, sections 3 and 8).

Shared by the builds of Ingress groups and of Services; each decides for itself what is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planner.core.desired import GroupToken
from services.planner.core.findings import Findings
from services.planner.core.inputs import Cluster, StackInput
from services.planner.core.objects import ObjectRef
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason

_ID_PREFIX = "sg-"
_NAME_TAG = "Name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """`groups` of the load balancer. `backend`: the group from which targets are reached; None: the rules of the
    targets are somebody else's."""

    groups: tuple[str | GroupToken, ...] = ()
    backend: str | GroupToken | None = None

    @property
    def managed(self) -> bool:
        """Whether the stack has a security group of its own."""
        return GroupToken.MANAGED in self.groups


def with_managed_group(cluster: Cluster) -> Security:
    """The managed group and the backend group; where the installation has none, the managed group is both."""
    if not cluster.backend_security_group_enabled:
        return Security(groups=(GroupToken.MANAGED,), backend=GroupToken.MANAGED)
    return Security(groups=(GroupToken.MANAGED, backend_group(cluster)), backend=backend_group(cluster))


def with_own_groups(cluster: Cluster, groups: Sequence[str], *, manage_backend: bool) -> Security:
    """The user's groups; beside them the backend group where rules on the targets are to be managed."""
    if not manage_backend:
        return Security(groups=tuple(groups))
    return Security(groups=(*groups, backend_group(cluster)), backend=backend_group(cluster))


def backend_group(cluster: Cluster) -> str | GroupToken:
    """The group that all load balancers have in common: the user's if the installation names one, else ours."""
    return cluster.backend_security_group or GroupToken.SHARED


def named_groups(
    inp: StackInput, names: Sequence[str], *, where: ObjectRef, field: str, findings: Findings
) -> tuple[str, ...]:
    """Ids of the groups that a list names, ids first, then those with the `Name` tags; a name takes all that carry it.
    What is not known is asked for; what does not exist is a problem."""
    listed = tuple(dict.fromkeys(names))
    ids = [item for item in listed if item.startswith(_ID_PREFIX)]
    tagged = [item for item in listed if not item.startswith(_ID_PREFIX)]
    knowledge = inp.inventory.knowledge
    unknown = [group for group in ids if group not in inp.inventory.security_groups]
    found = {name: _by_name(inp, name) for name in tagged}
    unnamed = [name for name in tagged if not found[name] or not (knowledge.filled or name in knowledge.group_names)]
    # One that is not known may be younger than the last look at all.
    _ask(LookupKind.SECURITY_GROUPS, [g for g in unknown if g not in knowledge.groups], findings)
    _ask(LookupKind.SECURITY_GROUP_NAMES, [n for n in unnamed if n not in knowledge.group_names], findings)
    absent = [g for g in unknown if g in knowledge.groups] + [n for n in unnamed if n in knowledge.group_names]
    if absent:
        message = f"there is no security group {', '.join(absent)} in {inp.cluster.vpc_id}"
        findings.problem(where, Reason.SECURITY_GROUP_NOT_FOUND, message, field=field)
    return tuple(dict.fromkeys((*ids, *(group for name in tagged for group in found[name]))))


def _ask(kind: LookupKind, keys: Sequence[str], findings: Findings) -> None:
    if keys:
        findings.ask(Lookup(kind=kind, keys=tuple(sorted(keys))))


def _by_name(inp: StackInput, name: str) -> list[str]:
    groups = inp.inventory.security_groups.values()
    return sorted(g.id for g in groups if g.vpc_id == inp.cluster.vpc_id and g.tags.get(_NAME_TAG) == name)
