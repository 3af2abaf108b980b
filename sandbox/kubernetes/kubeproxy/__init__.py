"""The sandbox's kube-proxy: the node ports of Services, on every node."""

from sandbox.kubernetes.kubeproxy.proxy import KubeProxy

__all__ = ["KubeProxy"]
