"""Settings of the planner process. Read by `app`."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import AliasChoices, Field

from services.planner.caution import Mode
from services.planner.core.limits import Limits
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.planning_settings import PlanningSettings
from services.runtime.settings import SettingsGroup


class WatcherSettings(SettingsGroup):
    """Where the cluster is seen."""

    address: str
    """Address of the watcher, host:port."""


class ExecutorSettings(SettingsGroup):
    """Where plans are executed."""

    address: str
    """Address of the executor, host:port."""


class LeaseSettings(SettingsGroup):
    """The Lease by which planners elect their leader."""

    namespace: str = "kube-system"
    """Namespace of the Lease."""

    name: str = "elbow-planner"
    """Name of the Lease; the executor reads the same."""

    duration_seconds: int = Field(default=15, ge=3, le=300)
    """Seconds after its last renewal in which the Lease stays with its holder, as in Kubernetes' own components."""

    renew_seconds: float = Field(default=2.0, gt=0, le=60)
    """Seconds between renewals."""


class ReferenceSettings(SettingsGroup):
    """The Lease by which aws-load-balancer-controller, the reference controller, shows that it runs."""

    namespace: str = "kube-system"
    """Namespace that it runs in."""

    lease: str = "aws-load-balancer-controller-leader"
    """Name of its Lease."""

    every_seconds: float = Field(default=2.0, gt=0, le=60)
    """Seconds between looks at it."""


class LookupSettings(SettingsGroup):
    """How long answers of AWS are taken for true, in seconds."""

    network_seconds: float = Field(default=Lifetimes().network, gt=0)
    """VPC, subnets and zones: a new subnet is found that much later."""

    routes_seconds: float = Field(default=Lifetimes().route_tables, gt=0)
    """Route tables."""

    interfaces_seconds: float = Field(default=Lifetimes().interfaces, gt=0)
    """Network interfaces of an instance: security groups exchanged on a standing node are found that much later."""

    addresses_seconds: float = Field(default=Lifetimes().addresses, gt=0)
    """Network interfaces found by address."""

    groups_seconds: float = Field(default=Lifetimes().groups, gt=0)
    """Security groups asked for by id."""

    made_seconds: float = Field(default=Lifetimes().made, ge=0)
    """How long a resource that was just made is believed against an answer of AWS that lacks it."""

    @property
    def lifetimes(self) -> Lifetimes:
        """The same as the inventory takes them."""
        return Lifetimes(
            network=self.network_seconds,
            route_tables=self.routes_seconds,
            interfaces=self.interfaces_seconds,
            addresses=self.addresses_seconds,
            groups=self.groups_seconds,
            made=self.made_seconds,
        )


class SweepSettings(SettingsGroup):
    """The search for drift: what somebody else changed in AWS is found, put right and told."""

    period_seconds: float = Field(default=3_600.0, ge=0)
    """Seconds in which everything is looked at once; longer where the executor's share of reads does not suffice. 0:
    never."""


class GuardSettings(SettingsGroup):
    """How far plans may go unasked; what goes further is held until somebody approves it."""

    removal_share: float = Field(default=Limits().removal_share, ge=0, le=1)
    """Part of a target group's healthy targets that may be removed within the window while their pods or nodes exist;
    the last one is held whatever the share."""

    window_seconds: float = Field(default=Limits().window_seconds, ge=0, le=86_400)
    """Seconds in which removals add up."""

    approve_replacements: bool = False
    """Hold plans that replace a load balancer, which gives it another DNS name."""

    @property
    def limits(self) -> Limits:
        """The same as the core takes them."""
        return Limits(
            removal_share=self.removal_share,
            window_seconds=self.window_seconds,
            approve_replacements=self.approve_replacements,
        )


class PlannerSettings(PlanningSettings):
    """What the planner takes beside what every service takes."""

    other_names: ClassVar[Mapping[str, str]] = {
        "--leader-election-id": "--lease-name",
        "--leader-election-namespace": "--lease-namespace",
    }

    watcher: WatcherSettings

    executor: ExecutorSettings

    identity: str = Field(min_length=1)
    """Identity in the Lease: the pod's name, or another that no second planner has and that survives a restart."""

    cluster_name: str = Field(min_length=1)
    """Name of the cluster: a part of every name, and value of the ownership tag of every resource."""

    aws_region: str = Field(min_length=1, validation_alias="aws_region")
    """AWS region."""

    aws_vpc_id: str = Field(min_length=1, validation_alias=AliasChoices("aws_vpc_id", "elbow_vpc_id"))
    """Id of the cluster's VPC."""

    namespace: str = Field(default="kube-system", min_length=1)
    """The namespace that Elbow runs in: there it keeps a record of each ingress group, for the time after a restart."""

    kubeconfig: Path | None = Field(default=None, validation_alias="kubeconfig")
    """Kubeconfig, its current context. Unset: the service account inside a pod, else the default file."""

    mode: Mode = Mode.EXECUTE
    """What is done with plans: `observe` shows them and writes nothing, to AWS or to Kubernetes."""

    ignore_reference_controller: bool = False
    """Execute although the reference controller runs: for clusters where the two never see the same objects."""

    lease: LeaseSettings = LeaseSettings()

    reference: ReferenceSettings = ReferenceSettings()

    lookup: LookupSettings = LookupSettings()

    sweep: SweepSettings = SweepSettings()

    guard: GuardSettings = GuardSettings()

    workers: int = Field(default=8, ge=1, le=128)
    """Keys worked on at once; planning itself takes one thread, so more workers only wait for AWS side by side."""

    register_collect_ms: float = Field(default=100.0, ge=0, le=10_000)
    """Milliseconds for which registrations of one target group gather from the first change, for fewer calls."""
