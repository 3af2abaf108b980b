"""Whether what is behind a target still exists, wanted or not."""

from services.planner.core.aws import Target
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Pod
from services.planner.core.targets.instances import instance_id

_ENDED = frozenset({"Succeeded", "Failed"})


def present(inp: BindingInput, target: Target) -> bool:
    """Whether a pod at the target's address, or the node that is the instance, stands and does not terminate."""
    if inp.binding.target_type == "instance":
        nodes = (n for n in inp.nodes.values() if not n.meta.deleting)
        return any(instance_id(n) == target.id for n in nodes)
    return any(_serves(pod, target) for pod in (*inp.pods.values(), *inp.bystanders))


def stands(pod: Pod) -> bool:
    """Whether the pod runs, or is to, and does not terminate."""
    return not pod.meta.deleting and pod.phase not in _ENDED


def _serves(pod: Pod, target: Target) -> bool:
    """Whether the pod may be what answers there. Pods on a node's own address share it, so declared ports decide."""
    ports = {p.port for p in pod.ports}
    at_address = target.id in (pod.ip, *pod.ips)
    return at_address and stands(pod) and (not ports or target.port in ports)
