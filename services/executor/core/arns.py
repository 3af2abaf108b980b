"""What an Elastic Load Balancing ARN says: kind, name, parents.

Source: Service Authorization Reference, resource types of Elastic Load Balancing V2: a listener's ARN holds its load
balancer's, a rule's its listener's.
"""

from enum import Enum


class ArnKind(Enum):
    """The kinds that the executor touches; the values are the ARN's own words."""

    LOAD_BALANCER = "loadbalancer"
    LISTENER = "listener"
    RULE = "listener-rule"
    TARGET_GROUP = "targetgroup"


_PARTS_OF_LOAD_BALANCER = 4  # kind / app or net / name / id


def kind_of(arn: str) -> ArnKind | None:
    """The kind, None for anything else than an ARN of these kinds."""
    prefix, _, resource = arn.partition(":elasticloadbalancing:")
    if prefix.partition(":")[0] != "arn" or not resource:
        return None
    word = resource.rpartition(":")[2].partition("/")[0]
    return next((kind for kind in ArnKind if kind.value == word), None)


def name_of(arn: str) -> str:
    """The name of the load balancer or target group in the ARN; the ARN itself when it has none."""
    parts = arn.rpartition(":")[2].split("/")
    position = 1 if kind_of(arn) is ArnKind.TARGET_GROUP else 2
    return parts[position] if len(parts) > position else arn


def owner_of(arn: str) -> str:
    """The resource whose tag counts: for a listener or rule its load balancer, else the resource itself."""
    if kind_of(arn) not in {ArnKind.LISTENER, ArnKind.RULE}:
        return arn
    head, _, resource = arn.rpartition(":")
    parts = resource.split("/")
    return f"{head}:" + "/".join((ArnKind.LOAD_BALANCER.value, *parts[1:_PARTS_OF_LOAD_BALANCER]))


def is_certificate(arn: str) -> bool:
    """Whether it is the ARN of a certificate in ACM (Service Authorization Reference, ACM)."""
    return arn.startswith("arn:") and ":acm:" in arn and ":certificate/" in arn
