"""Which keys a change wakes, in which lane."""

from dataclasses import replace

import pytest

from services.planner.core.keys import BindingKey, Key, Lane, NetworkKey, StackKey, StackKind
from services.planner.core.objects import Kind, Taint
from services.planner.view.events import Changed
from services.planner.view.objects import Object, kind_of
from services.planner.view.wakes import wakes
from tests.unit.planner_shell.things import (
    BINDING,
    STACK,
    binding,
    class_params,
    endpoint,
    endpoints,
    ingress,
    ingress_class,
    namespace,
    node,
    pod,
    record,
    service,
    view_of,
)

NETWORK = NetworkKey()
INSTANCES = BindingKey(namespace="shop", name="instances")
OTHER_STACK = StackKey(kind=StackKind.INGRESS, namespace="shop", name="other")
DEFAULTED = StackKey(kind=StackKind.INGRESS, namespace="else", name="defaulted")
GONE = "2026-01-01T00:00:00Z"


def woken(old: Object | None, new: Object | None, *others: Object, first: bool = False) -> dict[Key, Lane]:
    """Keys that a change wakes in a view of `others` and the object as it is after the change."""
    thing = new or old
    assert thing is not None
    view = view_of(*others, *((new,) if new is not None else ()), at=1)
    return dict(wakes(Changed(kind=kind_of(thing), old=old, new=new, first=first), view))


WORLD = (
    ingress("front", "web"),
    ingress("other", "api", class_name="nginx"),
    ingress("defaulted", "web", namespace="else", class_name=None),
    binding(),
    binding("instances", target_type="instance", owned=False),
)
SLICE = endpoints(endpoint(1), endpoint(2))
WITH_SLICE = (*WORLD, SLICE)


