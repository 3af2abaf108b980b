"""Which of the inventory's resources belong to a stack, matched by their tags (naming and tags, section 6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.planner.core.aws import Inventory, Listener, LoadBalancer, Rule, SecurityGroup, TargetGroup
from services.planner.core.desired import DesiredLoadBalancer, TargetGroupSettings
from services.planner.core.index import index_of
from services.planner.core.inputs import Cluster
from services.planner.core.keys import StackKey
from services.planner.core.tags import resource_tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A stack's resources in AWS, each sorted by ARN or id; `by_resource`: the target groups by resource id."""

    key: StackKey
    load_balancers: tuple[LoadBalancer, ...]
    target_groups: tuple[TargetGroup, ...]
    groups: tuple[SecurityGroup, ...]
    by_resource: Mapping[str, tuple[TargetGroup, ...]]

    @property
    def empty(self) -> bool:
        """Whether nothing of the stack stands in AWS."""
        return not (self.load_balancers or self.target_groups or self.groups)

    def load_balancer(self, resource_id: str) -> LoadBalancer | None:
        """The load balancer that carries the resource id, the lowest ARN where there are several."""
        return next((b for b in self.load_balancers if self.resource(b.tags) == resource_id), None)

    def resource(self, tags: Mapping[str, str] | None) -> str:
        """The resource id that the tags carry, or empty."""
        return (tags or {}).get(resource_tag(self.key.kind), "")


def observe(inventory: Inventory, cluster: Cluster, key: StackKey) -> Observed:
    """Everything in the inventory that carries the stack's tags."""
    index = index_of(inventory, cluster, key)
    return Observed(
        key=key,
        load_balancers=index.load_balancers,
        target_groups=index.target_groups,
        groups=index.security_groups,
        by_resource=index.by_resource,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """A load balancer that is wanted and those that carry its resource id: `stays` goes on to serve as it, and
    `outgoing` ones go once it serves."""

    desired: DesiredLoadBalancer
    stays: LoadBalancer | None
    outgoing: tuple[LoadBalancer, ...]


def paired(desired: DesiredLoadBalancer, observed: Observed) -> Paired:
    """The load balancer with what stands of it. Of several that could stay it is the one with the lowest ARN."""
    standing = [b for b in observed.load_balancers if observed.resource(b.tags) == desired.resource_id]
    stays = next((b for b in standing if same_load_balancer(desired, b)), None)
    return Paired(desired=desired, stays=stays, outgoing=tuple(b for b in standing if b != stays))


def matched_groups(desired: Iterable[TargetGroupSettings], observed: Observed) -> dict[str, TargetGroup]:
    """Standing target groups that serve as desired ones, by resource id."""
    found: dict[str, TargetGroup] = {}
    for group in desired:
        for standing in observed.by_resource.get(group.resource_id, ()):
            # The build has told by the name which of several goes on to serve.
            if standing.name == group.name and same_target_group(group, standing):
                found[group.resource_id] = standing
    return found


def listeners_of(inventory: Inventory, load_balancer: LoadBalancer) -> dict[int, Listener]:
    """Listeners of a load balancer by port."""
    return {s.port: s for s in inventory.listeners.values() if s.load_balancer_arn == load_balancer.arn}


def rules_of(inventory: Inventory, listener: Listener) -> tuple[Rule, ...]:
    """Rules of a listener in priority order."""
    return tuple(
        sorted((r for r in inventory.rules.values() if r.listener_arn == listener.arn), key=lambda r: r.priority)
    )


def same_load_balancer(desired: DesiredLoadBalancer, found: LoadBalancer) -> bool:
    """Whether what cannot be changed in place is as desired (ingress, section 22)."""
    return found.type == desired.type and found.scheme == desired.scheme


def same_target_group(desired: TargetGroupSettings, found: TargetGroup) -> bool:
    """Whether what cannot be changed in place is as desired; port and name are not looked at."""
    fields = ("target_type", "protocol", "protocol_version", "ip_address_type", "control_port")
    return all(getattr(found, name) == getattr(desired, name) for name in fields)
