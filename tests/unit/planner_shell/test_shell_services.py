"""Services that ask for a load balancer, as the planner's shell works them: woken, gathered, counted by the network."""

from dataclasses import replace

import pytest

from services.planner.core.inputs import BindingInput, Cluster, StackInput
from services.planner.core.keys import BindingKey, Lane, NetworkKey, StackKey, StackKind
from services.planner.core.objects import Kind, Service, TargetGroupBinding
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed
from services.planner.view.wakes import wakes
from services.planner.work.bindings_to_come import BindingsToCome
from services.planner.work.gather import Gatherer
from services.planner.work.ledger import KeyRecord, Ledger, State
from services.planner.work.network_needs import NetworkNeeds
from tests.unit.planner_shell.aws_things import CLUSTER, store
from tests.unit.planner_shell.things import BINDING, binding, ingress, service, view_of

STACK = StackKey(kind=StackKind.SERVICE, namespace="shop", name="web")
FINALIZER = "service.k8s.aws/resources"
PROTECTED = {"service.beta.kubernetes.io/aws-load-balancer-attributes": "deletion_protection.enabled=true"}
GONE = "2026-01-01T00:00:00Z"


def asking(**meta: object) -> Service:
    return replace(service(**meta), load_balancer_class="service.k8s.aws/nlb")  # type: ignore[arg-type]


def ours(**meta: object) -> Service:
    return asking(finalizers=(FINALIZER,), **meta)


def made(**meta: object) -> TargetGroupBinding:
    found = binding(**meta)  # type: ignore[arg-type]
    labels = {"service.k8s.aws/stack-namespace": "shop", "service.k8s.aws/stack-name": "web"}
    return replace(found, meta=replace(found.meta, labels=labels))


def needs(view: ClusterView, ledger: Ledger | None = None) -> NetworkNeeds:
    return NetworkNeeds(view, store(), ledger or Ledger(), cluster_name=CLUSTER)


def gatherer(view: ClusterView) -> Gatherer:
    cluster = Cluster(name=CLUSTER, region="us-west-2", vpc_id="vpc-1")
    return Gatherer(cluster, view, store(), needs(view), BindingsToCome(view, Ledger(), lambda _: False))


@pytest.mark.parametrize(
    ("old", "new", "lanes"),
    [
        pytest.param(None, asking(), {STACK: Lane.EDIT}, id="one that asks"),
        pytest.param(asking(), service(), {STACK: Lane.EDIT}, id="one that asked until now"),
        pytest.param(ours(), ours(deleted_at=GONE), {STACK: Lane.EDIT}, id="one whose deletion is asked for"),
        pytest.param(None, service(), {}, id="one that asks for nothing"),
        pytest.param(service(), replace(service(), type="NodePort"), {}, id="an edit of one that asks for nothing"),
    ],
)
def test_a_service_wakes_its_stack_while_it_asks_or_may_have_something(
    old: Service | None, new: Service, lanes: dict[StackKey, Lane]
) -> None:
    changed = Changed(kind=Kind.SERVICE, old=old, new=new)

    assert dict(wakes(changed, view_of(new))) == lanes


def test_the_binding_of_a_service_wakes_its_stack() -> None:
    changed = Changed(kind=Kind.TARGET_GROUP_BINDING, old=None, new=made())

    assert dict(wakes(changed, view_of(asking(), made()))) == {
        STACK: Lane.EDIT,
        BINDING: Lane.SERVE,
        NetworkKey(): Lane.EDIT,
    }


def test_a_stack_is_gathered_with_its_service_and_its_bindings() -> None:
    view = view_of(ours(), service("other"), made(), ingress())

    gathered = gatherer(view).gather(STACK)

    assert isinstance(gathered, StackInput)
    assert (gathered.ingresses, dict(gathered.services), gathered.bindings) == (
        (),
        {("shop", "web"): ours()},
        (made(),),
    )


def test_owners_are_the_objects_that_ask_and_those_that_have_not_left() -> None:
    left = service("left", finalizers=(FINALIZER,))
    view = view_of(ingress(), asking(), left, service("plain"))

    assert list(view.owners()) == [ingress(), left, asking()]
    assert [list(view.owners_of_stack(k)) for o in view.owners() for k in view.stacks_of_owner(o)] == [
        [ingress()],
        [left],
        [asking()],
    ]
    assert view.owners_of_stack(replace(STACK, name="plain")) == ()


@pytest.mark.parametrize(
    ("subject", "taken_down"),
    [
        pytest.param(ours(), False, id="one that stays"),
        pytest.param(ours(deleted_at=GONE), True, id="one that goes"),
        pytest.param(ours(deleted_at=GONE, annotations=PROTECTED), False, id="one that keeps its load balancer"),
    ],
)
def test_targets_of_a_protected_stack_are_followed_on(subject: Service, taken_down: bool) -> None:
    gathered = gatherer(view_of(subject, made())).gather(BindingKey(namespace="shop", name="web-tg"))

    assert isinstance(gathered, BindingInput)
    assert gathered.owner_deleting is taken_down


@pytest.mark.parametrize(
    ("subject", "record", "needed"),
    [
        pytest.param(ours(), None, True, id="one that is not built yet and may have something"),
        pytest.param(asking(), None, False, id="one that has nothing yet"),
        pytest.param(asking(), KeyRecord(state=State.WAITING), True, id="one that is being made"),
        pytest.param(ours(deleted_at=GONE), KeyRecord(state=State.WAITING), False, id="one that goes"),
        pytest.param(
            ours(deleted_at=GONE, annotations=PROTECTED),
            KeyRecord(state=State.ERRORED),
            True,
            id="one that keeps its load balancer",
        ),
        pytest.param(
            service(finalizers=(FINALIZER,)), KeyRecord(state=State.WAITING), False, id="one that switched away"
        ),
    ],
)
def test_whether_a_service_needs_the_shared_group(subject: Service, record: KeyRecord | None, needed: bool) -> None:
    ledger = Ledger()
    if record is not None:
        ledger.of(STACK).state, ledger.of(STACK).settled = record.state, record.settled

    assert needs(view_of(subject), ledger).shared_group_needed() is needed