@pytest.mark.parametrize(
    ("old", "new", "others", "expected"),
    [
        pytest.param(None, ingress(), (), {STACK: Lane.EDIT}, id="a new Ingress wakes its stack"),
        pytest.param(ingress(), None, (), {STACK: Lane.EDIT}, id="a deleted Ingress wakes its stack"),
        pytest.param(
            ingress(version=1), ingress(version=2), (), {}, id="a change of the resource version alone wakes nothing"
        ),
        pytest.param(
            service(),
            replace(service(), type="NodePort"),
            WORLD,
            {STACK: Lane.EDIT, BINDING: Lane.SERVE, INSTANCES: Lane.SERVE},
            id="a Service wakes stacks that name it and its bindings",
        ),
        pytest.param(
            service(),
            None,
            WORLD,
            {STACK: Lane.EDIT, BINDING: Lane.DRAIN, INSTANCES: Lane.DRAIN},
            id="a deleted Service takes its targets away",
        ),
        pytest.param(
            None, SLICE, WORLD, {BINDING: Lane.SERVE}, id="a new EndpointSlice wakes its Service's ip bindings only"
        ),
        pytest.param(
            endpoints(endpoint(1)), SLICE, WORLD, {BINDING: Lane.SERVE}, id="an added endpoint is a matter of serving"
        ),
        pytest.param(
            SLICE, endpoints(endpoint(1)), WORLD, {BINDING: Lane.DRAIN}, id="a vanished endpoint is to be drained"
        ),
        pytest.param(
            SLICE,
            endpoints(endpoint(1), endpoint(2, terminating=True)),
            WORLD,
            {BINDING: Lane.DRAIN},
            id="an endpoint that begins to terminate is to be drained",
        ),
        pytest.param(
            endpoints(endpoint(1, terminating=True)),
            endpoints(endpoint(2)),
            WORLD,
            {BINDING: Lane.SERVE},
            id="the end of an endpoint that was terminating is no news",
        ),
        pytest.param(SLICE, None, WORLD, {BINDING: Lane.DRAIN}, id="a deleted EndpointSlice is to be drained"),
        pytest.param(
            SLICE,
            endpoints(endpoint(1), endpoint(2), service="api"),
            (*WORLD, binding("api-tg", service="api")),
            {BINDING: Lane.DRAIN, BindingKey(namespace="shop", name="api-tg"): Lane.DRAIN},
            id="a slice that moves to another Service wakes both",
        ),
        pytest.param(
            pod(), replace(pod(), phase="Failed"), WITH_SLICE, {BINDING: Lane.SERVE}, id="a pod wakes through its slice"
        ),
        pytest.param(
            pod(),
            pod(deleted_at=GONE),
            WITH_SLICE,
            {BINDING: Lane.DRAIN},
            id="a pod whose deletion is asked for is drained at once",
        ),
        pytest.param(
            pod(deleted_at=GONE), None, WITH_SLICE, {BINDING: Lane.SERVE}, id="its end is no reason to hurry any more"
        ),
        pytest.param(pod(), None, WITH_SLICE, {BINDING: Lane.DRAIN}, id="a pod that vanishes is drained at once"),
        pytest.param(pod("stranger"), None, WITH_SLICE, {}, id="a pod that no slice names wakes nothing"),
        pytest.param(
            None,
            node(),
            (*WITH_SLICE, pod()),
            {INSTANCES: Lane.SERVE, BINDING: Lane.SERVE, NETWORK: Lane.SERVE},
            id="a new node wakes instance bindings, bindings of its pods, and the network",
        ),
        pytest.param(
            node(),
            node(ready="Unknown"),
            WITH_SLICE,
            {INSTANCES: Lane.DRAIN},
            id="a node that is not ready any more may have to leave",
        ),
        pytest.param(
            node(ready="Unknown"),
            node(),
            WITH_SLICE,
            {INSTANCES: Lane.SERVE},
            id="a node that is ready again is a matter of serving",
        ),
        pytest.param(
            node(),
            replace(node(), taints=(Taint(key="ToBeDeletedByClusterAutoscaler", effect="NoSchedule"),)),
            WITH_SLICE,
            {INSTANCES: Lane.DRAIN},
            id="a new taint may exclude the node",
        ),
        pytest.param(
            node(),
            None,
            WITH_SLICE,
            {INSTANCES: Lane.DRAIN, NETWORK: Lane.SERVE},
            id="a node that is gone leaves, and the network follows",
        ),
        pytest.param(
            None,
            ingress_class("alb"),
            WORLD,
            {STACK: Lane.EDIT, DEFAULTED: Lane.EDIT},
            id="a class wakes Ingresses that name it or name none",
        ),
        pytest.param(
            None,
            class_params("defaults"),
            (*WORLD, ingress_class("alb", params="defaults"), ingress_class("nginx")),
            {STACK: Lane.EDIT, DEFAULTED: Lane.EDIT},
            id="parameters wake Ingresses of the classes that refer to them",
        ),
        pytest.param(None, class_params("unused"), WORLD, {}, id="parameters that no class refers to wake nothing"),
        pytest.param(
            namespace(),
            namespace(labels={"team": "a"}),
            WORLD,
            {STACK: Lane.EDIT, OTHER_STACK: Lane.EDIT},
            id="a namespace wakes the stacks in it",
        ),
        pytest.param(
            None,
            binding(),
            (),
            {BINDING: Lane.SERVE, STACK: Lane.EDIT, NETWORK: Lane.EDIT},
            id="a new binding wakes itself, its stack and the network",
        ),
        pytest.param(
            binding(),
            binding(finalizers=("elbv2.k8s.aws/resources",)),
            (),
            {BINDING: Lane.SERVE, STACK: Lane.EDIT},
            id="a finalizer is no matter of the network",
        ),
        pytest.param(
            binding(),
            binding(deleted_at=GONE),
            (),
            {BINDING: Lane.DRAIN, STACK: Lane.EDIT, NETWORK: Lane.EDIT},
            id="a binding whose deletion is asked for deregisters at once",
        ),
        pytest.param(
            binding(owned=False),
            binding(owned=False, peers=("sg-1",)),
            (),
            {BINDING: Lane.SERVE, NETWORK: Lane.EDIT},
            id="a user's binding has no stack; its networking is the network's",
        ),
    ],
)
def test_a_change_wakes(
    old: Object | None, new: Object | None, others: tuple[Object, ...], expected: dict[Key, Lane]
) -> None:
    assert woken(old, new, *others) == expected


def test_what_the_first_snapshot_brings_waits_behind_everybodys_edits() -> None:
    assert woken(None, binding(deleted_at=GONE), first=True) == {
        BINDING: Lane.RESYNC,
        STACK: Lane.RESYNC,
        NETWORK: Lane.RESYNC,
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_come_and_go_in_an_empty_cluster(kind: Kind) -> None:
    things: dict[Kind, Object] = {
        kind_of(thing): thing
        for thing in (
            ingress(),
            service(),
            pod(),
            node(),
            SLICE,
            binding(),
            namespace(),
            ingress_class(),
            class_params(),
            record(),
        )
    }
    thing = things[kind]
    assert set(woken(None, thing)) == set(woken(thing, None))
