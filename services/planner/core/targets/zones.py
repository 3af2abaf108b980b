"""Zones that AWS has to be told of targets (targets and readiness, section 6): `all` for an address outside of the VPC,
and where AWS asks for names, that of the pod's node for every other one.
"""

from collections.abc import Iterable, Mapping

from services.planner.core.aws import Target
from services.planner.core.inputs import BindingInput
from services.planner.core.plans import OWN_ROLE
from services.planner.core.targets.group import role_of
from services.planner.core.targets.wanted import Wanted

EVERY_ZONE = "all"
_ZONE_LABEL = "topology.kubernetes.io/zone"


def zones_of(
    inp: BindingInput, wanted: Wanted, targets: Iterable[Target], outside: frozenset[Target]
) -> Mapping[Target, str]:
    """The zones of those targets that need one. Zones of another account have other names."""
    named = inp.zone_names and role_of(inp.binding) == OWN_ROLE
    listed = targets if named else outside
    return {t: EVERY_ZONE if t in outside else _of_node(inp, wanted, t) for t in listed}


def _of_node(inp: BindingInput, wanted: Wanted, target: Target) -> str:
    pod = wanted.pods.get(target)
    node = inp.nodes.get(pod.node_name) if pod is not None else None
    return (node.meta.labels.get(_ZONE_LABEL) if node is not None else None) or EVERY_ZONE
