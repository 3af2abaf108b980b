"""Readiness gates that the planner opens itself: no target's health will ever open them (architecture, section 8).

A gate belongs to the binding in its name. Where that goes, is not wanted any more or cannot be made, its pods do not
wait for ever. Gates of the prefix that the reference controller had before are opened by nobody else either.
"""

from collections.abc import Iterable

from services.planner.core.draft import Draft
from services.planner.core.inputs import GateInput
from services.planner.core.keys import BindingKey
from services.planner.core.objects import Pod
from services.planner.core.outcomes import Planned
from services.planner.core.plans import KubernetesWrite, Verb
from services.planner.core.problems import Reason
from services.planner.core.targets.tracking import GATE_PREFIX

LEGACY_PREFIX = "target-health.alb.ingress.k8s.aws/"


def closed_gates(pod: Pod) -> tuple[str, ...]:
    """The pod's gates of ours that are not open, in order; a pod that goes waits for none."""
    if pod.meta.deleting:
        return ()
    named = (g for g in pod.readiness_gates if g.startswith((GATE_PREFIX, LEGACY_PREFIX)))
    return tuple(g for g in named if (c := pod.conditions.get(g)) is None or c.status != "True")


def binding_name(gate: str) -> str:
    """The name of the binding that a gate belongs to, in the namespace of its pod."""
    return gate.partition("/")[2]


def plan_gates(inp: GateInput) -> Planned:
    """The outcome for gates of a binding that does not exist. Total: every input gives one."""
    draft = Draft()
    legacy = [(p, g) for p in inp.pods for g in closed_gates(p) if g == f"{LEGACY_PREFIX}{inp.key.name}"]
    message = f"TargetGroupBinding {inp.key.name} is not there, and nothing wants it"
    for pod, gate in legacy:
        _open(draft, pod, gate, str(Reason.NO_BINDING), message, ())
    if not inp.awaited:
        open_gates(draft, inp.key, inp.pods, str(Reason.NO_BINDING), message)
    waits_for = "what would make the binding" if inp.awaited else ""
    return Planned(plan=draft.plan(inp.key), waits_for=waits_for)


def open_gates(
    draft: Draft, key: BindingKey, pods: Iterable[Pod], reason: str, message: str, after: Iterable[str] = ()
) -> tuple[str, ...]:
    """Steps that open the binding's gate on those of the pods where it is closed; answers their ids."""
    gate = f"{GATE_PREFIX}{key.name}"
    waiting = [pod for pod in pods if gate in closed_gates(pod)]
    return tuple(_open(draft, pod, gate, reason, message, after) for pod in waiting)


def _open(draft: Draft, pod: Pod, gate: str, reason: str, message: str, after: Iterable[str]) -> str:
    write = KubernetesWrite(
        verb=Verb.CONDITION,
        api_version="v1",
        resource="pods",
        namespace=pod.meta.namespace,
        name=pod.meta.name,
        uid=pod.meta.uid,
        body={"type": gate, "status": "True", "reason": reason, "message": message},
    )
    prefix = "open-legacy-gate" if gate.startswith(LEGACY_PREFIX) else "open-gate"
    return draft.write(f"{prefix}-{pod.meta.name}", write, after)
