"""What planning a key can answer: a plan, questions, or errors. One sentence each:

`Planned`: execute the plan (an empty one: nothing to do); `Needs`: ask first, then plan again; `Errored`: the input is
wrong, keep everything. Every answer may carry reports for the user and a time to look again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.planner.core.keys import BindingKey
from services.planner.core.plans import OWN_ROLE, AssumedRole, KubernetesWrite, Plan, Report
from services.planner.core.problems import Problem


class LookupKind(StrEnum):
    """Typed questions; the value is the name of the wire's LookupKind without its prefix."""

    STACK = "STACK"
    NETWORK = "NETWORK"
    ROUTE_TABLES = "ROUTE_TABLES"
    INSTANCE_INTERFACES = "INSTANCE_INTERFACES"
    ADDRESS_INTERFACES = "ADDRESS_INTERFACES"
    SECURITY_GROUPS = "SECURITY_GROUPS"
    SECURITY_GROUP_NAMES = "SECURITY_GROUP_NAMES"
    CAPACITY = "CAPACITY"
    WEB_ACL = "WEB_ACL"
    CLASSIC_WEB_ACL = "CLASSIC_WEB_ACL"
    PROTECTION = "PROTECTION"
    WEB_ACLS = "WEB_ACLS"
    SHIELD_SUBSCRIPTION = "SHIELD_SUBSCRIPTION"
    ACCOUNT_LIMITS = "ACCOUNT_LIMITS"
    CLUSTER_SECURITY_GROUPS = "CLUSTER_SECURITY_GROUPS"
    ATTRIBUTES = "ATTRIBUTES"
    TARGETS = "TARGETS"
    LOAD_BALANCERS = "LOAD_BALANCERS"
    TARGET_GROUPS = "TARGET_GROUPS"
    TARGET_GROUP_NAMES = "TARGET_GROUP_NAMES"
    PEER_VPCS = "PEER_VPCS"
    TARGET_RECORDS = "TARGET_RECORDS"
    LISTENER_CERTIFICATES = "LISTENER_CERTIFICATES"
    CERTIFICATES = "CERTIFICATES"
    CERTIFICATE_DETAILS = "CERTIFICATE_DETAILS"
    TRUST_STORES = "TRUST_STORES"
    MANAGED_CERTIFICATES = "MANAGED_CERTIFICATES"
    HOSTED_ZONES = "HOSTED_ZONES"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Lookup:
    """A question: ids, ARNs or addresses by `kind`; STACK carries the names that the stack wants.

    For STACK the keys are `lb:<name>`, `tg:<name>` and `sg:<name>`; the shell adds the stack's tags.
    `role`: under which AWS is asked.
    """

    kind: LookupKind
    keys: tuple[str, ...] = ()
    role: AssumedRole = OWN_ROLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """One target whose health matters now; `gate` is the condition type to open, empty: none."""

    id: str
    port: int
    pod_namespace: str = ""
    pod_name: str = ""
    pod_uid: str = ""
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedGroup:
    """The targets of one group that matter, the whole set; `role`: under which their health is read."""

    target_group_arn: str
    binding: BindingKey
    targets: tuple[Tracked, ...]
    role: AssumedRole = OWN_ROLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Not plannable yet: answers to `lookups`, or (`network`) a result of the network key, are missing."""

    lookups: tuple[Lookup, ...] = ()
    network: bool = False
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan. `waits_for` says in words what is left out until later; `again_seconds` is when to look again (None: only
    when something changes). `network`: the network key has to run too, and its next result wakes this key again, after
    this plan was executed. `tracked`: what a binding wants tracked. `held`: what a guard took out of the plan until
    somebody approves, with the verdict held and the reason. `lookups`: what the next plan asks.
    `quarantined`: why members of the stack count as they were accepted last, or not at all. `keeps`: what is to be
    written for the time after a restart, once the plan has been carried out; `unkept`: why not all of it can be.
    `tidying`: what nobody waits for, to be executed at resync priority once `plan` is empty. `given_secrets`: what
    rules have been given once the plan was executed (`diff.given_secrets`). `full_groups`: security groups that have no
    room for all rules that the network wants there.
    """

    plan: Plan
    reports: tuple[Report, ...] = ()
    waits_for: str = ""
    again_seconds: float | None = None
    network: bool = False
    tracked: TrackedGroup | None = None
    held: Plan | None = None
    lookups: tuple[Lookup, ...] = ()
    quarantined: tuple[Problem, ...] = ()
    keeps: KubernetesWrite | None = None
    unkept: str = ""
    tidying: Plan | None = None
    given_secrets: Mapping[str, str] = field(default_factory=dict)
    full_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Errored:
    """The input cannot be understood: nothing is changed. `plan` has the verdict errored and is for reading only.
    `look_again`: what is wrong may pass without a change of any object that is watched."""

    plan: Plan
    problems: tuple[Problem, ...]
    reports: tuple[Report, ...] = ()
    look_again: bool = False


Outcome = Planned | Needs | Errored
