"""Tags and labels by which a stack finds its own."""

from dataclasses import replace

import pytest

from services.planner.core import tags
from services.planner.core.keys import StackKey, StackKind
from tests.unit.planner_core.build_inputs import CLUSTER, KEY

GROUP = StackKey(kind=StackKind.INGRESS, namespace="", name="shop")
OWN = {
    "elbv2.k8s.aws/cluster": "c1",
    "ingress.k8s.aws/stack": "shop/web",
    "ingress.k8s.aws/resource": "LoadBalancer",
}


def test_tracking_tags_win_over_default_tags_and_these_over_the_ones_asked_for() -> None:
    cluster = replace(CLUSTER, default_tags={"Env": "default", "Owner": "default"})
    asked = {"Env": "asked", "Team": "asked", "elbv2.k8s.aws/cluster": "asked"}

    found = tags.resource_tags(cluster=cluster, key=KEY, resource_id="LoadBalancer", asked=asked)

    assert found == {**OWN, "Env": "default", "Owner": "default", "Team": "asked"}
    assert list(found) == sorted(found)


def test_a_rule_of_an_explicit_group_carries_the_groups_name() -> None:
    assert tags.resource_tags(cluster=CLUSTER, key=GROUP, resource_id="443:3") == {
        "elbv2.k8s.aws/cluster": "c1",
        "ingress.k8s.aws/stack": "shop",
        "ingress.k8s.aws/resource": "443:3",
    }


def test_the_shared_group_has_two_fixed_tags_and_the_default_ones() -> None:
    cluster = replace(CLUSTER, default_tags={"Env": "default"})

    assert tags.shared_group_tags(cluster) == {
        "Env": "default",
        "elbv2.k8s.aws/cluster": "c1",
        "elbv2.k8s.aws/resource": "backend-sg",
    }


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        pytest.param({**OWN, "more": "x"}, True, id="all three and another one"),
        pytest.param({**OWN, "elbv2.k8s.aws/cluster": "c2"}, False, id="another cluster's"),
        pytest.param({**OWN, "ingress.k8s.aws/stack": "shop/other"}, False, id="another stack's"),
        pytest.param({**OWN, "ingress.k8s.aws/resource": "80"}, False, id="another resource of the stack"),
        pytest.param(None, False, id="not read"),
    ],
)
def test_a_resource_is_known_by_its_three_tags(found: dict[str, str] | None, ours: bool) -> None:
    assert tags.is_resource(found, cluster=CLUSTER, key=KEY, resource_id="LoadBalancer") is ours


@pytest.mark.parametrize(
    ("key", "labels"),
    [
        pytest.param(
            KEY,
            {"ingress.k8s.aws/stack-namespace": "shop", "ingress.k8s.aws/stack-name": "web"},
            id="an Ingress of its own",
        ),
        pytest.param(GROUP, {"ingress.k8s.aws/stack": "shop"}, id="an explicit group"),
        pytest.param(
            StackKey(kind=StackKind.SERVICE, namespace="shop", name="web"),
            {"service.k8s.aws/stack-namespace": "shop", "service.k8s.aws/stack-name": "web"},
            id="a Service",
        ),
    ],
)
def test_bindings_carry_the_stack_in_their_labels(key: StackKey, labels: dict[str, str]) -> None:
    assert tags.binding_labels(key) == labels
