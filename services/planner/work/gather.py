"""From the view and the inventory to one frozen input (architecture, section 3). On the event loop, without waiting."""

from collections.abc import Mapping

from services.planner.core.aws import Inventory
from services.planner.core.inputs import BindingInput, Cluster, GateInput, NetworkInput, StackInput, View
from services.planner.core.keys import BindingKey, Key, NetworkKey, StackKey
from services.planner.core.objects import Ingress, Namespace, Pod, Service, TargetGroupBinding
from services.planner.core.protection import is_protected
from services.planner.inventory.known import Known
from services.planner.view.cluster import ClusterView
from services.planner.view.objects import Name, name_of
from services.planner.view.references import pods_of_slice, services_of_ingress, services_of_service, stack_of_binding
from services.planner.work.bindings_to_come import BindingsToCome
from services.planner.work.core_port import Input
from services.planner.work.network_needs import NetworkNeeds


class Gatherer:
    """Makes inputs. `released`: bindings whose stack's plan takes them down itself; `given_secrets`: what a
    stack's rules were given of secrets, where this planner has seen it; `zone_names`: bindings of whose targets AWS
    wants to know the zones by name."""

    def __init__(
        self, cluster: Cluster, view: ClusterView, store: Known, needs: NetworkNeeds, to_come: BindingsToCome
    ) -> None:
        self.cluster = cluster
        self._view = view
        self._store = store
        self._needs = needs
        self._to_come = to_come
        self.released: dict[StackKey, frozenset[BindingKey]] = {}
        self.given_secrets: dict[StackKey, Mapping[str, str]] = {}
        self.zone_names: set[BindingKey] = set()

    def supposing(self, view: ClusterView, known: Known, needs: NetworkNeeds) -> "Gatherer":
        """A gatherer for the same cluster that takes its inputs from elsewhere."""
        made = Gatherer(self.cluster, view, known, needs, self._to_come)
        made.released = dict(self.released)
        made.given_secrets = dict(self.given_secrets)
        made.zone_names = set(self.zone_names)
        return made

    def gather(self, key: Key) -> Input | None:
        """The input of a key, None for a binding that does not exist and that no pod waits for."""
        match key:
            case StackKey():
                return self._stack(key)
            case BindingKey():
                binding = self._view.binding((key.namespace, key.name))
                return self._gates(key) if binding is None else self._binding(key, binding)
            case NetworkKey():
                return self._network(key)

    def _gates(self, key: BindingKey) -> GateInput | None:
        """Pods that wait for a binding that is not there."""
        pods = self._view.pods_of_gate((key.namespace, key.name))
        return GateInput(key=key, pods=pods, awaited=self._to_come.may_come(key)) if pods else None

    def exists(self, key: StackKey) -> bool:
        """Whether the stack has members."""
        return bool(self._view.owners_of_stack(key))

    def _stack(self, key: StackKey) -> StackInput:
        owners = self._view.owners_of_stack(key)
        ingresses = tuple(owner for owner in owners if isinstance(owner, Ingress))
        services = {s for i in ingresses for s in services_of_ingress(i)}
        services |= {s for o in owners if isinstance(o, Service) for s in services_of_service(o)}
        bindings = self._view.bindings_of_stack(key)
        names = {o.meta.namespace for o in owners} | {b.meta.namespace for b in bindings}
        behind = self._services(services | {name_of(o) for o in owners if isinstance(o, Service)})
        return StackInput(
            cluster=self.cluster,
            view=View(blind=self._view.blind(lost=True)),
            key=key,
            ingresses=ingresses,
            classes=self._view.classes(),
            class_params=self._view.class_params(),
            namespaces=self._namespaces(names),
            services=behind,
            secrets=self._view.secrets_of((*ingresses, *behind.values())),
            given_secrets=self.given_secrets.get(key, {}),
            bindings=bindings,
            inventory=self._store.view(key),
            record=self._view.record_of(key),
            shared_group_needed_elsewhere=self._needs.shared_group_needed(beside=key),
        )

    def _namespaces(self, names: set[str]) -> dict[str, Namespace]:
        found = ((name, self._view.namespace(name)) for name in sorted(names))
        return {name: namespace for name, namespace in found if namespace is not None}

    def _services(self, names: set[Name]) -> dict[Name, Service]:
        found = ((name, self._view.service(name)) for name in sorted(names))
        return {name: service for name, service in found if service is not None}

    def _binding(self, key: BindingKey, binding: TargetGroupBinding) -> BindingInput:
        service = (binding.meta.namespace, binding.service_name)
        slices = self._view.slices_of_service(service)
        pods = self._pods({pod for endpoints in slices for pod in pods_of_slice(endpoints)})
        inventory = self._store.view(key)
        return BindingInput(
            cluster=self.cluster,
            view=View(blind=self._view.blind(lost=False)),
            key=key,
            binding=binding,
            service=self._view.service(service),
            slices=slices,
            pods=pods,
            nodes=self._view.nodes(),
            inventory=inventory,
            owner_deleting=self._owner_deletes(key, binding),
            refused_groups=self._needs.refused_groups,
            bystanders=self._bystanders(binding, inventory, pods),
            gated=self._view.pods_of_gate((key.namespace, key.name)),
            rivals=self._rivals(binding),
            zone_names=key in self.zone_names,
        )

    def _rivals(self, binding: TargetGroupBinding) -> tuple[TargetGroupBinding, ...]:
        """Other bindings that name the same target group."""
        named = self._view.bindings_of_group(binding.target_group_arn) if binding.target_group_arn else ()
        return tuple(other for other in named if name_of(other) != name_of(binding))

    def _bystanders(
        self, binding: TargetGroupBinding, inventory: Inventory, named: Mapping[Name, Pod]
    ) -> tuple[Pod, ...]:
        """Pods of the namespace at addresses of registered targets, but those that slices name."""
        if binding.target_type == "instance":
            return ()
        addresses = {target.id for target in inventory.targets.get(binding.target_group_arn, {})}
        addresses -= {address for pod in named.values() for address in (pod.ip, *pod.ips)}
        found = {name_of(pod): pod for address in addresses for pod in self._view.pods_at(address)}
        namespace = binding.meta.namespace
        return tuple(pod for name, pod in sorted(found.items()) if pod.meta.namespace == namespace)

    def _pods(self, names: set[Name]) -> dict[Name, Pod]:
        found = ((name, self._view.pod(name)) for name in sorted(names))
        return {name: pod for name, pod in found if pod is not None}

    def _owner_deletes(self, key: BindingKey, binding: TargetGroupBinding) -> bool:
        """Whether the stack that made the binding takes it down: all its members go, or its plan says so. A stack
        without members is none that is being deleted: nobody asked for that.
        """
        stack = stack_of_binding(binding)
        if stack is None:
            return False
        owners = self._view.owners_of_stack(stack)
        return key in self.released.get(stack, ()) or (bool(owners) and all(map(_goes, owners)))

    def _network(self, key: NetworkKey) -> NetworkInput:
        keys = ((BindingKey(namespace=b.meta.namespace, name=b.meta.name), b) for b in self._view.bindings())
        return NetworkInput(
            cluster=self.cluster,
            view=View(blind=self._view.blind_but_for_records(lost=False)),
            bindings=tuple(self._binding(k, b) for k, b in keys),
            shared_group_needed=self._needs.shared_group_needed(),
            shared_group_asked_for=self._needs.shared_group_asked_for(),
            inventory=self._store.view(key),
        )


def _goes(owner: Ingress | Service) -> bool:
    return owner.meta.deleting and not is_protected(owner)
