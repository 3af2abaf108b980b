"""Nodes as instance targets (targets and readiness, section 3)."""

from collections.abc import Mapping

from services.planner.core.label_selectors import matches
from services.planner.core.objects import LabelSelector, Node

_EXCLUDING_LABELS = (
    "node-role.kubernetes.io/master",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "alpha.service-controller.kubernetes.io/exclude-balancer",
)


def suitable_nodes(nodes: Mapping[str, Node], selector: LabelSelector | None, *, fail_open: bool) -> tuple[Node, ...]:
    """Nodes that take traffic, by name; nodes of unknown readiness only where no ready one is left, and only to
    `fail_open`."""
    fit = [
        n for _, n in sorted(nodes.items()) if _suitable(n) and (selector is None or matches(selector, n.meta.labels))
    ]
    ready = tuple(n for n in fit if n.ready == "True")
    return ready or tuple(n for n in fit if fail_open and n.ready == "Unknown")


def instance_id(node: Node) -> str | None:
    """The id that the load balancer knows the node by; None for a provider id that names no instance."""
    last = node.provider_id.rsplit("/", 1)[-1]
    if last.startswith("i-"):
        return last
    if node.provider_id.startswith("eks-hybrid://") and last.startswith("mi-"):
        return f"hybrid-{last}"
    return None


def _suitable(node: Node) -> bool:
    labels = node.meta.labels
    if any(k in labels for k in _EXCLUDING_LABELS) or labels.get("eks.amazonaws.com/compute-type") == "fargate":
        return False
    return not any(
        t.key == "ToBeDeletedByClusterAutoscaler" or (t.key == "karpenter.sh/disrupted" and t.effect == "NoSchedule")
        for t in node.taints
    )
