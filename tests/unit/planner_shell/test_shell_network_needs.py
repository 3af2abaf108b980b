"""Who needs the shared group, who waits for the network, where grants were refused."""

import pytest

from services.planner.core.keys import Lane, NetworkKey
from services.planner.core.objects import Ingress, Kind
from services.planner.inventory.store import Store
from services.planner.results import ErrorClass
from services.planner.view.cluster import ClusterView
from services.planner.view.events import KindState, Reported
from services.planner.view.objects import Object
from services.planner.work.ledger import KeyRecord, Ledger, State
from services.planner.work.network_needs import NetworkNeeds
from tests.unit.planner_shell.aws_things import CLUSTER, load_balancer, observation, security_group, store
from tests.unit.planner_shell.plan_things import accepted, aws, by_id, plan, refused
from tests.unit.planner_shell.things import BINDING, FINALIZER, STACK, binding, ingress, view_of

SHARED = security_group("sg-shared", tags={"elbv2.k8s.aws/cluster": CLUSTER, "elbv2.k8s.aws/resource": "backend-sg"})
GONE = "2026-01-01T00:00:00Z"


def needs(view: ClusterView, ledger: Ledger | None = None, known: Store | None = None) -> NetworkNeeds:
    return NetworkNeeds(view, known or store(), ledger or Ledger(), cluster_name=CLUSTER)


def ours(**rest: object) -> Ingress:
    return ingress(finalizers=(FINALIZER,), **rest)  # type: ignore[arg-type]


SETTLED = KeyRecord(state=State.READY, settled=True)
BUSY = KeyRecord(state=State.WAITING)
ERRORED = KeyRecord(state=State.ERRORED)


@pytest.mark.parametrize(
    ("things", "record", "needed"),
    [
        pytest.param([], None, False, id="no stack at all"),
        pytest.param([ours()], None, True, id="one with our finalizer that is not built yet"),
        pytest.param([ingress()], None, False, id="one that was never ours"),
        pytest.param([ours(deleted_at=GONE)], BUSY, False, id="one that is being deleted"),
        pytest.param([ingress()], BUSY, True, id="one that is being made"),
        pytest.param([ours()], ERRORED, True, id="one that has something in AWS and is not understood"),
        pytest.param([ingress()], ERRORED, False, id="one that is not understood and has nothing in AWS"),
        pytest.param([ours()], SETTLED, False, id="one that is settled and does not use the group"),
        pytest.param([ours(), binding(peers=("sg-shared",))], SETTLED, True, id="one whose binding lets the group in"),
        pytest.param([ours(), binding(peers=("sg-x",))], SETTLED, False, id="one whose binding lets another group in"),
    ],
)
def test_whether_the_shared_group_is_needed(things: list[Object], record: KeyRecord | None, needed: bool) -> None:
    ledger, known = Ledger(), store()
    known.observe(observation(10, SHARED))
    if record is not None:
        known_record = ledger.of(STACK)
        known_record.state, known_record.settled = record.state, record.settled
    network = needs(view_of(*things), ledger, known)
    assert network.shared_group_needed() is needed
    assert network.shared_group_needed(beside=STACK) is False


def test_a_load_balancer_that_carries_the_group_needs_it() -> None:
    ledger, known = Ledger(), store()
    attached = load_balancer()
    attached.description["SecurityGroups"] = ["sg-1", "sg-shared"]  # type: ignore[index]
    known.observe(observation(10, SHARED, attached))
    ledger.of(STACK).end(State.READY, settled=True)
    assert needs(view_of(ours()), ledger, known).shared_group_needed()


@pytest.mark.parametrize("kind", [Kind.INGRESS, Kind.TARGET_GROUP_BINDING])
@pytest.mark.parametrize("state", [KindState.MISSING, KindState.REFUSED, KindState.LOST])
def test_what_cannot_be_seen_may_need_it(kind: Kind, state: KindState) -> None:
    view = view_of()
    view.fold(Reported(kind=kind, state=state))
    assert needs(view).shared_group_needed(beside=STACK)


def test_a_key_that_waits_twice_keeps_its_most_urgent_lane() -> None:
    network = needs(view_of())
    network.wait(BINDING, Lane.DRAIN, "first")
    network.wait(BINDING, Lane.EDIT, "second")
    network.wait(STACK, Lane.EDIT, "third")
    network.forget(STACK)
    assert network.take_askers() == {BINDING: (Lane.DRAIN, "second")}
    assert network.askers() == {}


def test_refused_grants_are_remembered_until_the_network_ran_again() -> None:
    network = needs(view_of())
    steps = plan(
        aws("a", "AuthorizeSecurityGroupIngress", GroupId="sg-1"),
        aws("b", "AuthorizeSecurityGroupIngress", GroupId="sg-2"),
        aws("c", "RevokeSecurityGroupIngress", GroupId="sg-3"),
        key=NetworkKey(),
    )
    denied = ErrorClass.DENIED
    network.note_grants(steps, by_id(refused("a", denied), accepted("b"), refused("c", denied)))
    assert network.refused_groups == {"sg-1"}
    network.note_grants(steps, by_id(accepted("a"), accepted("b")))
    assert network.refused_groups == frozenset()


def test_a_group_without_room_is_one_that_refuses() -> None:
    network = needs(view_of())
    network.note_grants(plan(key=NetworkKey()), {}, frozenset({"sg-1"}))
    assert network.refused_groups == {"sg-1"}
