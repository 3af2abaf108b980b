"""Which targets of a group matter now: closed gates, not yet healthy, draining (architecture, section 8)."""

from collections.abc import Mapping

from services.planner.core.aws import Health, Target
from services.planner.core.keys import BindingKey
from services.planner.core.objects import Pod
from services.planner.core.outcomes import Tracked, TrackedGroup
from services.planner.core.plans import OWN_ROLE, AssumedRole
from services.planner.core.targets.wanted import Wanted

GATE_PREFIX = "target-health.elbv2.k8s.aws/"


def tracked_group(
    arn: str,
    key: BindingKey,
    wanted: Wanted,
    registered: Mapping[Target, Health],
    *,
    attached: bool,
    role: AssumedRole = OWN_ROLE,
) -> TrackedGroup:
    """The whole set, sorted. AWS does not check targets of a group that no listener uses: only gates matter then."""
    found = []
    for target in sorted(wanted.targets):
        gate = _closed_gate(key, wanted.pods.get(target))
        health = registered.get(target)
        if gate or (attached and (health is None or health.state != "healthy")):
            found.append(_tracked(target, wanted.pods.get(target), gate))
    going = [t for t, h in sorted(registered.items()) if h.going and t not in wanted.targets]
    found += [Tracked(id=t.id, port=t.port) for t in going]
    return TrackedGroup(target_group_arn=arn, binding=key, targets=tuple(found), role=role)


def _closed_gate(key: BindingKey, pod: Pod | None) -> str:
    gate = f"{GATE_PREFIX}{key.name}"
    if pod is None or gate not in pod.readiness_gates:
        return ""
    condition = pod.conditions.get(gate)
    return "" if condition is not None and condition.status == "True" else gate


def _tracked(target: Target, pod: Pod | None, gate: str) -> Tracked:
    if pod is None:
        return Tracked(id=target.id, port=target.port)
    return Tracked(
        id=target.id,
        port=target.port,
        pod_namespace=pod.meta.namespace,
        pod_name=pod.meta.name,
        pod_uid=pod.meta.uid,
        gate=gate,
    )
