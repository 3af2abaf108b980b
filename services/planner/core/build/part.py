"""One member of an ingress group with what its own backends and tags come to; the group's listeners, rules and load
balancer are put together from these."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.planner.core.annotations.ingress.load_balancer import TAGS
from services.planner.core.aws import Action
from services.planner.core.build.merge import Wish, united
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.members import Active
from services.planner.core.objects import IngressBackend


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`actions`: those of the backends that could be built; `target_groups`: those that they forward to, sorted by
    resource id; `tags`: the ones that the member asks for."""

    member: Active
    actions: Mapping[IngressBackend, Action]
    target_groups: tuple[DesiredTargetGroup, ...]
    tags: Mapping[str, str]


def group_tags(parts: Iterable[Part], findings: Findings) -> dict[str, str]:
    """The tags of all the members together; two values for one key are a problem."""
    asked = (Wish(member=p.member.ref, where=p.member.ref, field=TAGS.key, value=p.tags) for p in parts)
    return united(asked, findings)
