"""Stand-ins for what nobody knows before an object exists, put into it before it is planned. Used by `supposition`.

Plans made with different stand-ins differ in nothing but what depends on them (`core.preview`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from services.planner.core.objects import Service
from services.planner.view.objects import Object

# Node ports come from 30000-32767 (Kubernetes, Service): both sets of stand-ins lie in that range, at its two ends, so
# that their order among other ports is that of the real ones, or differs between the sets. The distance keeps two of
# them from being neighbours, which rules would take together.
_FIRST_PORTS, _SPREAD, _PORT_DISTANCE = (30_000, 31_600), 1_000, 4
_NO_GENERATION = 1_000_000


class Guess(StrEnum):
    """One of the two sets of stand-ins; the value is a word that nothing real contains, and marks ids."""

    ONE = "elbowguessone"
    OTHER = "elbowguessother"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An object that would be applied. `created`: it does not exist yet, its UID is made up; `node_ports`: those in it
    that the API server made up."""

    thing: Object
    created: bool = False
    node_ports: Collection[int] = ()


def guessed(given: Given, number: int, guess: Guess) -> Object:
    """The object as it may be once it is applied. `number` tells objects of one preview apart."""
    thing, other = given.thing, guess is Guess.OTHER
    meta = replace(
        thing.meta,
        uid=f"{guess}{number}" if given.created else thing.meta.uid,
        resource_version=f"{guess}{number}",
        generation=_NO_GENERATION + other,
    )
    if isinstance(thing, Service) and given.node_ports:
        return _with_node_ports(replace(thing, meta=meta), sorted(given.node_ports), number, other)
    return replace(thing, meta=meta)


def _with_node_ports(service: Service, made_up: list[int], number: int, other: bool) -> Service:
    first = _FIRST_PORTS[other] + number * 100 % _SPREAD
    ports = {port: first + i * _PORT_DISTANCE for i, port in enumerate(made_up)}
    return replace(
        service,
        ports=tuple(replace(p, node_port=ports.get(p.node_port, p.node_port)) for p in service.ports),
        health_check_node_port=ports.get(service.health_check_node_port, service.health_check_node_port),
    )
