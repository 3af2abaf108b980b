"""What a key is planned from: one frozen value each, gathered by the shell, so that planning is a function of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planner.core.aws import Inventory
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.keys import BindingKey, StackKey
from services.planner.core.limits import Limits
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Facts and settings of the installation; defaults as the reference controller's flags (controller, section 1).

    `namespace`: the one that Elbow runs in and keeps records in, empty: none are kept. `backend_security_group`: id of
    a group of the user's in place of the shared one, empty: ours. `restricted_rules`: rules on target groups' security
    groups name ports. `interface_group_tags`: which of several groups of an interface
    takes the rules. `max_targets_per_group` 0: no limit. `required_secrets_label`: key and value that a Secret must
    carry to be read. `gates`: the feature gates that are open. `limits`: how far plans go unasked. `quota_overrides`:
    how much AWS takes, by the names of `quotas.NAMES`. The last three are rules of admission: whether pods get
    readiness gates, and which annotations may not be taken up any more.
    """

    name: str
    region: str
    vpc_id: str
    namespace: str = ""
    ingress_class: str = "alb"
    default_scheme: str = "internal"
    default_target_type: str = "instance"
    default_tags: Mapping[str, str] = field(default_factory=dict)
    external_managed_tags: frozenset[str] = frozenset()
    tolerate_missing_service: bool = True
    tolerate_missing_action: bool = True
    default_ssl_policy: str = "ELBSecurityPolicy-2016-08"
    load_balancer_class: str = "service.k8s.aws/nlb"
    backend_security_group_enabled: bool = True
    backend_security_group: str = ""
    manage_backend_rules: bool = False
    restricted_rules: bool = True
    interface_group_tags: Mapping[str, str] = field(default_factory=dict)
    max_targets_per_group: int = 0
    required_secrets_label: tuple[str, str] | None = None
    certificate_authorities: frozenset[str] = frozenset()
    default_certificate_authority: str = ""
    wafv2: bool = True
    waf_classic: bool = True
    shield: bool = True
    gates: frozenset[Gate] = DEFAULT_GATES
    limits: Limits = field(default_factory=Limits)
    quota_overrides: Mapping[str, int] = field(default_factory=dict)
    inject_readiness_gates: bool = True
    refuse_class_annotation: bool = False
    refuse_group_name_annotation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which kinds cannot be seen now, with the reason in words: missing (no CRD), refused, or lost."""

    blind: Mapping[Kind, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackInput:
    """Everything that a stack is planned from.

    `ingresses`: every Ingress that is or, by its finalizer or by the bindings' labels, was a member (deleted ones
    included while they exist). `classes`: all IngressClasses by name. `services`: those that members name, by
    (namespace, name). `secrets`: those that members name, by (namespace, name), as far as they were read.
    `given_secrets`: what this planner has seen of the secrets that rules were given (`diff.given_secrets`); empty: what
    the record says of them holds.
    `bindings`: TargetGroupBindings with this stack's labels. `inventory`: the slice of this stack:
    its load balancers, listeners, rules, target groups and managed groups (by tag), resources of the region that hold a
    name (names are checked for being taken), the network part, and the shared backend group.
    `record`: the ConfigMap with the last accepted versions of the members, None where there is none.
    `shared_group_needed_elsewhere`: another stack, not being deleted, needs the shared group, or may.
    """

    cluster: Cluster
    view: View
    key: StackKey
    ingresses: tuple[Ingress, ...] = ()
    classes: Mapping[str, IngressClass] = field(default_factory=dict)
    class_params: Mapping[str, IngressClassParams] = field(default_factory=dict)
    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    services: Mapping[tuple[str, str], Service] = field(default_factory=dict)
    secrets: Mapping[tuple[str, str], SecretState] = field(default_factory=dict)
    given_secrets: Mapping[str, str] = field(default_factory=dict)
    bindings: tuple[TargetGroupBinding, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)
    record: ConfigMap | None = None
    shared_group_needed_elsewhere: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingInput:
    """Everything that a binding is planned from: itself, its Service (None: not there), that Service's slices, the pods
    they name by (namespace, name), all nodes by name, the inventory slice (its group's targets, the group itself when
    known, interfaces, security groups). `owner_deleting`: the stack that made the binding is being deleted, so that its
    plan takes the binding down. `refused_groups`: security groups on which AWS refused the last grant, or would.
    `bystanders`: pods of the namespace at addresses of registered targets that no slice of the Service names. `gated`:
    pods that wait for a readiness gate of the binding. `rivals`: other bindings that name the same target group.
    `zone_names`: AWS wants to be told the zones of targets by name."""

    cluster: Cluster
    view: View
    key: BindingKey
    binding: TargetGroupBinding
    service: Service | None = None
    slices: tuple[EndpointSlice, ...] = ()
    pods: Mapping[tuple[str, str], Pod] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    inventory: Inventory = field(default_factory=Inventory)
    owner_deleting: bool = False
    refused_groups: frozenset[str] = frozenset()
    bystanders: tuple[Pod, ...] = ()
    gated: tuple[Pod, ...] = ()
    rivals: tuple[TargetGroupBinding, ...] = ()
    zone_names: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInput:
    """Pods that wait for readiness gates of a binding that does not exist; `awaited`: something may still make it."""

    key: BindingKey
    pods: tuple[Pod, ...]
    awaited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInput:
    """Everything that the network key is planned from: all bindings as inputs of their own (those of deleted stacks
    need nothing, but witness that their load balancer may still stand), whether any stack needs the shared group, so
    that it must not go, and whether one waits for it to be made, all that is known of AWS."""

    cluster: Cluster
    view: View
    bindings: tuple[BindingInput, ...] = ()
    shared_group_needed: bool = False
    shared_group_asked_for: bool = True
    inventory: Inventory = field(default_factory=Inventory)
