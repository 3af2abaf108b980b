"""Addresses that a Service asks for in its load balancer's subnets (service behaviour, section 4).

Elastic IP addresses and prefixes go by the order of the subnets, the others by the subnet that they lie in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Any

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.network_shapes import AUTO_ASSIGNED
from services.planner.core.annotations.service_nlb import load_balancer as catalogue
from services.planner.core.aws import Subnet
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.service.subject import Subject
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.problems import Reason

_ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAddresses:
    """What is asked for, each by the order of the subnets, empty where nothing is. `source_nat`: whether targets are
    reached from IPv6 prefixes."""

    allocations: tuple[str, ...] = ()
    private_ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    source_nat: bool = False
    source_nat_prefixes: tuple[str, ...] = ()


def asked_addresses(
    inp: StackInput, subject: Subject, identity: Identity, subnets: Sequence[str], findings: Findings
) -> AskedAddresses:
    """The addresses for these subnets, by id; what does not fit them is a problem of its annotation."""
    asked = _Asked(inp=inp, subject=subject, identity=identity, subnets=tuple(subnets), findings=findings)
    source_nat = subject.get(catalogue.SOURCE_NAT) == _ON
    if source_nat:
        asked.require_dual_stack(catalogue.SOURCE_NAT)
        asked.require_ranges(catalogue.SOURCE_NAT)
    return AskedAddresses(
        allocations=asked.allocations(),
        private_ipv4=asked.private_ipv4(),
        ipv6=asked.ipv6(),
        source_nat=source_nat,
        source_nat_prefixes=asked.source_nat_prefixes(source_nat=source_nat),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    inp: StackInput
    subject: Subject
    identity: Identity
    subnets: tuple[str, ...]
    findings: Findings

    def allocations(self) -> tuple[str, ...]:
        """Elastic IP addresses, each for the subnet in its place."""
        found = self.subject.get(catalogue.EIP_ALLOCATIONS) or ()
        if found:
            self._require_scheme(catalogue.EIP_ALLOCATIONS, "internet-facing")
            self._require_count(catalogue.EIP_ALLOCATIONS, found)
        return found

    def private_ipv4(self) -> tuple[str, ...]:
        """IPv4 addresses by the subnets that they lie in."""
        found = self.subject.get(catalogue.PRIVATE_IPV4_ADDRESSES) or ()
        if found:
            self._require_scheme(catalogue.PRIVATE_IPV4_ADDRESSES, "internal")
        return self._placed(catalogue.PRIVATE_IPV4_ADDRESSES, found, lambda subnet: (subnet.cidr,))

    def ipv6(self) -> tuple[str, ...]:
        """IPv6 addresses by the subnets that they lie in."""
        found = self.subject.get(catalogue.IPV6_ADDRESSES) or ()
        if found:
            self.require_dual_stack(catalogue.IPV6_ADDRESSES)
        return self._placed(catalogue.IPV6_ADDRESSES, found, lambda subnet: subnet.ipv6_cidrs)

    def source_nat_prefixes(self, *, source_nat: bool) -> tuple[str, ...]:
        """Prefixes, each of the subnet in its place."""
        found = self.subject.get(catalogue.SOURCE_NAT_PREFIXES) or ()
        if not found:
            return ()
        if not source_nat:
            self._problem(catalogue.SOURCE_NAT_PREFIXES, f"it needs {catalogue.SOURCE_NAT.key} to be {_ON}")
        self._require_count(catalogue.SOURCE_NAT_PREFIXES, found)
        for subnet, prefix in zip(self._known(), found, strict=False):
            ranges = [IPv6Network(cidr) for cidr in subnet.ipv6_cidrs]
            if prefix is not None and not any(prefix.subnet_of(range_) for range_ in ranges):
                self._problem(catalogue.SOURCE_NAT_PREFIXES, f"{prefix} is no part of subnet {subnet.id}")
        return tuple(AUTO_ASSIGNED if prefix is None else str(prefix) for prefix in found)

    def require_dual_stack(self, annotation: Annotation[Any]) -> None:
        """A problem where the load balancer has IPv4 addresses alone."""
        if not self.identity.dual_stack:
            self._problem(annotation, "it needs a dual-stack load balancer; this one is ipv4")

    def require_ranges(self, annotation: Annotation[Any]) -> None:
        """A problem where a subnet has no IPv6 range."""
        narrow = [subnet.id for subnet in self._known() if not subnet.ipv6_cidrs]
        if narrow:
            self._problem(annotation, f"subnet {', '.join(narrow)} has no IPv6 range")

    def _placed(
        self,
        annotation: Annotation[Any],
        found: Sequence[IPv4Address | IPv6Address],
        ranges: Callable[[Subnet], Iterable[str]],
    ) -> tuple[str, ...]:
        if not found or not self._require_count(annotation, found):
            return ()
        placed = []
        for subnet in self._known():
            inside = [a for a in found if any(a in ip_network(cidr) for cidr in ranges(subnet))]
            if len(inside) != 1:
                count = "several addresses" if inside else "no address"
                self._problem(annotation, f"{count} of subnet {subnet.id} are given; exactly one in each is needed")
                return ()
            placed.append(str(inside[0]))
        return tuple(placed)

    def _known(self) -> tuple[Subnet, ...]:
        """The subnets as they are known; those that are not are asked for."""
        known = self.inp.inventory.subnets
        if not self.inp.inventory.knowledge.network or any(subnet not in known for subnet in self.subnets):
            self.findings.ask(Lookup(kind=LookupKind.NETWORK))
            return ()
        return tuple(known[subnet] for subnet in self.subnets)

    def _require_scheme(self, annotation: Annotation[Any], scheme: str) -> None:
        if self.identity.scheme != scheme:
            self._problem(annotation, f"it needs the scheme {scheme}; this load balancer is {self.identity.scheme}")

    def _require_count(self, annotation: Annotation[Any], found: Sequence[object]) -> bool:
        if self.subnets and len(found) != len(self.subnets):
            message = f"{len(found)} given for {len(self.subnets)} subnets; one for each is needed"
            self._problem(annotation, message)
            return False
        return bool(self.subnets)

    def _problem(self, annotation: Annotation[Any], message: str) -> None:
        self.findings.problem(self.subject.ref, Reason.INVALID_ANNOTATION, message, field=annotation.key)
