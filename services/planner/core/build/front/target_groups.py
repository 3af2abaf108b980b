"""Target groups of the load balancer in front: one for each of its ports (ingress behaviour, sections 19 and 20).

A target group takes one load balancer as its target, so one that has another target than the wanted one is replaced.
"""

from collections.abc import Mapping

from services.planner.core import naming, tags
from services.planner.core.aws import LoadBalancer, Target, TargetGroup
from services.planner.core.build.front.ports import FrontPort
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.standing import (
    standing_front_groups,
    standing_load_balancers,
    target_group_name_taken,
)
from services.planner.core.desired import DesiredFrontGroup
from services.planner.core.findings import Findings
from services.planner.core.inputs import Cluster, StackInput
from services.planner.core.outcomes import Lookup, LookupKind


def resource_id(port: FrontPort) -> str:
    """Identity of the target group of that port inside its stack (naming and tags, section 3)."""
    return f"{tags.FRONT_TARGET_GROUP}{port.port}"


def build_target_group(
    inp: StackInput,
    port: FrontPort,
    *,
    behind: Identity,
    front: Identity,
    tagging: Cluster,
    asked: Mapping[str, str],
    findings: Findings,
) -> DesiredFrontGroup:
    """The target group of that port. `tagging`: the installation as far as its default tags count."""
    id_ = resource_id(port)
    standing = _standing(inp, port, behind, front.standing, findings)
    return DesiredFrontGroup(
        resource_id=id_,
        name=standing.name if standing is not None else _fresh_name(inp, port, behind, front),
        target_type="alb",
        protocol="TCP",
        protocol_version=None,
        port=port.port,
        ip_address_type="ipv4",
        health_check=port.health_check,
        tags=tags.resource_tags(cluster=tagging, key=inp.key, resource_id=id_, asked=asked),
        asked_by=port.asked_by,
        listener_port=port.listener_port,
    )


def _standing(
    inp: StackInput, port: FrontPort, behind: Identity, front: LoadBalancer | None, findings: Findings
) -> TargetGroup | None:
    """The target group that stands for the port. While the load balancer behind is still to be made in another one's
    place, what stands goes on to serve that one."""
    found = standing_front_groups(inp, resource_id=resource_id(port), load_balancer=front)
    if behind.standing is None and standing_load_balancers(inp, type_="application"):
        return next(iter(found), None)
    unread = [group.arn for group in found if not inp.inventory.observed_targets(group.arn)]
    if unread:
        findings.ask(Lookup(kind=LookupKind.TARGETS, keys=tuple(sorted(unread))))
    wanted = {Target(id=behind.standing.arn, port=port.listener_port)} if behind.standing is not None else set()
    return next((group for group in found if wanted.issuperset(_targets(inp, group))), None)


def _targets(inp: StackInput, group: TargetGroup) -> set[Target]:
    known = inp.inventory.targets.get(group.arn, {})
    return {target for target, health in known.items() if not health.going}


def _fresh_name(inp: StackInput, port: FrontPort, behind: Identity, front: Identity) -> str:
    def name(extra: str = "") -> str:
        return naming.front_target_group_name(
            cluster=inp.cluster.name,
            key=inp.key,
            port=port.port,
            health_check_port=port.health_check.port,
            health_check_protocol=port.health_check.protocol,
            extra=extra,
        )

    own = name()
    if not target_group_name_taken(inp, own):
        return own
    # The one that it replaces has another target, or is another load balancer's: it differs in one of these.
    target = behind.standing.arn if behind.standing is not None else behind.name
    return name(f"{front.name}{target}{port.listener_port}")
