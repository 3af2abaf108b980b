"""A Kubernetes API server for the sandbox: HTTP on loopback, objects in memory, behaviour of the real one."""

from sandbox.kubernetes.apiserver.server import ApiServer, NotLoopback

__all__ = ["ApiServer", "NotLoopback"]
