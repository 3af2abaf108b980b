"""What a binding wants registered, whatever its target type."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planner.core.aws import Target
from services.planner.core.gates import Gate
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, Node, ObjectRef, Pod, Service, ServicePort
from services.planner.core.problems import Problem, Reason
from services.planner.core.targets.endpoints import pod_endpoints, service_port
from services.planner.core.targets.instances import instance_id, suitable_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Targets with the pod or node behind each, in a fixed order; `leaving`: known to go. `missing`: why there are none
    at all."""

    pods: Mapping[Target, Pod] = field(default_factory=dict)
    nodes: Mapping[Target, Node] = field(default_factory=dict)
    leaving: frozenset[Target] = frozenset()
    missing: str = ""

    @property
    def targets(self) -> frozenset[Target]:
        """All wanted targets."""
        return frozenset({*self.pods, *self.nodes})

    def without(self, targets: frozenset[Target]) -> "Wanted":
        """The same but for some targets."""
        if not targets:
            return self
        pods = {t: p for t, p in self.pods.items() if t not in targets}
        nodes = {t: n for t, n in self.nodes.items() if t not in targets}
        return Wanted(pods=pods, nodes=nodes, leaving=self.leaving, missing=self.missing)


def wanted_targets(inp: BindingInput) -> Wanted | Problem:
    """The targets of a binding that was made complete, or what is wrong with it.

    A Service or port that is not there is no error of the binding: it wants nothing then, and says why.
    """
    if inp.service is None:
        return Wanted(missing=f"Service {inp.key.namespace}/{inp.binding.service_name} not found")
    port = service_port(inp.service, inp.binding.service_port)
    if port is None:
        return Wanted(missing=f"port {inp.binding.service_port} not found on Service {inp.binding.service_name}")
    if inp.binding.target_type == "ip":
        endpoints = pod_endpoints(inp, port)
        return Wanted(pods={e.target: e.pod for e in endpoints.wanted}, leaving=endpoints.leaving)
    return _instances(inp, inp.service, port)


def _instances(inp: BindingInput, service: Service, port: ServicePort) -> Wanted | Problem:
    if service.type not in ("NodePort", "LoadBalancer"):
        return _problem(inp, f"Service {service.meta.name} is {service.type}: instance targets need a node port")
    if not port.node_port:
        return _problem(inp, f"Service {service.meta.name} has no node port for port {port.port}")
    nodes: dict[Target, Node] = {}
    for node in suitable_nodes(
        inp.nodes, inp.binding.node_selector, fail_open=Gate.ENDPOINTS_FAIL_OPEN in inp.cluster.gates
    ):
        instance = instance_id(node)
        if instance is None:
            return _problem(inp, f"node {node.meta.name} has provider id {node.provider_id!r}, which names no instance")
        nodes[Target(id=instance, port=port.node_port)] = node
    return Wanted(nodes=nodes)


def _problem(inp: BindingInput, message: str) -> Problem:
    where = ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace=inp.key.namespace, name=inp.key.name)
    return Problem(where=where, reason=Reason.INVALID_SPEC, message=message)
