"""Annotation values with a meaning of their own, and the bounds that AWS sets to them (ELBv2 API Reference).

Called by the catalogue and, for the same values under another name, by the parameters of an IngressClass. What AWS
would refuse in the middle of a plan is refused here, where the user looks.
"""

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum

from services.planner.core import tags
from services.planner.core.annotations.values import (
    BadValueError,
    boolean,
    choice,
    integer,
    json_list,
    quoted,
    string_list,
    string_map,
)

GROUP_NAME = re.compile(r"([a-z0-9][-a-z0-9.]*)?[a-z0-9]")
MAX_GROUP_NAME = 63
MAX_LOAD_BALANCER_NAME = 32
MAX_PORT = 65535
TRAFFIC_PORT = "traffic-port"

_LOAD_BALANCER_NAME = re.compile(r"[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?")
_ATTRIBUTE_KEY = re.compile(r"[a-zA-Z0-9._]{1,256}")
_CODES = r"\s*\d{1,3}\s*(-\s*\d{1,3}\s*)?"
_SUCCESS_CODES = re.compile(rf"{_CODES}(,{_CODES})*", re.ASCII)
_CERTIFICATE = re.compile(r"arn:[a-z0-9-]+:(acm:[a-z0-9-]*:\d*:certificate|iam::\d*:server-certificate)/\S+")
_AUTHORITY = re.compile(r"arn:[a-z0-9-]+:acm-pca:[a-z0-9-]*:\d*:certificate-authority/\S+")
_SSL_POLICY = "ELBSecurityPolicy-"
_MAX_PATH = 1024
_MAX_ATTRIBUTE_VALUE = 1024

ROUTING_POLICY = "dns_record.client_routing_policy"
PRESERVE_CLIENT_IP = "preserve_client_ip.enabled"

port = integer(1, MAX_PORT)
_units = integer(0)
_CAPACITY_UNITS = "CapacityUnits"
_routing_policy = choice("availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone")


class ListenerProtocol(StrEnum):
    """Protocol of a listener, as `listen-ports` spells it."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"


def group_name(text: str) -> str:
    """Name of an ingress group (ingress behaviour, section 3)."""
    if len(text) > MAX_GROUP_NAME or not GROUP_NAME.fullmatch(text):
        raise BadValueError(
            "accepted are up to 63 lower-case letters, digits, - and ., with a letter or digit at each end"
        )
    return text


def load_balancer_name(text: str) -> str:
    """Name of a load balancer (ELBv2 API, CreateLoadBalancer)."""
    good = len(text) <= MAX_LOAD_BALANCER_NAME and _LOAD_BALANCER_NAME.fullmatch(text)
    if not good or text.startswith("internal-"):
        raise BadValueError(
            "accepted are up to 32 letters, digits and hyphens, no hyphen at either end, not starting with internal-"
        )
    return text


def listen_ports(text: str) -> Mapping[int, ListenerProtocol]:
    """Protocol by port, sorted by port (ingress behaviour, section 4.2)."""
    refusal = 'accepted is a JSON list such as [{"HTTP": 80}, {"HTTPS": 443}], with ports from 1 to 65535'
    found: dict[int, ListenerProtocol] = {}
    for entry in json_list(text):
        if not isinstance(entry, dict):
            raise BadValueError(refusal)
        for protocol, number in entry.items():
            if protocol not in ListenerProtocol.__members__ or type(number) is not int or not 1 <= number <= MAX_PORT:
                raise BadValueError(refusal)
            if found.setdefault(number, ListenerProtocol(protocol)) != protocol:
                raise BadValueError(f"port {number} is given with two protocols")
    if not found:
        raise BadValueError(refusal)
    return dict(sorted(found.items()))


def tag_map(text: str) -> Mapping[str, str]:
    """Tags, sorted by key."""
    return checked_tags(string_map(text))


def checked_tags(pairs: Mapping[str, str]) -> Mapping[str, str]:
    """The tags, sorted by key, if AWS takes them."""
    for key, value in pairs.items():
        if len(key) > tags.MAX_KEY_LENGTH or len(value) > tags.MAX_VALUE_LENGTH:
            limits = f"keys of up to {tags.MAX_KEY_LENGTH} and values of up to {tags.MAX_VALUE_LENGTH} characters"
            raise BadValueError(f"accepted are {limits}")
        if key.lower().startswith(tags.RESERVED_PREFIX):
            raise BadValueError(f'tag keys that start with "{tags.RESERVED_PREFIX}" belong to AWS')
    return dict(sorted(pairs.items()))


def attribute_map(text: str) -> Mapping[str, str]:
    """Attributes of a load balancer or target group, sorted by key."""
    return checked_attributes(string_map(text))


def checked_attributes(pairs: Mapping[str, str]) -> Mapping[str, str]:
    """The attributes, sorted by key, if their keys can be attribute keys."""
    for key, value in pairs.items():
        if not _ATTRIBUTE_KEY.fullmatch(key) or len(value) > _MAX_ATTRIBUTE_VALUE:
            raise BadValueError(
                "accepted are attribute keys of letters, digits, . and _, and values of up to 1024 characters"
            )
    return dict(sorted(pairs.items()))


def network_attribute_map(text: str) -> Mapping[str, str]:
    """Attributes of a network load balancer, sorted by key (service behaviour, section 13)."""
    pairs = attribute_map(text)
    if ROUTING_POLICY in pairs:
        _routing_policy(pairs[ROUTING_POLICY])
    return pairs


def target_group_attribute_map(text: str) -> Mapping[str, str]:
    """Attributes of a network load balancer's target group, sorted by key (service behaviour, section 10)."""
    pairs = attribute_map(text)
    if pairs.get(PRESERVE_CLIENT_IP):
        boolean(pairs[PRESERVE_CLIENT_IP])
    return pairs


