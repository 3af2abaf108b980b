"""In which hosted zone of Route 53 a name is answered (Route 53 developer guide, routing DNS queries)."""

from collections.abc import Iterable

from services.planner.core.aws import HostedZone

_WILDCARD = "*."


def zone_of(name: str, zones: Iterable[HostedZone]) -> HostedZone | None:
    """The public zone with the longest name that the domain name is in."""
    domain = name.rstrip(".").removeprefix(_WILDCARD)
    found = [z for z in zones if not z.private and (domain == z.name or domain.endswith(f".{z.name}"))]
    return max(found, key=lambda z: (len(z.name), z.id), default=None)
