"""What befalls pods and nodes: a pod is killed, a zone is cut off. Switched where the API's own faults are.

It acts through the Kubernetes API alone, on the sandbox's own server as on a real one; annotations tell the kubelet.
"""

from sandbox.kubernetes.disasters.pods import Disasters

__all__ = ["Disasters"]
