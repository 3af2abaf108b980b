"""Taking over targets that the reference controller registered: bindings, and the rules behind them, change nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.planner.core.aws import Health, Interface, Inventory, Target, TargetRecord
from services.planner.core.binding import plan_binding
from services.planner.core.inputs import BindingInput, NetworkInput, View
from services.planner.core.keys import BindingKey, NetworkKey
from services.planner.core.network import plan_network
from services.planner.core.objects import EndpointSlice, Node, Pod, Service, TargetGroupBinding
from services.planner.core.outcomes import Planned
from services.planner.core.plans import Plan
from services.planner.core.targets.records import entry
from tests.conformance.recordings import Recording, cluster, objects, recordings, world
from tests.conformance.standing import adopted_objects, standing

SCENARIOS = ("targetgroupbinding-ip", "ingress-multi-cluster", "readiness-gate", "ingress-2048", "service-nlb-instance")
STEPS = [pytest.param(r, id=r.id) for scenario in SCENARIOS for r in recordings(scenario)]


def account(recording: Recording) -> Inventory:
    """What stood in AWS, with the registered targets, what was noted of shared groups, and the nodes' interfaces."""
    targets = {
        f"tg:{name}": {_target(text): Health(state="healthy") for text in x["targets"]}
        for name, x in recording.aws["targetGroups"].items()
    }
    interfaces = {
        node["eni"]: Interface(
            id=node["eni"],
            groups=("sg:eks-node",),
            addresses=(node["ip"],),
            instance_id=node["id"],
            device_index=0,
        )
        for node in world()["world"]["nodes"]
    }
    known = standing(recording)
    instances = frozenset(i.instance_id for i in interfaces.values())
    records = (
        TargetRecord(binding=f"{b.meta.namespace}/{b.meta.name}", entries=frozenset(map(entry, targets[arn])))
        for b in bindings(recording)
        if (arn := b.target_group_arn) in targets
    )
    return replace(
        known,
        targets=targets,
        interfaces=interfaces,
        target_records={r.binding: r for r in records},
        knowledge=replace(known.knowledge, instances=instances),
    )


def _target(text: str) -> Target:
    described = json.loads(text)
    nodes = {f"node:{node['az']}": node["id"] for node in world()["world"]["nodes"]}
    return Target(id=nodes.get(described["Id"], described["Id"]), port=int(described["Port"]))


def bindings(recording: Recording) -> tuple[TargetGroupBinding, ...]:
    """The recorded bindings."""
    return tuple(o for o in objects(adopted_objects(recording)) if isinstance(o, TargetGroupBinding))


def inputs(recording: Recording) -> Iterator[BindingInput]:
    """The input of every recorded binding."""
    seen, known = objects(recording.raw), account(recording)
    for binding in bindings(recording):
        namespace = binding.meta.namespace
        services = (o for o in seen if isinstance(o, Service) and o.meta.namespace == namespace)
        slices = (o for o in seen if isinstance(o, EndpointSlice) and o.meta.namespace == namespace)
        yield BindingInput(
            cluster=cluster(),
            view=View(),
            key=BindingKey(namespace=namespace, name=binding.meta.name),
            binding=binding,
            service=next(s for s in services if s.meta.name == binding.service_name),
            slices=tuple(s for s in slices if s.service_name == binding.service_name),
            pods={(o.meta.namespace, o.meta.name): o for o in seen if isinstance(o, Pod)},
            nodes={o.meta.name: o for o in seen if isinstance(o, Node)},
            inventory=known,
        )


@pytest.mark.parametrize("recording", STEPS)
def test_the_plans_for_recorded_bindings_are_empty(recording: Recording) -> None:
    for inp in inputs(recording):
        outcome = plan_binding(inp)
        assert isinstance(outcome, Planned), outcome
        assert outcome.plan == Plan(key=inp.key)
        assert outcome.waits_for == ""


@pytest.mark.parametrize("recording", STEPS)
def test_the_plan_for_the_recorded_rules_is_empty(recording: Recording) -> None:
    found = tuple(inputs(recording))
    needed = any(b.meta.labels for b in bindings(recording))
    known = account(recording)
    outcome = plan_network(
        NetworkInput(cluster=cluster(), view=View(), bindings=found, shared_group_needed=needed, inventory=known)
    )
    assert isinstance(outcome, Planned), outcome
    assert outcome.plan == Plan(key=NetworkKey())
