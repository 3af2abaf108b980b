"""Ports of the load balancer in front, and how each one's target is checked (ingress behaviour, section 20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.ingress import frontend_nlb as catalogue
from services.planner.core.annotations.shapes import TRAFFIC_PORT
from services.planner.core.aws import HealthCheck
from services.planner.core.build.listeners import Listening
from services.planner.core.build.merge import Wish, agreed, wishes
from services.planner.core.findings import Findings
from services.planner.core.members import Active
from services.planner.core.objects import ObjectRef

_PATH = "/"
_SUCCESS_CODES = "200"
_INTERVAL_SECONDS = 15
_TIMEOUT_SECONDS = 5
_THRESHOLD = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPort:
    """`port` of the load balancer in front forwards to `listener_port` of the one behind. `asked_by`: the first member
    that wants it."""

    port: int
    listener_port: int
    health_check: HealthCheck
    asked_by: ObjectRef


def front_ports(members: Sequence[Active], listening: Listening, findings: Findings) -> tuple[FrontPort, ...]:
    """The ports of all members, sorted; members that want the same port have to agree on what is behind it. One whose
    listener waits for something is left out."""
    by_port: dict[int, list[tuple[Active, Wish[int]]]] = {}
    for member in members:
        for port, behind in _mapping(member, listening).items():
            wish = Wish(member=member.ref, where=member.ref, field=catalogue.LISTENER_PORT_MAPPING.key, value=behind)
            by_port.setdefault(port, []).append((member, wish))
    ports = (_port(port, by_port[port], findings) for port in sorted(by_port))
    made = {listener.port for listener in listening.listeners}
    return tuple(port for port in ports if port.listener_port in made)


def _mapping(member: Active, listening: Listening) -> dict[int, int]:
    """A port that the member does not listen on is no target."""
    listened = listening.ports[member.ref]
    asked = member.annotated.get(catalogue.LISTENER_PORT_MAPPING) or {port: port for port in listened}
    return {port: behind for port, behind in asked.items() if behind in listened}


def _port(port: int, users: Sequence[tuple[Active, Wish[int]]], findings: Findings) -> FrontPort:
    members = [member for member, _ in users]
    behind = agreed((wish for _, wish in users), findings)
    return FrontPort(
        port=port,
        listener_port=port if behind is None else behind,
        health_check=_health_check(members, findings),
        asked_by=members[0].ref,
    )


def _health_check(members: Sequence[Active], findings: Findings) -> HealthCheck:
    """What a member leaves open is for the others to say."""

    def asked(annotation: Annotation[T], default: T) -> T:
        value = agreed(wishes(members, annotation, of_class=lambda _: None, class_field=""), findings)
        return default if value is None else value

    return HealthCheck(
        protocol=asked(catalogue.HEALTH_CHECK_PROTOCOL, "HTTP"),
        port=asked(catalogue.HEALTH_CHECK_PORT, TRAFFIC_PORT),
        interval_seconds=asked(catalogue.HEALTH_CHECK_INTERVAL_SECONDS, _INTERVAL_SECONDS),
        timeout_seconds=asked(catalogue.HEALTH_CHECK_TIMEOUT_SECONDS, _TIMEOUT_SECONDS),
        healthy_threshold=asked(catalogue.HEALTH_CHECK_HEALTHY_THRESHOLD_COUNT, _THRESHOLD),
        unhealthy_threshold=asked(catalogue.HEALTH_CHECK_UNHEALTHY_THRESHOLD_COUNT, _THRESHOLD),
        path=asked(catalogue.HEALTH_CHECK_PATH, _PATH),
        http_codes=asked(catalogue.HEALTH_CHECK_SUCCESS_CODES, _SUCCESS_CODES),
    )
