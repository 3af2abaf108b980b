"""Which keys a changed object wakes, and how urgently (architecture, sections 2 and 6). Pure: a function of the change
and of the view after it. Called for every change that the view folds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.planner.core.keys import BindingKey, Key, Lane, NetworkKey
from services.planner.core.objects import (
    ConfigMap,
    Endpoint,
    EndpointSlice,
    Ingress,
    IngressClass,
    IngressClassParams,
    Kind,
    Namespace,
    Node,
    Pod,
    Service,
    TargetGroupBinding,
)
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed
from services.planner.view.objects import Name, Object
from services.planner.view.references import (
    gates_of_pod,
    service_of_slice,
    stack_of_binding,
    stack_of_record,
    stack_of_service,
)

Wake = tuple[Key, Lane]
NETWORK = NetworkKey()


def wakes(changed: Changed, view: ClusterView) -> Mapping[Key, Lane]:
    """Keys to add with their lanes, the most urgent one of each.

    A change of nothing but the resource version wakes none. What the first snapshot of a kind brings is nobody's
    edit: it waits in the resync lane.
    """
    if not _differs(changed.old, changed.new):
        return {}
    lanes: dict[Key, Lane] = {}
    for key, lane in _WAKES[changed.kind](changed.old, changed.new, view):
        lanes[key] = min(lane, lanes.get(key, lane))
    return dict.fromkeys(lanes, Lane.RESYNC) if changed.first else lanes


def _differs(old: Object | None, new: Object | None) -> bool:
    if old is None or new is None:
        return True
    return replace(old, meta=replace(old.meta, resource_version=new.meta.resource_version)) != new


def _present(*things: Any) -> Iterator[Any]:
    return (thing for thing in things if thing is not None)


def _key(binding: TargetGroupBinding) -> BindingKey:
    return BindingKey(namespace=binding.meta.namespace, name=binding.meta.name)


def _is_of_addresses(binding: TargetGroupBinding) -> bool:
    """Whether endpoints decide the targets. An unset type may be either."""
    return binding.target_type != "instance"


def _asked_to_go(old: Object | None, new: Object | None) -> bool:
    """Whether the object went away, or its deletion was asked for just now."""
    return old is not None and not old.meta.deleting and (new is None or new.meta.deleting)


def _stacks(ingress: Ingress, view: ClusterView) -> Iterator[Wake]:
    for stack in view.stacks_of(ingress):
        yield stack, Lane.EDIT


def _ingress(old: Ingress | None, new: Ingress | None, view: ClusterView) -> Iterator[Wake]:
    for ingress in _present(old, new):
        yield from _stacks(ingress, view)


def _service(old: Service | None, new: Service | None, view: ClusterView) -> Iterator[Wake]:
    thing = new or old
    name = (thing.meta.namespace, thing.meta.name) if thing is not None else ("", "")
    for ingress in view.ingresses_of_service(name):
        yield from _stacks(ingress, view)
    for service in (*filter(view.claim.concerns, _present(old, new)), *view.services_of_service(name)):
        yield stack_of_service(service), Lane.EDIT
    lane = Lane.DRAIN if new is None else Lane.SERVE
    for binding in view.bindings_of_service(name):
        yield _key(binding), lane


def _endpoint_slice(old: EndpointSlice | None, new: EndpointSlice | None, view: ClusterView) -> Iterator[Wake]:
    lane = Lane.DRAIN if _loses_endpoints(old, new) else Lane.SERVE
    for service in {service for endpoints in _present(old, new) for service in service_of_slice(endpoints)}:
        for binding in filter(_is_of_addresses, view.bindings_of_service(service)):
            yield _key(binding), lane


def _loses_endpoints(old: EndpointSlice | None, new: EndpointSlice | None) -> bool:
    """Whether an endpoint that may have been a target is gone or begins to terminate."""
    if old is None:
        return False
    remaining = {_identity(e) for e in new.endpoints if not e.terminating} if new is not None else set()
    moved = new is not None and (old.service_name, old.ports) != (new.service_name, new.ports)
    return moved or any(not e.terminating and _identity(e) not in remaining for e in old.endpoints)


def _identity(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.addresses[0] if endpoint.addresses else "", endpoint.target_uid


def _pod(old: Pod | None, new: Pod | None, view: ClusterView) -> Iterator[Wake]:
    lane = Lane.DRAIN if _asked_to_go(old, new) else Lane.SERVE
    thing = new or old
    if thing is not None:
        yield from _bindings_of_pod((thing.meta.namespace, thing.meta.name), lane, view)
    for namespace, name in gates_of_pod(new) if new is not None else ():
        yield BindingKey(namespace=namespace, name=name), lane


def _bindings_of_pod(pod: Name, lane: Lane, view: ClusterView) -> Iterator[Wake]:
    for endpoints in view.slices_of_pod(pod):
        for service in service_of_slice(endpoints):
            for binding in filter(_is_of_addresses, view.bindings_of_service(service)):
                yield _key(binding), lane


def _node(old: Node | None, new: Node | None, view: ClusterView) -> Iterator[Wake]:
    """Nodes are the targets of instance bindings; for address bindings they decide about pods that are not ready. What
    a node joins or leaves, the network has to follow first.
    """
    lane = Lane.DRAIN if _asked_to_go(old, new) or _is_excluded(old, new) else Lane.SERVE
    for binding in view.bindings():
        if binding.target_type != "ip":
            yield _key(binding), lane
    thing = new or old
    for pod in view.pods_of_node(thing.meta.name) if thing is not None else ():
        yield from _bindings_of_pod((pod.meta.namespace, pod.meta.name), Lane.SERVE, view)
    if old is None or new is None or (old.provider_id, old.meta.labels) != (new.provider_id, new.meta.labels):
        yield NETWORK, Lane.SERVE


def _is_excluded(old: Node | None, new: Node | None) -> bool:
    """Whether new taints, new labels or a lost readiness may end the node's time as a target."""
    if old is None or new is None:
        return False
    added = set(new.taints) - set(old.taints) or set(new.meta.labels) - set(old.meta.labels)
    return bool(added) or (old.ready == "True" and new.ready != "True")


