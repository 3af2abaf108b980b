"""What can be chosen about a sandbox; read from flags and environment by its command."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.aws.elbv2.delays import IMMEDIATE, Delays

CRDS = Path(__file__).resolve().parent.parent / "deploy" / "crds"
"""The custom resource definitions that the project ships."""


class SandboxError(Exception):
    """Why the sandbox cannot run, in words for the one who started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """One sandbox."""

    directory: Path
    """Where its files go: kubeconfig, env, world.json, sandbox.json and, for a real API server, its data and logs."""
    aws_port: int = 0
    """Port of the AWS endpoint; 0 takes a free one."""
    kube_port: int = 0
    """Port of the Kubernetes API; 0 takes a free one."""
    cluster_name: str = "rig"
    """The cluster that the seeded subnets and security groups are tagged for."""
    termination_seconds: float = 0.2
    """How long a container takes to end after its signal, in sandbox seconds; the pod's grace period caps it."""
    clock_factor: float = 1.0
    """Sandbox seconds in a second of the wall, for all delays of AWS and of the kubelet together."""
    delays: Delays = IMMEDIATE
    """How long AWS takes for what it does by itself, in sandbox seconds."""
    eager_checks: bool = True
    """Whether targets that are not healthy are checked more often than AWS would."""
    health_checks: bool = True
    """Whether targets are really checked; otherwise they are healthy as soon as they are in use."""
    throttling: bool = False
    """Whether AWS limits the rate of requests as it does for a real account."""
    traffic: bool = True
    """Whether load balancers carry traffic: the data plane is a process of its own."""
    assets: Path | None = None
    """Folder with `kube-apiserver` and `etcd`, to be used in place of the sandbox's own API server."""
    crds: Path = CRDS
    """Folder with the custom resource definitions to apply."""
