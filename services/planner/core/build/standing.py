"""What of a stack stands in AWS and goes on to be used (naming and tags, section 6; ingress behaviour, section 22).

A resource is found by its tags, never by its name. One whose immutable fields are the desired ones stays and keeps its
name; one whose fields are not, or that serves a load balancer which is to go, is replaced by a new one.
"""

from collections.abc import Mapping

from services.planner.core import tags
from services.planner.core.aws import HealthCheck, Listener, LoadBalancer, SecurityGroup, TargetGroup
from services.planner.core.index import index_of
from services.planner.core.inputs import StackInput


def standing_load_balancers(
    inp: StackInput, *, type_: str, resource_id: str = tags.LOAD_BALANCER
) -> tuple[LoadBalancer, ...]:
    """The stack's load balancers of that type (`application` or `network`) and resource id, by ARN."""
    found = index_of(inp.inventory, inp.cluster, inp.key).load_balancers
    ours = (lb for lb in found if _is(inp, lb.tags, resource_id) and lb.type == type_)
    return tuple(sorted(ours, key=lambda lb: lb.arn))


def standing_load_balancer(
    inp: StackInput, *, scheme: str, type_: str = "application", resource_id: str = tags.LOAD_BALANCER
) -> LoadBalancer | None:
    """The stack's load balancer of that type, scheme and resource id."""
    found = standing_load_balancers(inp, type_=type_, resource_id=resource_id)
    return next((lb for lb in found if lb.scheme == scheme), None)


def standing_managed_group(inp: StackInput) -> SecurityGroup | None:
    """The stack's managed security group."""
    own = index_of(inp.inventory, inp.cluster, inp.key).security_groups
    found = [g for g in own if _is(inp, g.tags, tags.MANAGED_GROUP)]
    return min(found, key=lambda g: g.id, default=None)


def standing_listener(inp: StackInput, load_balancer: LoadBalancer | None, port: int) -> Listener | None:
    """The listener of that load balancer on the port."""
    arn = load_balancer.arn if load_balancer is not None else ""
    found = inp.inventory.listeners.values()
    return next((x for x in found if (x.load_balancer_arn, x.port) == (arn, port)), None)


def served_hosts(inp: StackInput, listener: Listener | None) -> frozenset[str]:
    """Hosts that rules of the listener name."""
    arn = listener.arn if listener is not None else ""
    rules = (rule for rule in inp.inventory.rules.values() if rule.listener_arn == arn)
    conditions = (c for rule in rules for c in rule.conditions if c.field == "host-header")
    return frozenset(host for condition in conditions for host in condition.values)


def standing_target_group(
    inp: StackInput,
    *,
    resource_id: str,
    target_type: str,
    protocol: str,
    protocol_version: str | None,
    ip_address_type: str,
    control_port: int | None,
    load_balancer: LoadBalancer | None,
    same_check: HealthCheck | None = None,
) -> TargetGroup | None:
    """The stack's target group of that id and those fields that no other load balancer than the given one uses.
    `same_check`: one that checks health otherwise is replaced too."""
    fields = (target_type, protocol, protocol_version, ip_address_type, control_port)
    usable = {load_balancer.arn} if load_balancer else set()
    found = [
        group
        for group in index_of(inp.inventory, inp.cluster, inp.key).by_resource.get(resource_id, ())
        if (group.target_type, group.protocol, group.protocol_version, group.ip_address_type, group.control_port)
        == fields
        and (same_check is None or _checks_alike(same_check, group.health_check))
        and usable.issuperset(group.load_balancers)
    ]
    # One in use comes before one that a cut plan left behind.
    return min(found, key=lambda g: (not g.load_balancers, g.name), default=None)


def _checks_alike(desired: HealthCheck, found: HealthCheck) -> bool:
    """Whether the fields are the same that network load balancers could once not change in place (ingress behaviour,
    section 22)."""
    if desired.http_codes not in (None, found.http_codes):
        return False
    names = ("protocol", "interval_seconds", "timeout_seconds")
    return all(getattr(desired, name) == getattr(found, name) for name in names)


def standing_front_groups(
    inp: StackInput, *, resource_id: str, load_balancer: LoadBalancer | None
) -> tuple[TargetGroup, ...]:
    """The stack's target groups of that id, with a load balancer as their target, that no other load balancer than the
    given one uses; those in use first."""
    usable = {load_balancer.arn} if load_balancer else set()
    found = [
        group
        for group in index_of(inp.inventory, inp.cluster, inp.key).by_resource.get(resource_id, ())
        if (group.target_type, group.protocol) == ("alb", "TCP") and usable.issuperset(group.load_balancers)
    ]
    return tuple(sorted(found, key=lambda g: (not g.load_balancers, g.name)))


def target_group_name_taken(inp: StackInput, name: str) -> bool:
    """Whether a target group of this stack has the name; a stranger's is for the diff to find."""
    names = index_of(inp.inventory, inp.cluster, inp.key).names
    holder = inp.inventory.target_groups.get(names.target_groups.get(name, ""))
    return holder is not None and tags.is_of_stack(holder.tags, cluster=inp.cluster, key=inp.key)


def is_known(inp: StackInput) -> bool:
    """Whether the absence of a resource of this stack is knowledge."""
    knowledge = inp.inventory.knowledge
    return knowledge.filled or inp.key in knowledge.stacks


def _is(inp: StackInput, found: Mapping[str, str] | None, resource_id: str) -> bool:
    return tags.is_resource(found, cluster=inp.cluster, key=inp.key, resource_id=resource_id)
