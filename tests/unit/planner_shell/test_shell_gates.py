"""Pods that wait for readiness gates: whose key they wake, and how long their binding may still come."""

from dataclasses import replace

import pytest

from services.planner.core.inputs import GateInput
from services.planner.core.keys import BindingKey, Key, Lane
from services.planner.core.objects import Condition, Kind
from services.planner.view.cluster import ClusterView
from services.planner.view.events import Changed, KindState, Reported
from services.planner.view.wakes import wakes
from services.planner.work.bindings_to_come import BindingsToCome
from services.planner.work.gather import Gatherer
from services.planner.work.ledger import Ledger, State
from services.planner.work.network_needs import NetworkNeeds
from tests.unit.planner_shell.aws_things import CLUSTER, store
from tests.unit.planner_shell.test_shell_gather import FACTS, binding_input, gatherer
from tests.unit.planner_shell.things import STACK, binding, ingress, pod, view_of

MISSING = BindingKey(namespace="shop", name="k8s-shop-web-1")
GATE = f"target-health.elbv2.k8s.aws/{MISSING.name}"
WAITING = replace(pod(), readiness_gates=(GATE,))


def gates(view: ClusterView, ledger: Ledger, busy: frozenset[Key] = frozenset()) -> GateInput | None:
    to_come = BindingsToCome(view, ledger, busy.__contains__)
    known = store()
    needs = NetworkNeeds(view, known, ledger, cluster_name=CLUSTER)
    found = Gatherer(FACTS, view, known, needs, to_come).gather(MISSING)
    assert found is None or isinstance(found, GateInput)
    return found


def ledger(state: State) -> Ledger:
    made = Ledger()
    made.of(STACK).end(state)
    return made


@pytest.mark.parametrize(
    ("state", "awaited"),
    [
        pytest.param(State.READY, False, id="a stack that is ready makes no more"),
        pytest.param(State.ERRORED, False, id="a stack that cannot be made makes none"),
        pytest.param(State.HELD, False, id="a stack that is held makes none unasked"),
        pytest.param(State.WAITING, True, id="a stack that waits may make it"),
    ],
)
def test_a_binding_may_come_while_a_stack_of_its_namespace_is_not_at_rest(state: State, awaited: bool) -> None:
    view = view_of(ingress(), WAITING)
    assert gates(view, ledger(state)) == GateInput(key=MISSING, pods=(WAITING,), awaited=awaited)


def test_a_stack_that_was_never_planned_or_is_queued_may_make_it() -> None:
    view = view_of(ingress(), WAITING)
    for found in (gates(view, Ledger()), gates(view, ledger(State.READY), frozenset({STACK}))):
        assert found is not None
        assert found.awaited


def test_stacks_of_other_namespaces_make_none_here() -> None:
    found = gates(view_of(ingress(namespace="else"), WAITING), Ledger())
    assert found is not None
    assert not found.awaited


def test_what_cannot_be_seen_may_make_it() -> None:
    view = view_of(WAITING)
    view.fold(Reported(kind=Kind.INGRESS, state=KindState.LOST, message="cut"))
    found = gates(view, Ledger())
    assert found is not None
    assert found.awaited


def test_records_that_cannot_be_seen_keep_no_pod_waiting() -> None:
    view = view_of(WAITING)
    view.fold(Reported(kind=Kind.CONFIG_MAP, state=KindState.REFUSED, message="forbidden"))
    found = gates(view, Ledger())
    assert found is not None
    assert not found.awaited


def test_without_a_closed_gate_there_is_nothing_to_do() -> None:
    opened = replace(WAITING, conditions={GATE: Condition(type=GATE, status="True")})
    assert gates(view_of(opened), Ledger()) is None


def test_a_stack_at_rest_names_the_bindings_that_are_still_waited_for() -> None:
    there = replace(pod("there"), readiness_gates=("target-health.elbv2.k8s.aws/web",))
    view = view_of(ingress(), WAITING, there, binding("web"))
    assert BindingsToCome(view, Ledger(), lambda _: False).waited_for(STACK) == (MISSING,)


def test_a_pod_wakes_the_key_of_the_binding_that_it_waits_for() -> None:
    woken = wakes(Changed(kind=Kind.POD, old=None, new=WAITING, first=False), view_of(WAITING))
    assert woken == {MISSING: Lane.SERVE}


def test_a_binding_knows_who_waits_for_it_and_who_else_is_bound_to_its_group() -> None:
    other = binding("other")
    one = binding("web")
    waits = replace(pod("there"), readiness_gates=("target-health.elbv2.k8s.aws/web",))
    inp = binding_input(gatherer(view_of(one, other, waits)), BindingKey(namespace="shop", name="web"))
    assert ([p.meta.name for p in inp.gated], [b.meta.name for b in inp.rivals]) == (["there"], ["other"])


def test_a_binding_that_goes_wakes_the_others_of_its_group() -> None:
    one, other = binding("web"), binding("other")
    woken = wakes(Changed(kind=Kind.TARGET_GROUP_BINDING, old=one, new=None, first=False), view_of(other))
    assert woken[BindingKey(namespace="shop", name="other")] is Lane.EDIT
