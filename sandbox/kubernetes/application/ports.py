"""Which ports a container of the sandbox listens on. Pure.

A real image listens where its program says. Here it is every port that the pod or a Service of it speaks of, so that
manifests work as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.kubernetes.client.objects import Object

_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_SERVED = ("TCP", "UDP")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Port:
    number: int
    protocol: str = "TCP"
    """`TCP` or `UDP`, as Kubernetes writes it."""


def parse_port(text: str) -> Port | None:
    """A port as annotations write it: `9000`, `9000/udp`."""
    number, _, protocol = text.partition("/")
    if not (number.isdecimal() and 0 < int(number) < 65536 and protocol.upper() in ("", *_SERVED)):
        return None
    return Port(number=int(number), protocol=protocol.upper() or "TCP")


def ports_of(container: Object, *, first: bool, services: Iterable[Object], more: Iterable[Port]) -> frozenset[Port]:
    """The ports of a container.

    Ports that no container claims, those of Services (`services` are those that select the pod) and of annotations
    (`more`), are the first container's.
    """
    found = {*_declared(container), *_probed(container)}
    if first:
        found |= {*_targeted(services), *more}
    return frozenset(found)


def port_number(container: Object, port: int | str) -> int | None:
    """The number of a port that is given by number or by the name that the container declares for it."""
    if isinstance(port, int):
        return port
    named = (one["containerPort"] for one in container.get("ports") or [] if one.get("name") == port)
    found: int | None = next(named, None)
    return found


def _declared(container: Object) -> Iterator[Port]:
    for one in container.get("ports") or []:
        if one.get("protocol", "TCP") in _SERVED:
            yield Port(number=one["containerPort"], protocol=one.get("protocol", "TCP"))


def _probed(container: Object) -> Iterator[Port]:
    handlers = [container.get(name) or {} for name in _PROBES]
    handlers += [hook for hook in (container.get("lifecycle") or {}).values() if hook]
    for handler in handlers:
        for kind in ("httpGet", "tcpSocket", "grpc"):
            asked = handler.get(kind) or {}
            number = port_number(container, asked["port"]) if "port" in asked and not asked.get("host") else None
            if number is not None:
                yield Port(number=number)


def _targeted(services: Iterable[Object]) -> Iterator[Port]:
    for service in services:
        for one in service["spec"].get("ports") or []:
            target = one.get("targetPort") or one["port"]
            if isinstance(target, int) and one.get("protocol", "TCP") in _SERVED:
                yield Port(number=target, protocol=one.get("protocol", "TCP"))