def _ingress_class(old: IngressClass | None, new: IngressClass | None, view: ClusterView) -> Iterator[Wake]:
    names = {thing.meta.name for thing in _present(old, new)}
    yield from _stacks_of_classes(names, view)


def _class_params(old: IngressClassParams | None, new: IngressClassParams | None, view: ClusterView) -> Iterator[Wake]:
    names = {thing.meta.name for thing in _present(old, new)}
    classes = view.classes().values()
    users = {c.meta.name for c in classes if c.parameters is not None and c.parameters.name in names}
    yield from _stacks_of_classes(users, view)


def _stacks_of_classes(names: Iterable[str], view: ClusterView) -> Iterator[Wake]:
    """Stacks of Ingresses that name one of the classes, or none: those follow the default class."""
    wanted = {*names}
    for ingress in view.ingresses() if wanted else ():
        if ingress.class_name is None or ingress.class_name in wanted:
            yield from _stacks(ingress, view)


def _namespace(old: Namespace | None, new: Namespace | None, view: ClusterView) -> Iterator[Wake]:
    names = {thing.meta.name for thing in _present(old, new)}
    for ingress in view.ingresses():
        if ingress.meta.namespace in names:
            yield from _stacks(ingress, view)
    for binding in view.bindings():
        stack = stack_of_binding(binding)
        if binding.meta.namespace in names and stack is not None:
            yield stack, Lane.EDIT


def _binding(old: TargetGroupBinding | None, new: TargetGroupBinding | None, view: ClusterView) -> Iterator[Wake]:
    lane = Lane.DRAIN if _asked_to_go(old, new) else Lane.SERVE
    for binding in _present(old, new):
        yield _key(binding), lane
        if old is None or new is None or _shares(old) != _shares(new):
            for rival in view.bindings_of_group(binding.target_group_arn):
                yield _key(rival), Lane.EDIT
        stack = stack_of_binding(binding)
        if stack is not None:
            yield stack, Lane.EDIT
    if old is None or new is None or _asked_to_go(old, new) or _reach(old) != _reach(new):
        yield NETWORK, Lane.EDIT


def _shares(binding: TargetGroupBinding) -> object:
    """What decides with whom a binding has its target group in common."""
    return binding.target_group_arn, binding.multi_cluster


def _record(old: ConfigMap | None, new: ConfigMap | None, view: ClusterView) -> Iterator[Wake]:
    """A record that came may help a group that stands still; one that went, or was edited, is written again."""
    for record in _present(old, new):
        for stack in stack_of_record(record):
            yield stack, Lane.RESYNC


def _reach(binding: TargetGroupBinding) -> object:
    return (
        binding.networking,
        binding.target_type,
        binding.node_selector,
        binding.service_name,
        binding.service_port,
        binding.meta.deleting,
    )


_WAKES: Mapping[Kind, Callable[[Any, Any, ClusterView], Iterator[Wake]]] = {
    Kind.SERVICE: _service,
    Kind.INGRESS: _ingress,
    Kind.INGRESS_CLASS: _ingress_class,
    Kind.INGRESS_CLASS_PARAMS: _class_params,
    Kind.POD: _pod,
    Kind.ENDPOINT_SLICE: _endpoint_slice,
    Kind.NODE: _node,
    Kind.NAMESPACE: _namespace,
    Kind.TARGET_GROUP_BINDING: _binding,
    Kind.CONFIG_MAP: _record,
}
