"""The sandbox's kubelet: gives each pod an address of the VPC, makes it ready, and ends it.

Pods do not serve traffic and probes are not run: a container is ready as soon as its pod has an address. Readiness
gates, graceful termination and the addresses themselves are as on a real node.
"""

from sandbox.kubernetes.kubelet.kubelet import Kubelet

__all__ = ["Kubelet"]
