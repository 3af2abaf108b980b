"""Access to a Kubernetes API over HTTP, for the sandbox's own controllers and kubelet.

Nothing here knows which API server answers: the sandbox's own and a real kube-apiserver are used alike.
"""

from sandbox.kubernetes.client.access import Access, read_kubeconfig, write_kubeconfig
from sandbox.kubernetes.client.cluster import Cluster
from sandbox.kubernetes.client.http import ApiError, Client
from sandbox.kubernetes.client.informer import Informer
from sandbox.kubernetes.client.objects import Key, Object

__all__ = [
    "Access",
    "ApiError",
    "Client",
    "Cluster",
    "Informer",
    "Key",
    "Object",
    "read_kubeconfig",
    "write_kubeconfig",
]
