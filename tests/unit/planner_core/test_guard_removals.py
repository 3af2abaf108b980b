"""Healthy targets are not taken away unasked while what is behind them exists."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.planner.core.aws import Health, Target
from services.planner.core.binding import plan_binding
from services.planner.core.encoding import plan_digest
from services.planner.core.guard import guard
from services.planner.core.guard.holding import APPROVE
from services.planner.core.guard.removals import REMOVED
from services.planner.core.inputs import BindingInput
from services.planner.core.limits import Limits
from services.planner.core.objects import ContainerPort, Meta, Pod
from services.planner.core.outcomes import Needs, Planned
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Verdict
from services.planner.core.problems import Reason
from tests.unit.planner_core import game

NOW = 1_000_000.0


def following(pods: int) -> BindingInput:
    """A binding whose targets are all registered and healthy, and followed."""
    world = game.world(pods)
    world.settle()
    (binding,) = world.bindings.values()
    inp = world.binding_input(binding)
    return with_health(inp, "healthy")


def with_health(inp: BindingInput, state: str, only: frozenset[str] | None = None) -> BindingInput:
    arn = inp.binding.target_group_arn
    known = inp.inventory.targets[arn]
    changed = {t: Health(state=state) if only is None or t.id in only else h for t, h in known.items()}
    return replace(inp, inventory=replace(inp.inventory, targets={**inp.inventory.targets, arn: changed}))


def without_endpoints(inp: BindingInput, *names: str) -> BindingInput:
    """The Service does not select these pods any more; they stand all the same."""
    (slice_,) = inp.slices
    left = tuple(e for e in slice_.endpoints if e.target_name not in names)
    gone = tuple(p for (_, name), p in sorted(inp.pods.items()) if name in names)
    pods = {name: pod for name, pod in inp.pods.items() if name[1] not in names}
    return replace(inp, slices=(replace(slice_, endpoints=left),), pods=pods, bystanders=gone)


def guarded(inp: BindingInput, now: float = NOW) -> Planned:
    outcome = guard(inp, plan_binding(inp), now)
    assert isinstance(outcome, Planned)
    return outcome


def removed(plan: Plan | None) -> set[str]:
    calls = [s.work for s in plan.steps if isinstance(s.work, AwsCall)] if plan is not None else []
    return {t["Id"] for c in calls if c.operation == "DeregisterTargets" for t in c.parameters["Targets"]}


def operations(plan: Plan) -> list[str]:
    return [s.work.operation for s in plan.steps if isinstance(s.work, AwsCall)]


def annotated(inp: BindingInput, annotations: Mapping[str, str]) -> BindingInput:
    return replace(inp, binding=replace(inp.binding, meta=replace(inp.binding.meta, annotations=annotations)))


@pytest.mark.parametrize(
    ("pods", "gone", "reason"),
    [
        pytest.param(1, 1, Reason.LAST_HEALTHY_TARGET, id="the only target of a living pod is the last one"),
        pytest.param(4, 4, Reason.LAST_HEALTHY_TARGET, id="all targets at once leave none"),
        pytest.param(4, 3, Reason.HEALTHY_TARGETS_REMOVED, id="three of four are more than half"),
        pytest.param(4, 2, None, id="half goes unasked"),
        pytest.param(4, 1, None, id="one of four goes unasked"),
    ],
)
def test_removing_too_many_targets_of_living_pods_is_held(pods: int, gone: int, reason: Reason | None) -> None:
    inp = without_endpoints(following(pods), *(f"web-{i}" for i in range(gone)))

    outcome = guarded(inp)

    if reason is None:
        assert outcome.held is None
        assert len(removed(outcome.plan)) == gone
        return
    assert outcome.held is not None
    (problem,) = outcome.held.problems
    assert (problem.reason, outcome.held.verdict) == (reason, Verdict.HELD)
    assert len(removed(outcome.held)) == gone
    assert outcome.plan.empty
    assert outcome.held.cost == {"elb-registration": 1}
    (report,) = outcome.reports
    assert (report.reason, report.warning, report.object_kind) == (Reason.PLAN_HELD, True, "TargetGroupBinding")
    assert f"{APPROVE}={plan_digest(outcome.held)}" in report.message


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"meta": Meta(name="web-0", namespace="game", deleted_at="now")}, id="it terminates"),
        pytest.param({"phase": "Succeeded"}, id="it has ended"),
        pytest.param({"ip": "10.0.100.99"}, id="its address is another"),
        pytest.param({"ports": (ContainerPort(port=9090),)}, id="it shares the address and listens elsewhere"),
    ],
)
def test_a_target_whose_pod_is_gone_is_removed_though_it_is_the_last(change: Mapping[str, object]) -> None:
    inp = without_endpoints(following(1), "web-0")
    (pod,) = inp.bystanders

    outcome = guarded(replace(inp, bystanders=(replace(pod, **change),)))  # type: ignore[arg-type]

    assert outcome.held is None
    assert removed(outcome.plan) == {"10.0.100.10"}


def test_a_target_without_any_pod_is_removed_though_it_is_the_last() -> None:
    inp = replace(without_endpoints(following(1), "web-0"), bystanders=())

    assert guarded(inp).held is None


def test_terminating_endpoints_are_never_held() -> None:
    inp = following(3)
    (slice_,) = inp.slices
    leaving = tuple(replace(e, ready=False, terminating=True) for e in slice_.endpoints)
    inp = replace(inp, slices=(replace(slice_, endpoints=leaving),))

    outcome = guarded(inp)

    assert outcome.held is None
    assert len(removed(outcome.plan)) == 3


@pytest.mark.parametrize("state", ["initial", "unhealthy", "unused"])
def test_targets_that_are_not_healthy_are_not_guarded(state: str) -> None:
    inp = without_endpoints(with_health(following(2), state), "web-0", "web-1")

    assert guarded(inp).held is None


def other_pods(inp: BindingInput) -> BindingInput:
    """The Service selects two other pods from now on."""
    (slice_,) = inp.slices
    pods = {
        ("game", f"green-{i}"): Pod(
            meta=Meta(name=f"green-{i}", namespace="game", uid=f"green-{i}"), ip=f"10.0.100.{50 + i}", phase="Running"
        )
        for i in range(2)
    }
    endpoints = tuple(
        replace(e, addresses=(p.ip,), target_name=p.meta.name, target_uid=p.meta.uid)
        for e, p in zip(slice_.endpoints, pods.values(), strict=True)
    )
    before = tuple(inp.pods.values())
    return replace(inp, slices=(replace(slice_, endpoints=endpoints),), pods=pods, bystanders=before)


def test_a_service_that_moves_to_other_pods_has_them_registered_while_the_old_ones_stay() -> None:
    outcome = guarded(reachable(other_pods(following(2))))

    assert outcome.held is not None
    assert operations(outcome.plan) == ["RegisterTargets"]
    assert operations(outcome.held) == ["DeregisterTargets"]


def reachable(inp: BindingInput) -> BindingInput:
    """Nobody has to be let in."""
    return replace(inp, binding=replace(inp.binding, networking=None))


def test_what_the_new_pods_need_is_asked_though_the_removal_of_the_old_ones_is_held() -> None:
    inp = other_pods(following(2))

    outcome = guard(inp, plan_binding(inp), NOW)

    assert isinstance(outcome, Needs)
    assert outcome.lookups


def test_the_old_pods_go_unasked_once_the_new_ones_are_healthy() -> None:
    inp = other_pods(following(2))
    arn = inp.binding.target_group_arn
    both = {
        **inp.inventory.targets[arn],
        **{Target(id=f"10.0.100.{50 + i}", port=80): Health(state="healthy") for i in range(2)},
    }
    inp = replace(inp, inventory=replace(inp.inventory, targets={arn: both}))

    outcome = guarded(inp)

    assert outcome.held is None
    assert removed(outcome.plan) == {"10.0.100.10", "10.0.100.11"}


def test_removals_within_the_window_add_up() -> None:
    inp = without_endpoints(following(4), "web-0")
    noted = annotated(inp, {REMOVED: f"{int(NOW) - 100}:3"})

    outcome = guarded(noted)

    assert outcome.held is not None
    assert outcome.held.problems[0].reason is Reason.HEALTHY_TARGETS_REMOVED
    assert outcome.again_seconds == pytest.approx(200)


def test_removals_before_the_window_do_not_count_and_are_forgotten() -> None:
    inp = annotated(without_endpoints(following(4), "web-0"), {REMOVED: f"{int(NOW) - 400}:3,{int(NOW) - 100}:1"})

    outcome = guarded(inp)

    assert outcome.held is None
    write = outcome.plan.steps[-1].work
    assert isinstance(write, KubernetesWrite)
    assert write.body == {"metadata": {"annotations": {REMOVED: f"{int(NOW) - 100}:1,{int(NOW)}:1"}}}
    assert outcome.plan.steps[-1].depends_on == ("deregister-targets-0",)


@pytest.mark.parametrize("text", ["", "x", "1:", ":1", "1:x,,:", "²:1", f"{'9' * 40}:1"])
def test_a_note_that_nobody_can_read_counts_for_nothing(text: str) -> None:
    assert guarded(annotated(without_endpoints(following(4), "web-0"), {REMOVED: text})).held is None


def test_an_approval_lets_exactly_what_it_names_happen() -> None:
    inp = without_endpoints(following(4), "web-0", "web-1", "web-2")
    held = guarded(inp).held
    assert held is not None
    approval = {APPROVE: plan_digest(held)}

    approved = guarded(annotated(inp, approval))
    another = guarded(annotated(without_endpoints(inp, "web-3"), approval))

    assert (approved.held, len(removed(approved.plan))) == (None, 3)
    assert another.held is not None


def test_an_edit_of_the_bindings_own_spec_says_which_targets_there_are_to_be() -> None:
    inp = without_endpoints(following(4), "web-0", "web-1", "web-2")
    edited = replace(inp, binding=replace(inp.binding, meta=replace(inp.binding.meta, generation=99)))

    assert guarded(edited).held is None


def test_an_edit_that_leaves_no_healthy_target_is_held_and_not_said_to_be_followed() -> None:
    inp = without_endpoints(following(1), "web-0")
    edited = replace(inp, binding=replace(inp.binding, meta=replace(inp.binding.meta, generation=99)))

    outcome = guarded(edited)

    assert outcome.held is not None
    assert [s.id for s in outcome.held.steps] == ["deregister-targets-0", "publish-generation"]


def test_a_binding_that_is_deleted_takes_its_targets_with_it() -> None:
    inp = following(2)
    deleted = replace(inp, binding=replace(inp.binding, meta=replace(inp.binding.meta, deleted_at="now")))

    outcome = guarded(deleted)

    assert (outcome.held, len(removed(outcome.plan))) == (None, 2)


def test_nodes_that_stand_are_guarded_as_pods_are() -> None:
    world = game.world()
    world.ingresses["front"] = game.ingress(annotations={})
    world.settle()
    (binding,) = world.bindings.values()
    inp = with_health(world.binding_input(binding), "healthy")
    labels = {"node.kubernetes.io/exclude-from-external-load-balancers": ""}
    excluded = {n: replace(node, meta=replace(node.meta, labels=labels)) for n, node in inp.nodes.items()}

    assert guarded(replace(inp, nodes=excluded)).held is not None
    assert guarded(replace(inp, nodes={})).held is None


@pytest.mark.parametrize(
    ("share", "held"), [pytest.param(0.8, False, id="a larger share"), pytest.param(0.1, True, id="a smaller share")]
)
def test_the_share_is_a_setting(share: float, held: bool) -> None:
    inp = without_endpoints(following(4), "web-0", "web-1", "web-2")
    cluster = replace(inp.cluster, limits=Limits(removal_share=share))

    assert (guarded(replace(inp, cluster=cluster)).held is not None) == held
