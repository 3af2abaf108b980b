"""Readiness gates by intent: of bindings that stand, and of target groups that are only wanted."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Inventory
from services.planner.core.build.intents import intended_target_groups
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import Meta, Pod, Service, TargetGroupBinding
from services.planner.core.review.pods import reviewed_gates
from services.planner.core.tags import binding_labels
from tests.unit.planner_core.build_inputs import KEY, built, ingress, service, stack_input

PREFIX = "target-health.elbv2.k8s.aws/"
APP = {"app": "app"}
BY_ADDRESS = {"target-type": "ip"}


def pod(*gates: str, labels: dict[str, str] | None = None) -> Pod:
    """A pod that is about to be made."""
    return Pod(meta=Meta(namespace="shop", name="", labels=APP if labels is None else labels), readiness_gates=gates)


def app(**fields: Any) -> Service:
    return replace(service(), **{"selector": APP, **fields})


def of_group(annotations: dict[str, str] | None = None, **fields: Any) -> StackInput:
    """The stack of one Ingress of target type ip, of which nothing is known in AWS."""
    asked = ingress(BY_ADDRESS if annotations is None else annotations)
    return stack_input(asked, **{"services": {("shop", "app"): app()}, "inventory": Inventory(), **fields})


def binding(name: str, *, target_type: str = "ip", **fields: Any) -> TargetGroupBinding:
    meta = fields.pop("meta", Meta(namespace="shop", name=name))
    made = TargetGroupBinding(meta=meta, service_name="app", service_port=80, target_type=target_type)
    return replace(made, **fields)


def test_the_gate_of_a_new_stack_is_named_as_its_plan_will_name_the_target_group() -> None:
    planned = built(of_group(inventory=stack_input().inventory))
    (name,) = (group.name for group in planned.target_groups)
    assert reviewed_gates(pod(), [app()], [], [of_group()]) == (f"{PREFIX}{name}",)


def test_a_service_that_asks_for_a_load_balancer_intends_a_gate_for_each_port() -> None:
    asked = app(
        type="LoadBalancer",
        meta=replace(
            service().meta,
            annotations={"service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip"},
        ),
        load_balancer_class="service.k8s.aws/nlb",
    )
    key = StackKey(kind=StackKind.SERVICE, namespace="shop", name="app")
    inp = replace(of_group(), key=key, ingresses=(), services={("shop", "app"): asked})
    (group,) = intended_target_groups(inp)
    assert reviewed_gates(pod(), [asked], [], [inp]) == (f"{PREFIX}{group.name}",)


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param(of_group({"target-type": "instance"}), id="targets that are instances"),
        pytest.param(of_group({**BY_ADDRESS, "group.order": "first"}), id="an Ingress in which something is wrong"),
        pytest.param(of_group(classes={}), id="an Ingress of no class that is known"),
        pytest.param(of_group(services={}), id="an Ingress whose Service is not there"),
    ],
)
def test_nothing_is_intended_for(stack: StackInput) -> None:
    assert reviewed_gates(pod(), [app()], [], [stack]) == ()


@pytest.mark.parametrize(
    "selector",
    [pytest.param({}, id="an empty selector"), pytest.param({"app": "other"}, id="a selector for others")],
)
def test_a_pod_that_no_service_selects_gets_no_gate(selector: dict[str, str]) -> None:
    assert reviewed_gates(pod(), [app(selector=selector)], [binding("own")], [of_group()]) == ()


def test_bindings_of_users_count_in_order_of_their_names() -> None:
    bindings = [binding("b"), binding("a"), binding("i", target_type="instance")]
    assert reviewed_gates(pod(), [app(selector=APP)], bindings, []) == (f"{PREFIX}a", f"{PREFIX}b")


def test_a_binding_that_goes_away_and_one_that_no_gate_can_name_are_left_out() -> None:
    going = binding("going", meta=Meta(namespace="shop", name="going", deleted_at="2026-01-01T00:00:00Z"))
    assert reviewed_gates(pod("mine"), [app()], [going, binding("b" * 64)], []) == ("mine",)


def test_gates_that_are_there_stay_and_old_ones_are_replaced() -> None:
    given = pod("example.com/ready", "target-health.alb.ingress.k8s.aws/x_y_80", f"{PREFIX}own")
    assert reviewed_gates(given, [app()], [binding("own"), binding("two")], []) == (
        "example.com/ready",
        f"{PREFIX}own",
        f"{PREFIX}two",
    )


def test_old_gates_stay_where_nothing_replaces_them() -> None:
    old = "target-health.alb.ingress.k8s.aws/x_y_80"
    assert reviewed_gates(pod(old), [app()], [], []) == (old,)


def test_while_aws_is_not_known_a_standing_binding_stands_for_its_target_group() -> None:
    standing = binding(
        "k8s-shop-app-renamed",
        meta=Meta(namespace="shop", name="k8s-shop-app-renamed", labels=binding_labels(KEY)),
        target_group_protocol="HTTP",
    )
    found = reviewed_gates(pod(), [app()], [standing], [of_group(bindings=(standing,))])
    assert found == (f"{PREFIX}k8s-shop-app-renamed",)


def test_nothing_is_intended_for_a_member_whose_listeners_only_redirect() -> None:
    group = {**BY_ADDRESS, "group.name": "g"}
    secure = {"listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', "ssl-redirect": "443"}
    plain = ingress(group)
    other = ingress({**group, **secure}, meta={"name": "secure", "uid": "uid-secure"})
    key = StackKey(kind=StackKind.INGRESS, namespace="", name="g")

    (intended,) = intended_target_groups(of_group(key=key, ingresses=(plain, other)))

    assert str(intended.asked_by) == "Ingress/shop/secure"
