"""Settings of the executor. Read by `app`."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AliasChoices, Field

from services.executor.core.buckets import parse_overrides
from services.runtime.settings import ServerSettings, SettingsGroup


def _buckets(text: str) -> str:
    parse_overrides(text)
    return text


class AwsSettings(SettingsGroup):
    """How much AWS is asked, and how long it is waited for."""

    rate_scale: float = Field(default=1.0, gt=0)
    """Factor on all rates of the budget, for an account with raised limits or a fake of AWS."""

    buckets: Annotated[str, AfterValidator(_buckets)] = ""
    """Other rates than AWS's documented ones: bucket=burst/per-second, separated by commas, before the scale."""

    account_wide: bool = True
    """Keep the account-wide limit of 40 calls and 10 per second over all of Elastic Load Balancing's calls."""

    sweep_share: float = Field(default=0.1, gt=0, le=1)
    """Part of the rate of reads, from 0 to 1, that the search for drift takes at most."""

    call_timeout_seconds: float = Field(default=10.0, gt=0, le=120)
    """Seconds that one attempt may take to connect, and to be answered."""

    retry_seconds: float = Field(default=10.0, ge=0, le=120)
    """Seconds after the first attempt within which a call is tried again; afterwards its failure is a result."""

    threads: int = Field(default=16, ge=1, le=256)
    """Calls at once in urgent lanes, and as many again in the others."""


class LeaseSettings(SettingsGroup):
    """The Lease by which planners elect their leader."""

    namespace: str = "kube-system"
    """Namespace of the planner's Lease."""

    name: str = "elbow-planner"
    """Name of the planner's Lease."""


class TrackSettings(SettingsGroup):
    """How target health is polled while targets are in motion."""

    first_seconds: float = Field(default=1.0, gt=0)
    """Seconds from a change of a group's targets to the poll after it: no health check answers earlier."""

    factor: float = Field(default=1.5, ge=1)
    """Factor from one interval to the next."""

    longest_seconds: float = Field(default=15.0, gt=0)
    """Longest interval between polls of one group, in seconds."""


class ExecutorSettings(ServerSettings):
    """What the executor takes."""

    other_names: ClassVar[Mapping[str, str]] = {
        "--leader-election-id": "--lease-name",
        "--leader-election-namespace": "--lease-namespace",
    }

    cluster_name: str = Field(min_length=1)
    """Name of the cluster: value of the ownership tag that every resource carries."""

    aws_region: str = Field(min_length=1, validation_alias="aws_region")
    """AWS region."""

    aws_vpc_id: str = Field(min_length=1, validation_alias=AliasChoices("aws_vpc_id", "elbow_vpc_id"))
    """Id of the cluster's VPC."""

    aws_endpoint_url: str = Field(default="", validation_alias="aws_endpoint_url")
    """URL of AWS, for a fake of it; empty: AWS's own endpoints."""

    kubeconfig: str | None = Field(default=None, validation_alias="kubeconfig")
    """Kubeconfig file; without one the pod's service account is used, or the user's default outside of a pod."""

    aws: AwsSettings = AwsSettings()

    lease: LeaseSettings = LeaseSettings()

    track: TrackSettings = TrackSettings()
