"""The network load balancer of a Service (service behaviour, sections 4 and 13)."""

from collections.abc import Mapping

from services.planner.core import naming, tags
from services.planner.core.annotations.service_nlb import load_balancer as catalogue
from services.planner.core.build.load_balancer import IPV4, Identity
from services.planner.core.build.service.addresses import asked_addresses
from services.planner.core.build.service.attributes import load_balancer_attributes
from services.planner.core.build.service.security_groups import choose_groups
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.standing import standing_load_balancer, standing_load_balancers
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput

_TYPE = "network"


def identify(inp: StackInput, subject: Subject, findings: Findings) -> Identity:
    """Which load balancer it is. A Service that does not say its scheme keeps the one that stands."""
    scheme = subject.get(catalogue.SCHEME) or _deprecated_scheme(subject) or _standing_scheme(inp)
    scheme = scheme or inp.cluster.default_scheme
    standing = standing_load_balancer(inp, scheme=scheme, type_=_TYPE)
    return Identity(
        name=standing.name if standing else _fresh_name(inp, subject, scheme),
        scheme=scheme,
        standing=standing,
        ip_address_type=subject.get(catalogue.IP_ADDRESS_TYPE) or IPV4,
        security=choose_groups(inp, subject, standing, findings),
    )


def _fresh_name(inp: StackInput, subject: Subject, scheme: str) -> str:
    # The load balancer that this one replaces may still hold the name.
    taken = {lb.name for lb in standing_load_balancers(inp, type_=_TYPE)}
    wanted = subject.get(catalogue.NAME)
    if wanted is not None and wanted not in taken:
        return wanted
    uid = subject.service.meta.uid
    return naming.service_load_balancer_name(cluster=inp.cluster.name, key=inp.key, uid=uid, scheme=scheme)


def _deprecated_scheme(subject: Subject) -> str | None:
    internal = subject.get(catalogue.INTERNAL)
    if internal is None:
        return None
    return "internal" if internal else "internet-facing"


def _standing_scheme(inp: StackInput) -> str | None:
    return next((lb.scheme for lb in standing_load_balancers(inp, type_=_TYPE)), None)


def build_load_balancer(
    inp: StackInput,
    subject: Subject,
    identity: Identity,
    *,
    subnets: tuple[str, ...],
    asked: Mapping[str, str],
    findings: Findings,
) -> DesiredLoadBalancer:
    """The load balancer; `asked`: the tags that the Service asks for."""
    addresses = asked_addresses(inp, subject, identity, subnets, findings)
    return DesiredLoadBalancer(
        resource_id=tags.LOAD_BALANCER,
        name=identity.name,
        type=_TYPE,
        scheme=identity.scheme,
        ip_address_type=identity.ip_address_type,
        subnets=subnets,
        security_groups=identity.security.groups,
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=tags.LOAD_BALANCER, asked=asked),
        attributes=load_balancer_attributes(subject),
        capacity=subject.get(catalogue.CAPACITY) if Gate.CAPACITY_RESERVATION in inp.cluster.gates else None,
        allocations=addresses.allocations,
        private_ipv4=addresses.private_ipv4,
        ipv6=addresses.ipv6,
        source_nat=addresses.source_nat,
        source_nat_prefixes=addresses.source_nat_prefixes,
        private_link_rules=subject.get(catalogue.PRIVATE_LINK_RULES) if identity.security.groups else None,
    )
