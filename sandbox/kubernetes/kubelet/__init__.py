"""The sandbox's kubelet: gives each pod an address of the VPC, runs its containers, and ends it.

Every container is an echo server (`sandbox.kubernetes.application`), whatever its image. Addresses, probes, restarts,
readiness gates and graceful termination are as on a real node.
"""

from sandbox.kubernetes.kubelet.kubelet import Kubelet

__all__ = ["Kubelet"]
