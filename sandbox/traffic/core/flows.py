"""How a network load balancer spreads flows: which group, which target, under which address it speaks to it."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.traffic.configuration import Forward, Target, TargetGroup
from sandbox.traffic.core.algorithms import pick_group

_PRESERVE = "preserve_client_ip.enabled"
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_TCP_IDLE = "tcp.idle_timeout.seconds"
DATAGRAM_IDLE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A connection, or the datagrams of one client's port, as far as it is hashed."""

    protocol: str
    """`tcp` or `udp`."""
    client: str
    client_port: int
    node: str
    """The zone whose address the client dialled."""
    port: int
    sequence: int = 0
    """Of a connection its first sequence number, by which two from one port differ; of datagrams nothing."""

    @property
    def identity(self) -> bytes:
        """What the flow is hashed by."""
        return repr((self.protocol, self.client, self.client_port, self.node, self.port, self.sequence)).encode()


def group_of(action: Forward, flow: Flow) -> str | None:
    """ARN of the flow's group, by weight; a client stays with its group where the action wants it so."""
    key = flow.identity if action.sticky_seconds is None else flow.client.encode()
    return pick_group({group.arn: group.weight for group in action.groups}, _number(b"group", key) / (1 << 64))


def target_of(group: TargetGroup, targets: Sequence[Target], flow: Flow) -> Target:
    """The flow's target among those given, of which there is at least one.

    Each flow has an order of its own over all targets, so that one more or less moves only that target's flows.
    """
    key = flow.client.encode() if group.is_on("stickiness.enabled") else flow.identity
    return max(targets, key=lambda target: _number(target.key.encode(), key))


def _number(salt: bytes, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8, key=salt[:64]).digest(), "big")


def preserves_client(group: TargetGroup) -> bool:
    """Whether targets see the client's address as that of their peer."""
    if group.protocol in ("UDP", "TCP_UDP"):
        return True
    return group.is_on(_PRESERVE, default=group.target_type == "instance")


def source_address(client: str) -> str | None:
    """The loopback address that stands for a client when its address is preserved; None where there is none.

    A client on loopback stands for itself; any other keeps the last three numbers of its address.
    """
    address = ipaddress.ip_address(client)
    if address.version != 4:
        return None
    return client if address in _LOOPBACK else f"127.{client.partition('.')[2]}"


def idle_seconds(protocol: str, attributes: Mapping[str, str]) -> float:
    """Seconds without data after which a flow of a listener is forgotten."""
    if protocol == "TCP":
        return float(attributes.get(_TCP_IDLE) or 350)
    return 350.0
