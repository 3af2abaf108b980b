"""AWS's own descriptions (elements of Describe answers, keys as in the API models) as core records.

Called for observations and by the fold for the answers of our own calls. A description that lacks a required key is a
fault of the peer and raises `MalformedDescriptionError`, which names the key; what AWS may leave out has a default.
Read-back differences (a single forward given twice, defaulted redirects, values listed twice) are evened out here
(ELBv2 behaviour, section 4.6), so that the diff compares like with like.
"""

from collections.abc import Callable, Mapping

from services.planner.core.parse.acm import certificate, hosted_zone
from services.planner.core.parse.descriptions import Description, Pairs
from services.planner.core.parse.ec2 import (
    interface,
    peer_vpc,
    permissions,
    route_table,
    security_group,
    subnet,
    vpc,
    zone,
)
from services.planner.core.parse.elb import (
    account_limit,
    listener,
    load_balancer,
    rule,
    target_group,
    targets,
    trust_store,
)
from services.planner.core.parse.firewalls import subscription, web_acl
from services.planner.core.parse.forwarding import (
    AUTHENTICATION_CONFIGS,
    CONDITION_CONFIGS,
    actions,
    condition,
    sorted_transforms,
)
from services.planner.core.parse.target_records import target_record
from services.planner.core.updates import Record, RecordKind

__all__ = [
    "AUTHENTICATION_CONFIGS",
    "CONDITION_CONFIGS",
    "MalformedDescriptionError",
    "account_limit",
    "actions",
    "certificate",
    "condition",
    "hosted_zone",
    "interface",
    "listener",
    "load_balancer",
    "parse",
    "peer_vpc",
    "permissions",
    "route_table",
    "rule",
    "security_group",
    "sorted_transforms",
    "subnet",
    "subscription",
    "target_group",
    "target_record",
    "targets",
    "trust_store",
    "vpc",
    "web_acl",
    "zone",
]


class MalformedDescriptionError(ValueError):
    """A description lacks what AWS always gives."""


def parse(
    kind: RecordKind,
    description: Description,
    *,
    tags: Pairs | None = None,
    attributes: Pairs | None = None,
    parent: str = "",
) -> Record | None:
    """The record of one description; None for a listener's default rule, which is part of its listener.

    `tags` and `attributes` are None where they were not read; EC2 descriptions bring their tags themselves.
    """
    try:
        return _PARSERS[kind](description, tags, attributes, parent)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as fault:
        raise MalformedDescriptionError(f"{kind.name.lower()}: {fault!r}") from fault


_PARSERS: Mapping[RecordKind, Callable[[Description, Pairs | None, Pairs | None, str], Record | None]] = {
    RecordKind.LOAD_BALANCER: load_balancer,
    RecordKind.LISTENER: listener,
    RecordKind.RULE: rule,
    RecordKind.TARGET_GROUP: target_group,
    RecordKind.SECURITY_GROUP: security_group,
    RecordKind.SUBNET: subnet,
    RecordKind.ZONE: zone,
    RecordKind.VPC: vpc,
    RecordKind.ROUTE_TABLE: route_table,
    RecordKind.INTERFACE: interface,
    RecordKind.CERTIFICATE: certificate,
    RecordKind.TRUST_STORE: trust_store,
    RecordKind.PEER_VPC: peer_vpc,
    RecordKind.TARGET_RECORD: target_record,
    RecordKind.WEB_ACL: web_acl,
    RecordKind.SUBSCRIPTION: subscription,
    RecordKind.HOSTED_ZONE: hosted_zone,
    RecordKind.ACCOUNT_LIMIT: account_limit,
}
