"""Annotations by which the kubelet is told what befalls it."""

KILL = "sandbox.elbow/kill"
"""On a pod: each new value kills its containers once, as the kernel does that runs out of memory."""
UNREACHABLE = "sandbox.elbow/unreachable"
"""On a node, whatever its value: nothing reaches the node, and its kubelet tells nothing."""
