"""Which listeners a Service's ports become, and the protocols of both sides (service behaviour, sections 6 to 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planner.core.annotations.service_nlb import listeners as catalogue
from services.planner.core.annotations.values import BadValueError, boolean
from services.planner.core.build.service.subject import Subject
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import Cluster
from services.planner.core.objects import ServicePort
from services.planner.core.problems import Reason

_TCP, _UDP, _BOTH, _TLS = "TCP", "UDP", "TCP_UDP", "TLS"
_QUIC = {_UDP: "QUIC", _BOTH: "TCP_QUIC"}
_ENCRYPTED = "ssl"
_FIELD = "spec.ports"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPort:
    """One listener: the port of the Service that it is made of, its `protocol` and that of its target group."""

    port: ServicePort
    protocol: str
    group_protocol: str

    @property
    def secure(self) -> bool:
        """Whether the listener ends TLS."""
        return self.protocol == _TLS

    @property
    def quic(self) -> bool:
        """Whether clients speak QUIC."""
        return self.protocol in _QUIC.values()

    @property
    def name(self) -> str:
        """How annotations of one listener name it."""
        return f"{self.protocol}-{self.port.port}"


def listener_ports(subject: Subject, cluster: Cluster, findings: Findings) -> tuple[ListenerPort, ...]:
    """All listeners, in the order of the Service."""
    _check_protocols(subject, findings)
    _check_secure_ports(subject, findings)
    by_number: dict[int, list[ServicePort]] = {}
    for port in subject.service.ports:
        by_number.setdefault(port.port, []).append(port)
    combine = _combines(subject, cluster)
    return tuple(
        _listener(subject, ports[0], _transport(subject, ports, combine, findings), findings)
        for ports in by_number.values()
    )


def _combines(subject: Subject, cluster: Cluster) -> bool:
    """Whether a TCP and a UDP port of one number share a listener. A value that is no truth value counts as absent."""
    try:
        return boolean(subject.get(catalogue.TCP_UDP_LISTENER) or "")
    except BadValueError:
        return Gate.TCP_UDP_LISTENER in cluster.gates


def _transport(subject: Subject, ports: Sequence[ServicePort], combine: bool, findings: Findings) -> str:
    if len(ports) == 1:
        return ports[0].protocol
    number = ports[0].port
    if not combine:
        message = (
            f"port {number} is given {len(ports)} times, and only the first one ({ports[0].protocol}) gets a listener;"
            f" {catalogue.TCP_UDP_LISTENER.key} makes one listener of TCP and UDP"
        )
        findings.warning(subject.ref, Reason.INVALID_SPEC, message, field=_FIELD)
        return ports[0].protocol
    if sorted(port.protocol for port in ports) != [_TCP, _UDP]:
        listed = ", ".join(port.protocol for port in ports)
        message = f"port {number} is given with {listed}; one listener is made of exactly one TCP and one UDP port"
        findings.problem(subject.ref, Reason.INVALID_SPEC, message, field=_FIELD)
    return _BOTH


def _listener(subject: Subject, port: ServicePort, transport: str, findings: Findings) -> ListenerPort:
    listener, group = transport, transport
    if _is_secure(subject, port, transport):
        listener = _TLS
        group = _TLS if subject.get(catalogue.BACKEND_PROTOCOL) == _ENCRYPTED else group
    quic = subject.get(catalogue.QUIC_PORTS)
    if quic and _is_named(port, quic):
        if listener not in _QUIC:
            message = f"port {port.port} would have a {listener} listener; QUIC is made of UDP and TCP_UDP"
            findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=catalogue.QUIC_PORTS.key)
        listener = group = _QUIC.get(listener, listener)
    return ListenerPort(port=port, protocol=listener, group_protocol=group)


def _is_secure(subject: Subject, port: ServicePort, transport: str) -> bool:
    if not subject.get(catalogue.SSL_CERT) or transport in (_UDP, _BOTH):
        return False
    asked = subject.get(catalogue.SSL_PORTS)
    return not asked or _is_named(port, asked)


def _is_named(port: ServicePort, asked: Sequence[str]) -> bool:
    return str(port.port) in asked or (bool(port.name) and port.name in asked)


def _check_protocols(subject: Subject, findings: Findings) -> None:
    for port in subject.service.ports:
        if port.protocol not in (_TCP, _UDP):
            message = f"port {port.port} is of protocol {port.protocol}; a network load balancer takes TCP and UDP"
            findings.problem(subject.ref, Reason.INVALID_SPEC, message, field=_FIELD)


def _check_secure_ports(subject: Subject, findings: Findings) -> None:
    ports = subject.service.ports
    unused = [a for a in subject.get(catalogue.SSL_PORTS) or () if not any(_is_named(port, (a,)) for port in ports)]
    if unused:
        message = f"the Service has no port {', '.join(unused)}"
        findings.problem(subject.ref, Reason.INVALID_ANNOTATION, message, field=catalogue.SSL_PORTS.key)
