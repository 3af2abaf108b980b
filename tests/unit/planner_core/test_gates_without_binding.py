"""Readiness gates of bindings that do not exist: opened as soon as nothing can make the binding any more."""

from dataclasses import replace

import pytest

from services.planner.core.inputs import GateInput
from services.planner.core.keys import BindingKey
from services.planner.core.objects import Condition, Meta, Pod
from services.planner.core.plans import KubernetesWrite
from services.planner.core.targets.readiness import closed_gates, plan_gates

KEY = BindingKey(namespace="shop", name="k8s-shop-web-1")
GATE = "target-health.elbv2.k8s.aws/k8s-shop-web-1"
LEGACY = "target-health.alb.ingress.k8s.aws/front_web_80"
POD = Pod(meta=Meta(name="web-0", namespace="shop", uid="u"), readiness_gates=("example.com/other", GATE))


def with_condition(pod: Pod, status: str) -> Pod:
    return replace(pod, conditions={GATE: Condition(type=GATE, status=status)})


@pytest.mark.parametrize(
    ("pod", "closed"),
    [
        pytest.param(POD, (GATE,), id="a gate without a condition is closed"),
        pytest.param(with_condition(POD, "False"), (GATE,), id="a gate that is False is closed"),
        pytest.param(with_condition(POD, "True"), (), id="a gate that is True is open"),
        pytest.param(replace(POD, meta=replace(POD.meta, deleted_at="now")), (), id="a pod that goes waits no more"),
        pytest.param(replace(POD, readiness_gates=(LEGACY,)), (LEGACY,), id="a gate of the older prefix counts"),
        pytest.param(replace(POD, readiness_gates=("example.com/other",)), (), id="gates of others do not"),
    ],
)
def test_closed_gates(pod: Pod, closed: tuple[str, ...]) -> None:
    assert closed_gates(pod) == closed


def test_a_gate_is_opened_when_nothing_wants_its_binding() -> None:
    (step,) = plan_gates(GateInput(key=KEY, pods=(POD,))).plan.steps
    assert step.work == KubernetesWrite(
        verb=step.work.verb,  # type: ignore[union-attr]
        api_version="v1",
        resource="pods",
        namespace="shop",
        name="web-0",
        uid="u",
        body={
            "type": GATE,
            "status": "True",
            "reason": "NoBinding",
            "message": "TargetGroupBinding k8s-shop-web-1 is not there, and nothing wants it",
        },
    )


def test_a_gate_stays_closed_while_its_binding_may_come() -> None:
    outcome = plan_gates(GateInput(key=KEY, pods=(POD,), awaited=True))
    assert outcome.plan.empty
    assert outcome.waits_for == "what would make the binding"


def test_a_gate_of_the_older_prefix_is_opened_whatever_may_come() -> None:
    pod = replace(POD, readiness_gates=(LEGACY,))
    key = BindingKey(namespace="shop", name="front_web_80")
    (step,) = plan_gates(GateInput(key=key, pods=(pod,), awaited=True)).plan.steps
    assert step.id == "open-legacy-gate-web-0"


def test_opened_gates_ask_for_nothing_more() -> None:
    assert plan_gates(GateInput(key=KEY, pods=(with_condition(POD, "True"),))).plan.empty
