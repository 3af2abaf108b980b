"""Readiness gates of a pod that is about to be made, by intent: also for target groups that do not exist yet.

A gate is named for the binding that opens it, and a binding of ours for its target group, so that the name is known
from the moment the Ingress or Service is (targets and readiness, sections 8 and 9; naming and tags, section 7).
"""

from collections.abc import Iterable, Mapping

from services.planner.core.build.intents import intended_target_groups
from services.planner.core.build.standing import is_known
from services.planner.core.desired import DesiredTargetGroup
from services.planner.core.inputs import StackInput
from services.planner.core.objects import Pod, Service, TargetGroupBinding
from services.planner.core.targets.tracking import GATE_PREFIX

_LEGACY_PREFIX = "target-health.alb.ingress.k8s.aws"
# A condition type is a qualified name (Kubernetes, PodSpec): what follows the slash has at most 63 characters.
_MAX_NAME = 63


def reviewed_gates(
    pod: Pod, services: Iterable[Service], bindings: Iterable[TargetGroupBinding], stacks: Iterable[StackInput]
) -> tuple[str, ...]:
    """All gates that the pod is to have. `services`: those of its namespace; `bindings`: those of its namespace;
    `stacks`: those whose Ingress or Service names one of the Services."""
    selecting = {s.meta.name for s in services if s.meta.namespace == pod.meta.namespace and _selects(s, pod)}
    standing = [b for b in bindings if b.target_type == "ip" and not b.meta.deleting and b.service_name in selecting]
    names = {b.meta.name for b in standing}
    for stack in stacks:
        names |= {g.name for g in _intended(stack) if _will_hold(g, pod, selecting)}
    wanted = [f"{GATE_PREFIX}{name}" for name in sorted(names) if len(name) <= _MAX_NAME]
    if not wanted:
        return pod.readiness_gates
    kept = (gate for gate in pod.readiness_gates if not gate.startswith(_LEGACY_PREFIX))
    return tuple(dict.fromkeys((*kept, *wanted)))


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector picks the labels; an empty one picks nothing."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _selects(service: Service, pod: Pod) -> bool:
    return selects(service.selector, pod.meta.labels)


def _will_hold(group: DesiredTargetGroup, pod: Pod, selecting: set[str]) -> bool:
    binding = group.binding
    return group.target_type == "ip" and binding.namespace == pod.meta.namespace and binding.service_name in selecting


def _intended(stack: StackInput) -> Iterable[DesiredTargetGroup]:
    """Those that the stack will have. While it is not known what of it stands in AWS, a target group whose binding
    stands is left to that: it may have another name than a new one would."""
    groups = intended_target_groups(stack)
    if is_known(stack):
        return groups
    held = {_content(b.service_name, b.service_port, b.target_type, b.target_group_protocol) for b in stack.bindings}
    return [g for g in groups if _content(*_of(g)) not in held]


def _of(group: DesiredTargetGroup) -> tuple[str, int | str, str, str]:
    return group.binding.service_name, group.binding.service_port, group.target_type, group.protocol


def _content(service: str, port: int | str, target_type: str, protocol: str) -> tuple[str, str, str, str]:
    return service, str(port), target_type, protocol
