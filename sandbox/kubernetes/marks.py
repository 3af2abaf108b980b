"""Annotations by which the kubelet is told what befalls it."""

KILL = "sandbox.elbow/kill"
"""On a pod: each new value kills its containers once, as the kernel does that has run out of memory."""
UNREACHABLE = "sandbox.elbow/unreachable"
"""On a node, whatever its value: nothing from elsewhere reaches the node, and its kubelet neither hears nor tells."""
