"""From view and inventory to one frozen input."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.planner.core.inputs import BindingInput, Cluster, NetworkInput, StackInput, View
from services.planner.core.keys import BindingKey, NetworkKey, StackKey, StackKind
from services.planner.core.objects import Kind, TargetGroupBinding
from services.planner.inventory.store import Store
from services.planner.view.cluster import ClusterView
from services.planner.view.events import KindState, Reported
from services.planner.view.objects import Object
from services.planner.view.references import instance_id, stack_of_binding
from services.planner.work.bindings_to_come import BindingsToCome
from services.planner.work.gather import Gatherer
from services.planner.work.ledger import Ledger
from services.planner.work.network_needs import NetworkNeeds
from tests.unit.planner_shell.aws_things import CLUSTER, health, load_balancer, observation, store, target_group
from tests.unit.planner_shell.things import (
    ARN,
    BINDING,
    STACK,
    binding,
    class_params,
    endpoint,
    endpoints,
    ingress,
    ingress_class,
    meta,
    namespace,
    node,
    pod,
    service,
    view_of,
)

FACTS = Cluster(name=CLUSTER, region="us-west-2", vpc_id="vpc-1")
GONE = "2026-01-01T00:00:00Z"


def gatherer(view: ClusterView, known: Store | None = None) -> Gatherer:
    known = known or store()
    return Gatherer(
        FACTS,
        view,
        known,
        NetworkNeeds(view, known, Ledger(), cluster_name=CLUSTER),
        BindingsToCome(view, Ledger(), lambda _: False),
    )


def binding_input(gathering: Gatherer, key: BindingKey = BINDING) -> BindingInput:
    inp = gathering.gather(key)
    assert isinstance(inp, BindingInput)
    return inp


def network_input(gathering: Gatherer) -> NetworkInput:
    inp = gathering.gather(NetworkKey())
    assert isinstance(inp, NetworkInput)
    return inp


def test_a_stack_gets_what_its_member_names() -> None:
    front, web, tg, shop = ingress("front", "web", "missing"), service("web"), binding(), namespace("shop")
    alb, params = ingress_class("alb"), class_params("defaults")
    strangers = (ingress("other", "api"), service("api"), namespace("else"), binding("user", owned=False))
    view, known = view_of(front, web, tg, shop, alb, params, *strangers), store()
    known.observe(observation(10, load_balancer(), target_group()))
    assert gatherer(view, known).gather(STACK) == StackInput(
        cluster=FACTS,
        view=View(),
        key=STACK,
        ingresses=(front,),
        classes={"alb": alb},
        class_params={"defaults": params},
        namespaces={"shop": shop},
        services={("shop", "web"): web},
        bindings=(tg,),
        inventory=known.view(STACK),
        shared_group_needed_elsewhere=False,
    )


def test_a_stack_without_members_still_has_its_bindings() -> None:
    inp = gatherer(view_of(binding(), namespace("shop"))).gather(STACK)
    assert isinstance(inp, StackInput)
    assert (inp.ingresses, len(inp.bindings), list(inp.namespaces)) == ((), 1, ["shop"])


def test_a_binding_gets_its_service_slices_and_their_pods() -> None:
    tg, web, slice_, first, host = binding(), service("web"), endpoints(endpoint(1), endpoint(2)), pod("web-1"), node()
    strangers = (pod("stranger"), endpoints(endpoint(9), service="api", name="api-abc"), service("api"))
    view, known = view_of(tg, web, slice_, first, host, *strangers), store()
    assert binding_input(gatherer(view, known)) == BindingInput(
        cluster=FACTS,
        view=View(),
        key=BINDING,
        binding=tg,
        service=web,
        slices=(slice_,),
        pods={("shop", "web-1"): first},
        nodes={"node-1": host},
        inventory=known.view(BINDING),
    )


def test_a_binding_that_does_not_exist_has_no_input() -> None:
    assert gatherer(view_of()).gather(BINDING) is None


@pytest.mark.parametrize(
    ("things", "released", "deletes"),
    [
        pytest.param([ingress()], False, False, id="its stack stands"),
        pytest.param([ingress(deleted_at=GONE)], False, True, id="its stack is being deleted"),
        pytest.param([], False, False, id="its stack is gone without a word: nobody asked for a deletion"),
        pytest.param([ingress()], True, True, id="the plan of its stack takes it down"),
    ],
)
def test_whether_the_owner_takes_a_binding_down(things: list[Object], released: bool, deletes: bool) -> None:
    gathering = gatherer(view_of(binding(), *things))
    if released:
        gathering.released[STACK] = frozenset({BINDING})
    assert binding_input(gathering).owner_deleting is deletes
    assert [(inp.key, inp.owner_deleting) for inp in network_input(gathering).bindings] == [(BINDING, deletes)]


def test_nobody_takes_a_user_s_binding_down() -> None:
    assert not binding_input(gatherer(view_of(binding(owned=False), ingress(deleted_at=GONE)))).owner_deleting


@pytest.mark.parametrize(
    ("state", "for_stacks", "for_targets"),
    [
        pytest.param(KindState.REFUSED, {Kind.POD: "refused: no"}, {Kind.POD: "refused: no"}, id="refused"),
        pytest.param(KindState.LOST, {Kind.POD: "lost: no"}, {}, id="lost: targets stay as they were seen"),
    ],
)
def test_what_cannot_be_seen(state: KindState, for_stacks: Mapping[Kind, str], for_targets: Mapping[Kind, str]) -> None:
    view = view_of(binding())
    view.fold(Reported(kind=Kind.POD, state=state, message="no"))
    gathering = gatherer(view)
    stack = gathering.gather(STACK)
    assert isinstance(stack, StackInput)
    assert (stack.view.blind, binding_input(gathering).view.blind, network_input(gathering).view.blind) == (
        for_stacks,
        for_targets,
        for_targets,
    )


def test_records_that_cannot_be_seen_are_of_no_concern_to_the_network() -> None:
    view = view_of(binding())
    view.fold(Reported(kind=Kind.CONFIG_MAP, state=KindState.REFUSED, message="no"))
    gathering = gatherer(view)
    stack = gathering.gather(STACK)
    assert isinstance(stack, StackInput)
    assert (stack.view.blind, network_input(gathering).view.blind) == ({Kind.CONFIG_MAP: "refused: no"}, {})


@pytest.mark.parametrize(
    ("labels", "stack"),
    [
        pytest.param({}, None, id="a user's own"),
        pytest.param(
            {"ingress.k8s.aws/stack": "group"},
            StackKey(kind=StackKind.INGRESS, namespace="", name="group"),
            id="an explicit group",
        ),
        pytest.param(
            {"service.k8s.aws/stack-namespace": "a", "service.k8s.aws/stack-name": "b"},
            StackKey(kind=StackKind.SERVICE, namespace="a", name="b"),
            id="a Service",
        ),
        pytest.param({"ingress.k8s.aws/stack-name": "b"}, None, id="half of the labels"),
    ],
)
def test_the_stack_that_made_a_binding(labels: dict[str, str], stack: StackKey | None) -> None:
    made = TargetGroupBinding(meta=meta("tg", labels=labels), service_name="web", service_port=80)
    assert stack_of_binding(made) == stack


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        pytest.param("i-1", "i-1", id="an EC2 instance"),
        pytest.param("fargate-1", "", id="no instance"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_the_instance_of_a_node(instance: str, expected: str) -> None:
    assert instance_id(node(instance=instance)) == expected


def test_a_binding_gets_the_pods_at_its_targets_that_no_slice_names() -> None:
    known = store()
    known.observe(observation(1, health("healthy", arn=ARN)))
    elsewhere = replace(pod(), meta=meta("web-1", "other"))
    view = view_of(binding(), pod("web-1"), elsewhere, service("web"))

    assert [p.meta.name for p in binding_input(gatherer(view, known)).bystanders] == ["web-1"]
