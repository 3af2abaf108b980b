"""What an object refers to: the values by which the view finds it again. Pure; used by `cluster` and `wakes`."""

from collections.abc import Iterator

from services.planner.core.annotations.annotated import annotated
from services.planner.core.annotations.service_nlb.listeners import ACTIONS
from services.planner.core.groups import current_group, groups_by_finalizer, own_group
from services.planner.core.groups import finalizer as group_finalizer
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import (
    ConfigMap,
    EndpointSlice,
    Ingress,
    Kind,
    Node,
    Pod,
    Service,
    TargetGroupBinding,
)
from services.planner.core.records import key_of_record
from services.planner.core.references import secret_names, service_names
from services.planner.core.service_ownership import FINALIZER as SERVICE_FINALIZER
from services.planner.core.targets.readiness import binding_name, closed_gates
from services.planner.view.objects import Name

_STACK_LABELS = tuple((kind, f"{kind}.k8s.aws/") for kind in StackKind)


def groups_of_ingress(ingress: Ingress) -> Iterator[StackKey]:
    """Groups that the Ingress itself names: the one it asks for, or is, and those of its finalizers (ingress behaviour,
    section 3). The group that its class names is not among them."""
    yield from sorted({current_group(ingress, None) or own_group(ingress), *groups_by_finalizer(ingress)})


def finalizer_of(stack: StackKey) -> str:
    """The finalizer that members of the stack carry while it has something in AWS."""
    return SERVICE_FINALIZER if stack.kind is StackKind.SERVICE else group_finalizer(stack)


def stack_of_service(service: Service) -> StackKey:
    """The stack that a Service is when it asks for a load balancer."""
    return StackKey(kind=StackKind.SERVICE, namespace=service.meta.namespace, name=service.meta.name)


def services_of_service(service: Service) -> Iterator[Name]:
    """Other Services that a Service's weighted actions name."""
    owner = annotated(Kind.SERVICE, service.meta)
    targets = (target for action in owner.family(ACTIONS).values() for target in action.targets)
    for name in sorted({target.service_name for target in targets if target.service_name}):
        yield service.meta.namespace, name


def namespace_of_service(service: Service) -> Iterator[str]:
    """The namespace of a Service."""
    yield service.meta.namespace


def secrets_of_owner(owner: Ingress | Service) -> Iterator[Name]:
    """Secrets that the annotations of an object name."""
    for name in sorted(secret_names(owner)):
        yield owner.meta.namespace, name


def services_of_ingress(ingress: Ingress) -> Iterator[Name]:
    """Services that an Ingress forwards to, by its backends or by the actions that they name."""
    for name in sorted(service_names(ingress)):
        yield ingress.meta.namespace, name


def stack_of_binding(binding: TargetGroupBinding) -> StackKey | None:
    """The stack that made a binding, by its labels (naming and tags, section 7); None for a user's own."""
    labels = binding.meta.labels
    for kind, prefix in _STACK_LABELS:
        if f"{prefix}stack" in labels:
            return StackKey(kind=kind, namespace="", name=labels[f"{prefix}stack"])
        if f"{prefix}stack-namespace" in labels and f"{prefix}stack-name" in labels:
            return StackKey(kind=kind, namespace=labels[f"{prefix}stack-namespace"], name=labels[f"{prefix}stack-name"])
    return None


def stacks_of_binding(binding: TargetGroupBinding) -> Iterator[StackKey]:
    """The stack that made a binding, if one did."""
    stack = stack_of_binding(binding)
    if stack is not None:
        yield stack


def service_of_binding(binding: TargetGroupBinding) -> Iterator[Name]:
    """The Service of a binding."""
    yield binding.meta.namespace, binding.service_name


def group_of_binding(binding: TargetGroupBinding) -> Iterator[str]:
    """The target group's ARN of a binding."""
    if binding.target_group_arn:
        yield binding.target_group_arn


def service_of_slice(endpoints: EndpointSlice) -> Iterator[Name]:
    """The Service of an EndpointSlice."""
    if endpoints.service_name:
        yield endpoints.meta.namespace, endpoints.service_name


def pods_of_slice(endpoints: EndpointSlice) -> Iterator[Name]:
    """Pods that an EndpointSlice names."""
    for endpoint in endpoints.endpoints:
        if endpoint.target_kind == "Pod" and endpoint.target_name:
            yield endpoints.meta.namespace, endpoint.target_name


def gates_of_pod(pod: Pod) -> Iterator[Name]:
    """Bindings, there or not, whose readiness gates the pod waits for."""
    for gate in closed_gates(pod):
        yield pod.meta.namespace, binding_name(gate)


def node_of_pod(pod: Pod) -> Iterator[str]:
    """The node that runs a pod."""
    if pod.node_name:
        yield pod.node_name


def addresses_of_pod(pod: Pod) -> Iterator[str]:
    """The addresses of a pod."""
    yield from sorted({address for address in (pod.ip, *pod.ips) if address})


def stack_of_record(record: ConfigMap) -> Iterator[StackKey]:
    """The ingress group that a record is of; a record is called by the name that follows from its group."""
    stack = key_of_record(record)
    if stack is not None:
        yield stack


def instance_id(node: Node) -> str:
    """The EC2 instance of a node, "" when it is none (targets and readiness, section 3)."""
    last = node.provider_id.rpartition("/")[2]
    return last if last.startswith("i-") else ""