def capacity_units(text: str) -> int:
    """Capacity that is reserved, in load balancer capacity units; 0 reserves none (ingress behaviour, section 17)."""
    pairs = string_map(text)
    if pairs.keys() != {_CAPACITY_UNITS}:
        raise BadValueError(f"accepted is {_CAPACITY_UNITS}=<number>")
    return _units(pairs[_CAPACITY_UNITS])


def port_list(text: str) -> frozenset[int]:
    """Port numbers between commas."""
    return frozenset(port(item) for item in string_list(text))


def port_mapping(text: str) -> Mapping[int, int]:
    """Ports by port, sorted (ingress behaviour, section 20)."""
    try:
        return dict(sorted((port(front), port(behind)) for front, behind in string_map(text).items()))
    except BadValueError:
        refusal = f"accepted are pairs of ports such as 80=8080, separated by commas, from 1 to {MAX_PORT}"
        raise BadValueError(refusal) from None


def address_ranges(text: str) -> tuple[str, ...]:
    """Address ranges between commas, as `address_range` gives them."""
    return tuple(address_range(item) for item in string_list(text))


def address_range(text: str) -> str:
    """One IPv4 or IPv6 range as EC2 keeps it: bits behind the prefix are zero."""
    refusal = f"{quoted(text)} is no address range; accepted are ranges such as 10.0.0.0/16"
    address, slash, _ = text.partition("/")
    if not slash or "%" in address:
        raise BadValueError(refusal)
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise BadValueError(refusal) from None


def prefix_lists(text: str) -> tuple[str, ...]:
    """Ids of prefix lists between commas."""
    return checked_prefix_lists(string_list(text))


def checked_prefix_lists(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids, if they can be ids of prefix lists."""
    for id_ in ids:
        if not id_.startswith("pl-"):
            raise BadValueError(
                f"{quoted(id_)} is no id of a prefix list; accepted are ids such as pl-0123456789abcdef0"
            )
    return ids


def certificate_arns(text: str) -> tuple[str, ...]:
    """ARNs of certificates between commas, in their order."""
    return checked_certificates(string_list(text))


def checked_certificates(arns: tuple[str, ...]) -> tuple[str, ...]:
    """The ARNs, if they can be ARNs of certificates."""
    for arn in arns:
        if not _CERTIFICATE.fullmatch(arn):
            raise BadValueError(f"{quoted(arn)} is no ARN of a certificate of ACM or IAM")
    return arns


def certificate_authority(text: str) -> str:
    """ARN of a private certificate authority."""
    if not _AUTHORITY.fullmatch(text):
        raise BadValueError("accepted is the ARN of a private certificate authority")
    return text


def ssl_policy(text: str) -> str:
    """Name of a security policy; which ones there are is AWS's to say."""
    if not text.startswith(_SSL_POLICY):
        raise BadValueError(f"accepted are names of security policies, which start with {_SSL_POLICY}")
    return text


def health_check_port(text: str) -> int | str:
    """`traffic-port`, a port number, or the name of a Service port."""
    if text == TRAFFIC_PORT:
        return text
    if text.lstrip("+-").isdecimal():
        return port(text)
    if not text.strip():
        raise BadValueError("accepted are traffic-port, a port number, or the name of a port of the Service")
    return text


def front_health_check_port(text: str) -> str:
    """`traffic-port` or a port number, as AWS takes it (ingress behaviour, section 20)."""
    if text == TRAFFIC_PORT:
        return text
    try:
        return str(port(text))
    except BadValueError:
        raise BadValueError(f"accepted are traffic-port and port numbers from 1 to {MAX_PORT}") from None


def health_check_path(text: str) -> str:
    """A path that AWS takes."""
    if not text.startswith("/") or len(text) > _MAX_PATH:
        raise BadValueError(f"accepted are paths that start with / and have up to {_MAX_PATH} characters")
    return text


def success_codes(text: str) -> str:
    """HTTP or gRPC codes as AWS takes them: single ones, lists and ranges; which numbers are valid is AWS's to say."""
    if not _SUCCESS_CODES.fullmatch(text):
        raise BadValueError("accepted are codes such as 200, 200,202 or 200-299")
    return text
