"""What a container's probes ask, when, and what follows from their results (Kubernetes documentation, "Probes").

Pure.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from sandbox.kubernetes.application.ports import port_number
from sandbox.kubernetes.client.objects import Object
from sandbox.kubernetes.kubelet.commands import Outcome, outcome_of


class Kind(StrEnum):
    STARTUP = "startup"
    LIVENESS = "liveness"
    READINESS = "readiness"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGet:
    port: int
    path: str = "/"
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    host: str = ""
    """Where to connect to; empty for the pod itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSocket:
    port: int
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exec:
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What the sandbox cannot do; the container counts as if it had no such probe or hook."""

    reason: str


Action = HttpGet | TcpSocket | Exec | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One probe with the API's defaults filled in. Times are sandbox seconds."""

    kind: Kind
    action: Action
    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3
    grace: float | None = None
    """Termination grace period of a container that this probe ends; None for the pod's."""

    def next_due(self, ran: float) -> float:
        """Seconds after the container's start at which the probe runs next, when it last ran, or could have, at `ran`.

        Like a kubelet's, probes run at multiples of their period, the first of them not within the initial delay.
        """
        if ran < 0:
            return math.ceil(self.initial_delay / self.period) * self.period
        return (math.floor(ran / self.period) + 1) * self.period


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The results of one probe in one run of its container."""

    verdict: bool | None = None
    """What the thresholds make of the results; None before the first decision."""
    latest: bool | None = None
    in_a_row: int = 0

    def after(self, probe: Probe, succeeded: bool) -> "Tally":
        in_a_row = self.in_a_row + 1 if succeeded == self.latest else 1
        decided = in_a_row >= (probe.successes if succeeded else probe.failures)
        return Tally(verdict=succeeded if decided else self.verdict, latest=succeeded, in_a_row=in_a_row)


def probes_of(container: Object) -> dict[Kind, Probe]:
    """The probes of a container, those among them that cannot be run."""
    return {kind: _probe(container, kind, container[f"{kind}Probe"]) for kind in Kind if container.get(f"{kind}Probe")}


def action_of(container: Object, handler: Object) -> Action:
    """What a probe or a lifecycle hook does."""
    if handler.get("httpGet") is not None:
        return _http_get(container, handler["httpGet"])
    if handler.get("tcpSocket") is not None:
        asked = handler["tcpSocket"]
        port = port_number(container, asked["port"])
        return _no_port(asked["port"]) if port is None else TcpSocket(port=port, host=asked.get("host") or "")
    if handler.get("exec") is not None:
        command = handler["exec"].get("command") or []
        outcome = outcome_of(command)
        if outcome is None:
            return Unknown(reason=f"there is no image in which to run {' '.join(command)!r}")
        return Exec(outcome=outcome)
    return Unknown(reason=f"the sandbox's pods do not speak {', '.join(handler) or 'this protocol'}")


def _probe(container: Object, kind: Kind, given: Object) -> Probe:
    handlers = ("exec", "httpGet", "tcpSocket", "grpc")
    return Probe(
        kind=kind,
        action=action_of(container, {name: given[name] for name in handlers if name in given}),
        initial_delay=float(given.get("initialDelaySeconds") or 0),
        period=float(given.get("periodSeconds") or 10),
        timeout=float(given.get("timeoutSeconds") or 1),
        successes=given.get("successThreshold") or 1,
        failures=given.get("failureThreshold") or 3,
        grace=given.get("terminationGracePeriodSeconds"),
    )


def _http_get(container: Object, asked: Object) -> Action:
    port = port_number(container, asked["port"])
    if port is None:
        return _no_port(asked["port"])
    return HttpGet(
        port=port,
        path=asked.get("path") or "/",
        tls=asked.get("scheme") == "HTTPS",
        headers=tuple((one["name"], one.get("value", "")) for one in asked.get("httpHeaders") or []),
        host=asked.get("host") or "",
    )


def _no_port(name: object) -> Unknown:
    return Unknown(reason=f"the container has no port named {name!r}")
