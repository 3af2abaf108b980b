"""The cluster view: every watched object, found by name and by what it refers to.

One per planner. The watcher link folds events into it on the event loop; gathering reads it there and hands frozen
objects on, so no thread ever sees it change.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, cast

from services.planner.core.groups import current_group, groups_by_finalizer, own_group
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import (
    ConfigMap,
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
from services.planner.core.secrets import SecretState
from services.planner.core.service_ownership import Claim
from services.planner.view import references
from services.planner.view.events import (
    Changed,
    Event,
    KindState,
    Progressed,
    Reported,
    SecretSeen,
    Seen,
    SnapshotBegun,
)
from services.planner.view.group_names import GroupNames, group_names, group_of_class
from services.planner.view.index import Index
from services.planner.view.kind import KindView
from services.planner.view.objects import Name, Object, kind_of, name_of

T = TypeVar("T")

_UNSEEN = {KindState.MISSING, KindState.REFUSED}


class ClusterView:
    """Folds what the watcher says. While the stream is cut it stays as it was: nothing follows from silence."""

    def __init__(self, claim: Claim | None = None) -> None:
        self.claim = claim or Claim()
        """Which Services ask for a load balancer; without one given, as an installation that sets nothing."""
        self._kinds = {kind: KindView(kind) for kind in Kind}
        self._by_name: dict[Kind, Mapping[str, Object]] = {}
        self._sorted: dict[Kind, tuple[Object, ...]] = {}
        self._ingresses_by_service: Index[Ingress, Name] = Index(references.services_of_ingress)
        self._ingresses_by_group: Index[Ingress, StackKey] = Index(references.groups_of_ingress)
        self._group_names: GroupNames | None = None
        self._services_with_stacks: Index[Service, bool] = Index(self._concern)
        self._services_by_namespace: Index[Service, str] = Index(references.namespace_of_service)
        self._services_by_service: Index[Service, Name] = Index(references.services_of_service)
        self._bindings_by_service: Index[TargetGroupBinding, Name] = Index(references.service_of_binding)
        self._bindings_by_stack: Index[TargetGroupBinding, StackKey] = Index(references.stacks_of_binding)
        self._bindings_by_group: Index[TargetGroupBinding, str] = Index(references.group_of_binding)
        self._slices_by_service: Index[EndpointSlice, Name] = Index(references.service_of_slice)
        self._slices_by_pod: Index[EndpointSlice, Name] = Index(references.pods_of_slice)
        self._pods_by_node: Index[Pod, str] = Index(references.node_of_pod)
        self._pods_by_gate: Index[Pod, Name] = Index(references.gates_of_pod)
        self._pods_by_address: Index[Pod, str] = Index(references.addresses_of_pod)
        self._records_by_stack: Index[ConfigMap, StackKey] = Index(references.stack_of_record)

        self._ingresses_by_secret: Index[Ingress, Name] = Index(references.secrets_of_owner)
        self._services_by_secret: Index[Service, Name] = Index(references.secrets_of_owner)
        self._secrets: dict[Name, SecretState] = {}

    # What the watcher says

    def fold(self, event: Event) -> list[Changed]:
        """Folds one event and answers what it changed."""
        if isinstance(event, SecretSeen):
            self._secrets[event.state.namespace, event.state.name] = event.state
            return []
        kind = self._kinds[event.kind]
        match event:
            case Reported():
                kind.report(event.state, event.message)
                return []
            case SnapshotBegun():
                kind.begin_snapshot()
                return []
            case Progressed():
                kind.progress(event.revision)
                return []
            case Seen():
                changed = kind.see(event)
                changes = [] if changed is None else [changed]
            case _:
                changes = list(kind.end_snapshot(event.revision))
        for changed in changes:
            self._reindex(changed)
        return changes

    def cut(self) -> None:
        """The stream is cut."""
        for kind in self._kinds.values():
            kind.cut()

    def copy(self) -> "ClusterView":
        """A view of its own with the same objects, to suppose something in."""
        made = ClusterView(self.claim)
        made._kinds = {name: kind.copy() for name, kind in self._kinds.items()}
        made._ingresses_by_service = self._ingresses_by_service.copy()
        made._ingresses_by_group = self._ingresses_by_group.copy()
        made._services_with_stacks = self._services_with_stacks.copy()
        made._services_by_namespace = self._services_by_namespace.copy()
        made._services_by_service = self._services_by_service.copy()
        made._bindings_by_service = self._bindings_by_service.copy()
        made._bindings_by_stack = self._bindings_by_stack.copy()
        made._bindings_by_group = self._bindings_by_group.copy()
        made._slices_by_service = self._slices_by_service.copy()
        made._slices_by_pod = self._slices_by_pod.copy()
        made._pods_by_node = self._pods_by_node.copy()
        made._pods_by_gate = self._pods_by_gate.copy()
        made._pods_by_address = self._pods_by_address.copy()
        made._records_by_stack = self._records_by_stack.copy()
        made._ingresses_by_secret = self._ingresses_by_secret.copy()
        made._services_by_secret = self._services_by_secret.copy()
        made._secrets = dict(self._secrets)
        return made

    def suppose(self, thing: Object) -> Changed:
        """Takes an object in that nobody has seen, and answers what that changes."""
        changed = self._kinds[kind_of(thing)].put(thing)
        self._reindex(changed)
        return changed

    def _reindex(self, changed: Changed) -> None:
        name = name_of(changed.now)
        self._by_name.pop(changed.kind, None)
        if changed.kind in (Kind.INGRESS_CLASS, Kind.INGRESS_CLASS_PARAMS):
            self._group_names = None
        self._sorted.pop(changed.kind, None)
        for index in self._indexes(changed.kind):
            index.change(name, changed.old, changed.new)

    def _indexes(self, kind: Kind) -> Iterable[Index[Object, object]]:
        found: Iterable[object] = ()
        match kind:
            case Kind.INGRESS:
                found = (self._ingresses_by_service, self._ingresses_by_group, self._ingresses_by_secret)
            case Kind.SERVICE:
                found = (
                    self._services_with_stacks,
                    self._services_by_namespace,
                    self._services_by_service,
                    self._services_by_secret,
                )
            case Kind.TARGET_GROUP_BINDING:
                found = (self._bindings_by_service, self._bindings_by_stack, self._bindings_by_group)
            case Kind.ENDPOINT_SLICE:
                found = (self._slices_by_service, self._slices_by_pod)
            case Kind.POD:
                found = (self._pods_by_node, self._pods_by_address, self._pods_by_gate)
            case Kind.CONFIG_MAP:
                found = (self._records_by_stack,)
        return cast("Iterable[Index[Object, object]]", found)

    # What is known about kinds

    def kind(self, kind: Kind) -> KindView:
        """One kind, for its state."""
        return self._kinds[kind]

    @property
    def ready(self) -> bool:
        """Whether every kind has been synced once, or was reported missing or refused: only then is there anything to
        plan from.
        """
        return all(kind.synced_once or kind.state in _UNSEEN for kind in self._kinds.values())

    @property
    def unseen_kinds(self) -> frozenset[Kind]:
        """Kinds that are missing or refused now."""
        return frozenset(name for name, kind in self._kinds.items() if kind.state in _UNSEEN)

    def blind(self, *, lost: bool) -> Mapping[Kind, str]:
        """Kinds that cannot be seen now, with the reason in words; `lost`: those whose watch is cut count too."""
        return {name: reason for name, kind in self._kinds.items() if (reason := _blindness(kind, lost=lost))}

    def blind_but_for_records(self, *, lost: bool) -> Mapping[Kind, str]:
        """The same of the kinds from which targets follow, and who lets them in. Records do not count: they only say
        what a group was accepted with.
        """
        return {kind: reason for kind, reason in self.blind(lost=lost).items() if kind is not Kind.CONFIG_MAP}

    def has_passed(self, kind: Kind, name: Name, at: int) -> bool:
        """Whether the object is known as it was at revision `at`, or later."""
        return self._kinds[kind].has_passed(name, at)

    # Objects by name

    def get(self, kind: Kind, name: Name) -> Object | None:
        """One object."""
        return self._kinds[kind].objects.get(name)

    def ingress(self, name: Name) -> Ingress | None:
        """An Ingress."""
        return cast("Ingress | None", self.get(Kind.INGRESS, name))

    def service(self, name: Name) -> Service | None:
        """A Service."""
        return cast("Service | None", self.get(Kind.SERVICE, name))

    def pod(self, name: Name) -> Pod | None:
        """A Pod."""
        return cast("Pod | None", self.get(Kind.POD, name))

    def namespace(self, name: str) -> Namespace | None:
        """A Namespace."""
        return cast("Namespace | None", self.get(Kind.NAMESPACE, ("", name)))

    def binding(self, name: Name) -> TargetGroupBinding | None:
        """A TargetGroupBinding."""
        return cast("TargetGroupBinding | None", self.get(Kind.TARGET_GROUP_BINDING, name))

    # Cluster-scoped kinds as frozen mappings, made anew after a change only

    def nodes(self) -> Mapping[str, Node]:
        """All nodes by name."""
        return cast("Mapping[str, Node]", self._frozen(Kind.NODE))

    def classes(self) -> Mapping[str, IngressClass]:
        """All IngressClasses by name."""
        return cast("Mapping[str, IngressClass]", self._frozen(Kind.INGRESS_CLASS))

    def class_params(self) -> Mapping[str, IngressClassParams]:
        """All IngressClassParams by name."""
        return cast("Mapping[str, IngressClassParams]", self._frozen(Kind.INGRESS_CLASS_PARAMS))

    def _frozen(self, kind: Kind) -> Mapping[str, Object]:
        if kind not in self._by_name:
            self._by_name[kind] = {name: thing for (_, name), thing in sorted(self._kinds[kind].objects.items())}
        return self._by_name[kind]

    # Objects that ask for load balancers, and their stacks

    def owners(self) -> Iterator[Ingress | Service]:
        """All Ingresses, and the Services that ask for a load balancer or may have one, each by name."""
        yield from self.ingresses()
        yield from self._some(Kind.SERVICE, self._services_with_stacks.names(True), Service)

    def _concern(self, service: Service) -> Iterator[bool]:
        """True for a Service that is a stack, or has not left its own yet; nothing for all others."""
        if self.claim.concerns(service):
            yield True

    def owners_of_stack(self, stack: StackKey) -> tuple[Ingress | Service, ...]:
        """Objects that are members of the stack, may be, or have not left it yet."""
        if stack.kind is StackKind.INGRESS:
            return self.ingresses_of_stack(stack)
        service = self.service((stack.namespace, stack.name))
        return (service,) if service is not None and self.claim.concerns(service) else ()

    def stacks_of_owner(self, owner: Ingress | Service) -> tuple[StackKey, ...]:
        """Stacks that the object belongs to now, and those that it has not left yet."""
        return (references.stack_of_service(owner),) if isinstance(owner, Service) else self.stacks_of(owner)

    def stack_of(self, ingress: Ingress) -> StackKey:
        """The stack that the Ingress belongs to now; its own where its group's name cannot be one."""
        return current_group(ingress, group_of_class(ingress, self._names_of_groups())) or own_group(ingress)

    def stacks_of(self, ingress: Ingress) -> tuple[StackKey, ...]:
        """The stack that the Ingress belongs to now, and those that it has not left yet."""
        return tuple(sorted({self.stack_of(ingress), *groups_by_finalizer(ingress)}))

    def ingresses_of_stack(self, stack: StackKey) -> tuple[Ingress, ...]:
        """Ingresses that are members of the stack, may be, or have not left it yet."""
        names = set(self._ingresses_by_group.names(stack))
        if not stack.namespace and stack.name in self._names_of_groups().values():
            names |= {name_of(i) for i in self.ingresses() if self.stack_of(i) == stack}
        return self._some(Kind.INGRESS, sorted(names), Ingress)

    def _names_of_groups(self) -> GroupNames:
        if self._group_names is None:
            self._group_names = group_names(self.classes(), self.class_params())
        return self._group_names

    # Objects by what they refer to

    def ingresses(self) -> tuple[Ingress, ...]:
        """All Ingresses, by name."""
        return cast("tuple[Ingress, ...]", self._all(Kind.INGRESS))

    def bindings(self) -> tuple[TargetGroupBinding, ...]:
        """All bindings, by name."""
        return cast("tuple[TargetGroupBinding, ...]", self._all(Kind.TARGET_GROUP_BINDING))

    def secrets_needed(self) -> frozenset[Name]:
        """Secrets that Ingresses, or Services behind them, name."""
        return frozenset((*self._ingresses_by_secret.values(), *self._services_by_secret.values()))

    def secret(self, name: Name) -> SecretState | None:
        """A Secret as it was told last, None for one that was not."""
        return self._secrets.get(name)

    def secrets_of(self, owners: Iterable[Ingress | Service]) -> dict[Name, SecretState]:
        """The Secrets that the objects name, as far as they were told."""
        names = {name for owner in owners for name in references.secrets_of_owner(owner)}
        return {name: self._secrets[name] for name in sorted(names) if name in self._secrets}

    def ingresses_of_secret(self, secret: Name) -> tuple[Ingress, ...]:
        """Ingresses that name the Secret, or whose Services do."""
        own = set(self._ingresses_by_secret.names(secret))
        for service in self._services_by_secret.names(secret):
            own |= set(self._ingresses_by_service.names(service))
        return self._some(Kind.INGRESS, sorted(own), Ingress)

    def ingresses_of_service(self, service: Name) -> tuple[Ingress, ...]:
        """Ingresses that name the Service."""
        return self._some(Kind.INGRESS, self._ingresses_by_service.names(service), Ingress)

    def services_of_namespace(self, namespace: str) -> tuple[Service, ...]:
        """Services of a namespace."""
        return self._some(Kind.SERVICE, self._services_by_namespace.names(namespace), Service)

    def services_of_service(self, service: Name) -> tuple[Service, ...]:
        """Services that ask for a load balancer and name the Service in their weighted actions."""
        naming = self._some(Kind.SERVICE, self._services_by_service.names(service), Service)
        return tuple(filter(self.claim.concerns, naming))

    def bindings_of_service(self, service: Name) -> tuple[TargetGroupBinding, ...]:
        """Bindings of the Service."""
        return self._some(Kind.TARGET_GROUP_BINDING, self._bindings_by_service.names(service), TargetGroupBinding)

    def bindings_of_stack(self, stack: StackKey) -> tuple[TargetGroupBinding, ...]:
        """Bindings that the stack made, by their labels."""
        return self._some(Kind.TARGET_GROUP_BINDING, self._bindings_by_stack.names(stack), TargetGroupBinding)

    def bindings_of_group(self, arn: str) -> tuple[TargetGroupBinding, ...]:
        """Bindings that name the target group."""
        return self._some(Kind.TARGET_GROUP_BINDING, self._bindings_by_group.names(arn), TargetGroupBinding)

    def slices_of_service(self, service: Name) -> tuple[EndpointSlice, ...]:
        """EndpointSlices of the Service."""
        return self._some(Kind.ENDPOINT_SLICE, self._slices_by_service.names(service), EndpointSlice)

    def slices_of_pod(self, pod: Name) -> tuple[EndpointSlice, ...]:
        """EndpointSlices that name the pod."""
        return self._some(Kind.ENDPOINT_SLICE, self._slices_by_pod.names(pod), EndpointSlice)

    def pods_of_gate(self, binding: Name) -> tuple[Pod, ...]:
        """Pods that wait for a readiness gate of the binding, whether it is there or not."""
        return self._some(Kind.POD, self._pods_by_gate.names(binding), Pod)

    def gates(self, namespaces: frozenset[str]) -> tuple[Name, ...]:
        """Bindings, there or not, whose gates some pod of the namespaces waits for."""
        return tuple(sorted(name for name in self._pods_by_gate.values() if name[0] in namespaces))

    def pods_of_node(self, node: str) -> tuple[Pod, ...]:
        """Pods that run on the node."""
        return self._some(Kind.POD, self._pods_by_node.names(node), Pod)

    def pods_at(self, address: str) -> tuple[Pod, ...]:
        """Pods that have the address; several where they share their node's."""
        return self._some(Kind.POD, self._pods_by_address.names(address), Pod)

    def record_of(self, stack: StackKey) -> ConfigMap | None:
        """What is kept of the stack's members for the time after a restart."""
        return next(iter(self._some(Kind.CONFIG_MAP, self._records_by_stack.names(stack), ConfigMap)), None)

    def _some(self, kind: Kind, names: Iterable[Name], _type: type[T]) -> tuple[T, ...]:
        objects = self._kinds[kind].objects
        return tuple(cast("T", objects[name]) for name in names)

    def _all(self, kind: Kind) -> tuple[Object, ...]:
        """All objects of a kind by name, made anew after a change only."""
        if kind not in self._sorted:
            self._sorted[kind] = tuple(thing for _, thing in sorted(self._kinds[kind].objects.items()))
        return self._sorted[kind]


def _blindness(kind: KindView, *, lost: bool) -> str:
    if kind.state in _UNSEEN or (lost and kind.state is KindState.LOST):
        return f"{kind.state}: {kind.message}" if kind.message else str(kind.state)
    return "" if kind.synced_once else "not listed yet"
