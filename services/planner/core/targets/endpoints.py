"""Endpoints of a Service as ip targets (targets and readiness, section 2)."""

from dataclasses import dataclass

from services.planner.core.aws import Target
from services.planner.core.gates import Gate
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Endpoint, EndpointSlice, Node, Pod, Service, ServicePort


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTarget:
    """A target that is a pod."""

    target: Target
    pod: Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Wanted pods, sorted by target; `leaving`: targets whose endpoint or pod is terminating, wanted or not known."""

    wanted: tuple[PodTarget, ...]
    leaving: frozenset[Target]


_QUIC = ("QUIC", "TCP_QUIC")


def service_port(service: Service, reference: int | str) -> ServicePort | None:
    """The Service's port by number or name; None when there is none such."""
    return next((p for p in service.ports if reference in (p.port, p.name) and reference != ""), None)


def pod_endpoints(inp: BindingInput, port: ServicePort) -> Endpoints:
    """Endpoints that are to be targets, and those on their way out.

    Nodes that are not Ready count only where no other endpoint is left (fail open).
    """
    included: dict[Target, Pod] = {}
    fallback: dict[Target, Pod] = {}
    leaving: set[Target] = set()
    family = "IPv6" if inp.binding.ip_address_type == "ipv6" else "IPv4"
    for slice_ in sorted(inp.slices, key=lambda s: (s.meta.namespace, s.meta.name)):
        if slice_.address_type != family:
            continue
        for target, endpoint, pod in _pairs(inp, slice_, port):
            if endpoint.terminating or pod is None or pod.meta.deleting:
                leaving.add(target)
                continue
            place = _place(endpoint, pod, inp.nodes.get(pod.node_name))
            if place == "included":
                included[target] = pod
            elif place == "fallback":
                fallback[target] = pod
    fails_open = Gate.ENDPOINTS_FAIL_OPEN in inp.cluster.gates
    chosen = included or (fallback if fails_open else {})
    wanted = tuple(PodTarget(target=t, pod=p) for t, p in sorted(chosen.items()))
    return Endpoints(wanted=wanted, leaving=frozenset(leaving - chosen.keys()))


def _pairs(inp: BindingInput, slice_: EndpointSlice, port: ServicePort) -> list[tuple[Target, Endpoint, Pod | None]]:
    found = []
    for slice_port in slice_.ports:
        if port.name and slice_port.name != port.name:
            continue
        for endpoint in slice_.endpoints:
            if endpoint.target_kind != "Pod" or not endpoint.addresses or not slice_port.port:
                continue
            pod = inp.pods.get((slice_.meta.namespace, endpoint.target_name))
            if pod is not None and endpoint.target_uid not in ("", pod.meta.uid):
                pod = None
            quic = pod.quic_server_id(slice_port.port) if pod is not None and _speaks_quic(inp) else ""
            target = Target(id=endpoint.addresses[0], port=slice_port.port, quic_id=quic)
            if quic or pod is None or not _speaks_quic(inp):
                found.append((target, endpoint, pod))
    return found


def _speaks_quic(inp: BindingInput) -> bool:
    """Whether targets need a server id; an endpoint without one is no target."""
    return inp.binding.target_group_protocol in _QUIC


def _place(endpoint: Endpoint, pod: Pod, node: Node | None) -> str:
    """Where a living endpoint belongs: `included`, `fallback` or nowhere."""
    if endpoint.ready is None or endpoint.ready:
        return "included"
    ready = pod.conditions.get("ContainersReady")
    if ready is None or ready.status != "True" or node is None:
        return ""
    return {"True": "included", "Unknown": "fallback"}.get(node.ready, "")
