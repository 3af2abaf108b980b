"""The parts of what the data plane is told: load balancers, listeners and target groups, as their nodes know them.

Everything is JSON data; actions, conditions and transforms keep the shapes of the Describe operations. The data plane
has the parts from `dataplane`, which also sees to it that they come as late as in AWS.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2 import health as courses
from sandbox.aws.elbv2.delays import Delays
from sandbox.aws.elbv2.health import Health, Standing
from sandbox.aws.elbv2.model import Listener, LoadBalancer, Rule, Target, TargetGroup
from sandbox.aws.elbv2.neighbours import KeyedCertificate
from sandbox.aws.elbv2.operations.attributes import attributes_of

Part = dict[str, Any]


def load_balancer(balancer: LoadBalancer, state: str, listeners: Sequence[Part]) -> Part:
    """With the listeners that its nodes know."""
    return {
        "arn": balancer.arn,
        "name": balancer.name,
        "dnsName": balancer.dns_name,
        "type": balancer.type,
        "scheme": balancer.scheme,
        "ipAddressType": balancer.ip_address_type,
        "state": state,
        "zones": [
            {
                "name": zone.name,
                "subnet": zone.subnet_id,
                "addresses": [one for one in (zone.address, zone.public_address) if one],
            }
            for zone in balancer.zones
        ],
        "attributes": attributes_of(balancer),
        "listeners": list(listeners),
    }


def listener(one: Listener, certificates: Mapping[str, KeyedCertificate]) -> Part:
    """`certificates` are those that have a key, by ARN."""
    arns = [arn for arn in (one.certificate, *one.extra_certificates) if arn is not None and arn in certificates]
    return {
        "arn": one.arn,
        "port": one.port,
        "protocol": one.protocol,
        "sslPolicy": one.ssl_policy,
        "alpnPolicy": list(one.alpn),
        "attributes": attributes_of(one),
        "mutualAuthentication": one.mutual_authentication,
        "certificates": [
            {
                "arn": arn,
                "default": arn == one.certificate,
                "certificate": certificates[arn].chain,
                "key": certificates[arn].key,
            }
            for arn in arns
        ],
        "rules": [_rule(rule) for rule in one.all_rules],
    }


def _rule(rule: Rule) -> Part:
    shown = describe.rule(rule)
    return {
        "arn": rule.arn,
        "priority": shown["Priority"],
        "conditions": shown["Conditions"],
        "actions": shown["Actions"],
        "transforms": shown["Transforms"],
    }


def target_group(group: TargetGroup, targets: Sequence[Part]) -> Part:
    return {
        "name": group.name,
        "protocol": group.protocol,
        "protocolVersion": group.protocol_version,
        "port": group.port,
        "targetType": group.target_type,
        "ipAddressType": group.ip_address_type,
        "attributes": attributes_of(group),
        "targets": list(targets),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A target as the nodes of its load balancer know it."""

    health: str
    receives: bool
    until: float
    """When that changes by itself; infinite when it does not."""


def seen(target: Target, shown: Health, standing: Standing, delays: Delays, now: float) -> Seen:
    """`shown` is what DescribeTargetHealth says of it, `standing` what that follows from."""
    course, network = target.course, standing.network
    begins = course.begins(standing)
    if begins is None or standing.unusable is not None:
        return Seen(health="unused", receives=False, until=math.inf)
    times, known, receives = [begins], shown.state, now >= begins
    if course.verdict_at is not None:
        noticed = course.verdict_at + delays.unhealthy(network=network)
        times += [noticed, course.verdict_at + standing.unhealthy_draining_seconds]
        if course.verdict_before and now < noticed:
            known = "healthy"
    if course.deregistered_at is not None:
        heard = course.deregistered_at + delays.deregister(network=network)
        times += [heard, course.drained_at or heard]
        receives = receives and now < heard
        # Nodes that have not heard of it go by its health.
        known = courses.judged(course, standing, now).state if now < heard else "draining"
    return Seen(health=known, receives=receives, until=min((one for one in times if one > now), default=math.inf))


def target(one: Target, as_seen: Seen) -> Part:
    course = one.course
    healthy = as_seen.health == "healthy"
    since = course.verdict_at if course.verdict else course.in_use_since
    return {
        "id": one.id,
        "port": one.port,
        "zone": one.zone or one.detected_zone or "all",
        "address": one.host or one.id,
        "health": as_seen.health,
        "receives": as_seen.receives,
        "healthySince": since if healthy else None,
        "drainsUntil": course.drained_at,
    }
