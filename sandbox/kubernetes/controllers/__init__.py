"""The controllers that turn a Deployment into pods and EndpointSlices, and clean up after deletions.

They meet the API server only over HTTP, so that it can be exchanged. The kubelet, which gives pods addresses and makes
them ready, is `sandbox.kubernetes.kubelet`.
"""

from sandbox.kubernetes.controllers.manager import ControllerManager

__all__ = ["ControllerManager"]
