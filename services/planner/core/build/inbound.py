"""Who may reach a listener: address ranges and prefix lists of the members on its port (ingress, section 7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.ingress.listeners import INBOUND_CIDRS, PREFIX_LISTS
from services.planner.core.aws import Permission
from services.planner.core.build.merge import Wish, agreed, wishes
from services.planner.core.class_params import ClassParams
from services.planner.core.findings import Findings
from services.planner.core.members import Active

_EVERYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Ranges of both families and prefix lists that may reach a port."""

    ranges: tuple[str, ...]
    prefix_lists: tuple[str, ...] = ()

    def permissions(self, port: int, *, dual_stack: bool) -> frozenset[Permission]:
        """One rule for each source; IPv6 ranges count for a load balancer that has IPv6 addresses."""
        return frozenset(
            (
                *(_tcp(port, cidr=r) for r in self.ranges if ":" not in r),
                *(_tcp(port, cidr6=r) for r in self.ranges if ":" in r and dual_stack),
                *(_tcp(port, prefix_list=p) for p in self.prefix_lists),
            )
        )


def build_sources(members: Sequence[Active], findings: Findings) -> Sources:
    """What the members on one port agree on; everybody where none of them says anything."""
    ranges = agreed(_given(members, INBOUND_CIDRS), findings, same=frozenset)
    lists = agreed(_given(members, PREFIX_LISTS), findings, same=frozenset)
    if not ranges and not lists:
        return Sources(ranges=_EVERYWHERE)
    return Sources(ranges=tuple(sorted(ranges or ())), prefix_lists=tuple(sorted(lists or ())))


def _given(members: Sequence[Active], annotation: Annotation[tuple[str, ...]]) -> list[Wish[tuple[str, ...]]]:
    """An empty list asks for nothing."""

    def of_class(params: ClassParams) -> tuple[str, ...] | None:
        return params.inbound_cidrs if annotation is INBOUND_CIDRS else params.prefix_lists

    field = "spec.inboundCIDRs" if annotation is INBOUND_CIDRS else "spec.prefixListsIDs"
    return [w for w in wishes(members, annotation, of_class=of_class, class_field=field) if w.value]


def _tcp(port: int, *, cidr: str = "", cidr6: str = "", prefix_list: str = "") -> Permission:
    return Permission(protocol="tcp", from_port=port, to_port=port, cidr=cidr, cidr6=cidr6, prefix_list=prefix_list)
