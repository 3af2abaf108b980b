"""Annotation values that only a network load balancer has (service behaviour, sections 4 and 5)."""

import ipaddress

from services.planner.core.annotations.values import BadValueError, string_list

AUTO_ASSIGNED = "auto_assigned"
_SOURCE_NAT_LENGTH = 80
_PREFIX_LIST = "pl-"


def ipv4_addresses(text: str) -> tuple[ipaddress.IPv4Address, ...]:
    """IPv4 addresses between commas."""
    found = []
    for item in string_list(text):
        try:
            found.append(ipaddress.IPv4Address(item))
        except ValueError:
            raise BadValueError(f'"{item}" is no IPv4 address; accepted are addresses such as 10.0.0.10') from None
    return tuple(found)


def ipv6_addresses(text: str) -> tuple[ipaddress.IPv6Address, ...]:
    """IPv6 addresses between commas."""
    found = []
    for item in string_list(text):
        try:
            address = ipaddress.IPv6Address(item)
        except ValueError:
            address = None
        if address is None or address.scope_id is not None:
            raise BadValueError(f'"{item}" is no IPv6 address; accepted are addresses such as 2001:db8::10')
        found.append(address)
    return tuple(found)


def source_nat_prefixes(text: str) -> tuple[ipaddress.IPv6Network | None, ...]:
    """Prefixes of length 80 between commas, None for one that AWS is to choose (`auto_assigned`)."""
    return tuple(None if item == AUTO_ASSIGNED else _source_nat_prefix(item) for item in string_list(text))


def _source_nat_prefix(item: str) -> ipaddress.IPv6Network:
    refusal = f'"{item}" is no prefix of length 80; accepted are such as 2001:db8::/80, and {AUTO_ASSIGNED}'
    try:
        network = ipaddress.IPv6Network(item)
    except ValueError:
        raise BadValueError(refusal) from None
    if network.prefixlen != _SOURCE_NAT_LENGTH:
        raise BadValueError(refusal)
    return network


def prefix_lists(text: str) -> tuple[str, ...]:
    """Ids of prefix lists between commas, each once."""
    found = string_list(text)
    for item in found:
        if not item.startswith(_PREFIX_LIST):
            raise BadValueError(f'"{item}" is no id of a prefix list; accepted are ids such as pl-0123456789abcdef0')
    return tuple(dict.fromkeys(found))
