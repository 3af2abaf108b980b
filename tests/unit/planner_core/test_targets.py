"""Which endpoints and nodes are targets, what they need, and which of them are watched."""

from collections import Counter
from dataclasses import replace

import pytest

from services.planner.core.aws import Health, Permission, Target
from services.planner.core.binding import plan_binding
from services.planner.core.gates import Gate
from services.planner.core.inputs import BindingInput, View
from services.planner.core.label_selectors import matches
from services.planner.core.objects import (
    Condition,
    Endpoint,
    Kind,
    LabelRequirement,
    LabelSelector,
    Meta,
    Node,
    Taint,
)
from services.planner.core.outcomes import Errored, LookupKind, Needs, Planned
from services.planner.core.plans import AwsCall
from services.planner.core.targets.instances import instance_id, suitable_nodes
from services.planner.core.targets.permissions import LABEL, aggregate, covered
from services.planner.core.targets.wanted import Wanted, wanted_targets
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World

GATE = "target-health.elbv2.k8s.aws/"


def made() -> World:
    world = game.world()
    world.settle()
    world.operations()
    return world


def binding_input(world: World) -> BindingInput:
    (binding,) = world.bindings.values()
    return world.binding_input(binding)


def with_endpoint(world: World, **changes: object) -> BindingInput:
    """The binding's input with the first endpoint changed."""
    inp = binding_input(world)
    slice_ = inp.slices[0]
    first = replace(slice_.endpoints[0], **changes)  # type: ignore[arg-type]
    return replace(inp, slices=(replace(slice_, endpoints=(first, *slice_.endpoints[1:])),))


def ids(wanted: object) -> set[str]:
    assert isinstance(wanted, Wanted)
    return {t.id for t in wanted.targets}


@pytest.mark.parametrize(
    ("changes", "node_ready", "included"),
    [
        pytest.param({"ready": True}, "True", True, id="a ready endpoint is a target"),
        pytest.param({"ready": None}, "True", True, id="an endpoint without the condition counts as ready"),
        pytest.param({"ready": False}, "True", True, id="one that waits for its gates only is a target"),
        pytest.param({"ready": False}, "False", False, id="one on a node that is not ready is none"),
        pytest.param({"ready": False}, "Unknown", False, id="one on an unknown node is none while others are left"),
        pytest.param({"ready": False, "terminating": True}, "True", False, id="a terminating one is none"),
        pytest.param({"target_kind": "Node"}, "True", False, id="an endpoint that is no pod is none"),
        pytest.param({"addresses": ()}, "True", False, id="an endpoint without address is none"),
        pytest.param({"target_name": "stranger"}, "True", False, id="an endpoint whose pod is not seen is none"),
    ],
)
def test_endpoints(changes: dict[str, object], node_ready: str, included: bool) -> None:
    inp = with_endpoint(made(), **changes)
    node = inp.nodes["node-b"]
    inp = replace(inp, nodes={**inp.nodes, "node-b": replace(node, ready=node_ready)})
    assert ("10.0.100.10" in ids(wanted_targets(inp))) is included


def test_a_closed_gate_does_not_fail_open() -> None:
    inp = binding_input(made())
    slice_ = inp.slices[0]
    unready: tuple[Endpoint, ...] = tuple(replace(e, ready=False) for e in slice_.endpoints)
    nodes = {n: replace(node, ready="Unknown") for n, node in inp.nodes.items()}
    shut = replace(inp.cluster, gates=inp.cluster.gates - {Gate.ENDPOINTS_FAIL_OPEN})
    inp = replace(inp, slices=(replace(slice_, endpoints=unready),), nodes=nodes, cluster=shut)
    assert ids(wanted_targets(inp)) == set()
    assert suitable_nodes(nodes, None, fail_open=False) == ()


def test_an_unready_container_is_no_target() -> None:
    inp = with_endpoint(made(), ready=False)
    pod = inp.pods["game", "web-0"]
    pod = replace(pod, conditions={"ContainersReady": Condition(type="ContainersReady", status="False")})
    inp = replace(inp, pods={**inp.pods, ("game", "web-0"): pod})
    assert ids(wanted_targets(inp)) == {"10.0.100.11"}


def test_endpoints_on_unknown_nodes_count_where_no_other_is_left() -> None:
    inp = binding_input(made())
    slice_ = inp.slices[0]
    unready: tuple[Endpoint, ...] = tuple(replace(e, ready=False) for e in slice_.endpoints)
    nodes = {n: replace(node, ready="Unknown") for n, node in inp.nodes.items()}
    inp = replace(inp, slices=(replace(slice_, endpoints=unready),), nodes=nodes)
    assert ids(wanted_targets(inp)) == {"10.0.100.10", "10.0.100.11"}


@pytest.mark.parametrize(
    ("changes", "fit"),
    [
        pytest.param({}, True, id="a ready node takes traffic"),
        pytest.param({"labels": {"node-role.kubernetes.io/master": ""}}, False, id="a master takes none"),
        pytest.param(
            {"labels": {"node.kubernetes.io/exclude-from-external-load-balancers": ""}}, False, id="an excluded one"
        ),
        pytest.param({"labels": {"eks.amazonaws.com/compute-type": "fargate"}}, False, id="a Fargate node takes none"),
        pytest.param({"taint": ("ToBeDeletedByClusterAutoscaler", "NoExecute")}, False, id="one about to be deleted"),
        pytest.param({"taint": ("karpenter.sh/disrupted", "NoSchedule")}, False, id="one that is disrupted"),
        pytest.param({"taint": ("dedicated", "NoSchedule")}, True, id="another taint does not matter"),
    ],
)
def test_nodes(changes: dict[str, object], fit: bool) -> None:
    labels = changes.get("labels", {})
    taint = changes.get("taint")
    node = Node(
        meta=Meta(name="n", labels=labels),  # type: ignore[arg-type]
        provider_id="aws:///z/i-1",
        ready="True",
        taints=(Taint(key=taint[0], effect=taint[1]),) if isinstance(taint, tuple) else (),
    )
    assert bool(suitable_nodes({"n": node}, None, fail_open=True)) is fit


def test_unknown_nodes_count_only_where_no_ready_one_is_left() -> None:
    nodes = {n: Node(meta=Meta(name=n), ready=r) for n, r in (("a", "True"), ("b", "Unknown"), ("c", "False"))}
    assert [n.meta.name for n in suitable_nodes(nodes, None, fail_open=True)] == ["a"]
    del nodes["a"]
    assert [n.meta.name for n in suitable_nodes(nodes, None, fail_open=True)] == ["b"]


@pytest.mark.parametrize(
    ("provider_id", "expected"),
    [
        pytest.param("aws:///us-west-2a/i-0abc", "i-0abc", id="an instance"),
        pytest.param("eks-hybrid:///region/cluster/mi-1", "hybrid-mi-1", id="a hybrid node"),
        pytest.param("", None, id="no provider id"),
        pytest.param("gce://p/z/n", None, id="another provider"),
    ],
)
def test_instance_ids(provider_id: str, expected: str | None) -> None:
    assert instance_id(Node(meta=Meta(name="n"), provider_id=provider_id)) == expected


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        pytest.param(LabelRequirement(key="tier", operator="In", values=("front",)), True, id="In"),
        pytest.param(LabelRequirement(key="tier", operator="NotIn", values=("front",)), False, id="NotIn"),
        pytest.param(LabelRequirement(key="tier", operator="Exists"), True, id="Exists"),
        pytest.param(LabelRequirement(key="tier", operator="DoesNotExist"), False, id="DoesNotExist"),
        pytest.param(LabelRequirement(key="tier", operator="Gt"), False, id="an operator that does not exist"),
    ],
)
def test_selectors(requirement: LabelRequirement, expected: bool) -> None:
    assert matches(LabelSelector(match_expressions=(requirement,)), {"tier": "front"}) is expected


def rule(low: int, high: int, *, group: str = "sg-lb", cidr: str = "", protocol: str = "tcp") -> Permission:
    return Permission(protocol=protocol, from_port=low, to_port=high, group=group, cidr=cidr, description=LABEL)


def test_rules_from_one_group_become_one_range_and_cidrs_stay_apart() -> None:
    cidr = rule(80, 80, group="", cidr="10.0.0.0/8")
    found = aggregate([rule(80, 80), rule(8080, 8080), rule(53, 53, protocol="udp"), cidr, cidr])
    assert found == {rule(80, 8080), rule(53, 53, protocol="udp"), cidr}


def test_unrestricted_rules_stay_as_they_are_asked_for() -> None:
    asked = {rule(80, 80), rule(8080, 8080), rule(53, 53, protocol="udp")}
    assert aggregate(asked, restricted=False) == asked


def test_all_ports_widen_the_range() -> None:
    assert aggregate([rule(80, 80), rule(0, 0)]) == {rule(0, 65535)}


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        pytest.param(rule(1, 100), True, id="a wider range covers"),
        pytest.param(rule(81, 100), False, id="a range beside does not"),
        pytest.param(rule(1, 100, group="sg-other"), False, id="another source does not"),
        pytest.param(rule(1, 100, protocol="udp"), False, id="another protocol does not"),
        pytest.param(replace(rule(1, 1), protocol="-1"), True, id="all traffic covers"),
    ],
)
def test_coverage(standing: Permission, expected: bool) -> None:
    assert covered(rule(80, 80), [standing]) is expected


def test_a_terminating_pod_is_deregistered_before_anything_is_read() -> None:
    inp = with_endpoint(made(), terminating=True, ready=False)
    inp = replace(inp, inventory=replace(inp.inventory, targets={}))
    outcome = plan_binding(inp)
    assert isinstance(outcome, Planned)
    (step,) = outcome.plan.steps
    assert isinstance(step.work, AwsCall)
    assert step.work.operation == "DeregisterTargets"
    assert step.work.parameters["Targets"] == [{"Id": "10.0.100.10", "Port": 80}]
    assert outcome.again_seconds == 0.0


def test_targets_that_were_never_observed_are_asked_for() -> None:
    inp = binding_input(made())
    outcome = plan_binding(replace(inp, inventory=replace(inp.inventory, targets={})))
    assert isinstance(outcome, Needs)
    assert [lookup.kind for lookup in outcome.lookups] == [LookupKind.TARGETS]


@pytest.mark.parametrize(
    "kind", [Kind.ENDPOINT_SLICE, Kind.POD, Kind.SERVICE, Kind.NODE, Kind.TARGET_GROUP_BINDING], ids=str
)
def test_targets_stay_as_they_are_while_a_kind_is_not_seen(kind: Kind) -> None:
    inp = replace(binding_input(made()), slices=(), view=View(blind={kind: "forbidden"}))
    outcome = plan_binding(inp)
    assert isinstance(outcome, Errored)
    assert outcome.plan.empty
    assert outcome.reports == ()


def test_a_binding_without_its_service_wants_nothing_and_says_so() -> None:
    world = made()
    del world.services["game", "web"]
    outcome = plan_binding(binding_input(world))
    assert isinstance(outcome, Planned)
    assert [s.id for s in outcome.plan.steps] == ["deregister-targets-0"]
    assert [r.reason for r in outcome.reports] == ["BackendNotFound"]


def test_registration_waits_for_the_grant_and_deregistration_does_not() -> None:
    world = game.world()
    world.settle()
    inp = binding_input(world)
    group = inp.inventory.security_groups["sg-node"]
    closed = {**inp.inventory.security_groups, "sg-node": replace(group, permissions=frozenset())}
    arn = inp.binding.target_group_arn
    stranger = {Target(id="10.0.100.99", port=80): Health(state="healthy")}
    inp = replace(inp, inventory=replace(inp.inventory, security_groups=closed, targets={arn: stranger}))
    outcome = plan_binding(inp)
    assert isinstance(outcome, Planned)
    assert [s.id for s in outcome.plan.steps] == ["deregister-targets-0"]
    assert outcome.network
    nothing_else = plan_binding(replace(inp, inventory=replace(inp.inventory, targets={arn: {}})))
    assert nothing_else == Needs(network=True)


def test_a_refused_grant_does_not_keep_ip_targets_out() -> None:
    inp = binding_input(made())
    group = inp.inventory.security_groups["sg-node"]
    closed = {**inp.inventory.security_groups, "sg-node": replace(group, permissions=frozenset())}
    inventory = replace(inp.inventory, security_groups=closed, targets={inp.binding.target_group_arn: {}})
    outcome = plan_binding(replace(inp, inventory=inventory, refused_groups=frozenset({"sg-node"})))
    assert isinstance(outcome, Planned)
    assert outcome.plan.cost == {"elb-registration": 1}


def test_a_thousand_targets_go_in_batches_of_two_hundred() -> None:
    world = made()
    game.with_pods(world, 230)
    world.settle()
    assert world.operations() == Counter(RegisterTargets=2)


def test_closed_gates_and_moving_targets_are_tracked() -> None:
    world = made()
    inp = binding_input(world)
    gate = f"{GATE}{inp.key.name}"
    pod = replace(inp.pods["game", "web-0"], readiness_gates=(gate,))
    arn = inp.binding.target_group_arn
    targets = {
        Target(id="10.0.100.10", port=80): Health(state="healthy"),
        Target(id="10.0.100.11", port=80): Health(state="healthy"),
        Target(id="10.0.100.12", port=80): Health(state="draining"),
    }
    inventory = replace(inp.inventory, targets={arn: targets})
    outcome = plan_binding(replace(inp, pods={**inp.pods, ("game", "web-0"): pod}, inventory=inventory))
    assert isinstance(outcome, Planned)
    assert outcome.tracked is not None
    assert [(t.id, t.gate) for t in outcome.tracked.targets] == [("10.0.100.10", gate), ("10.0.100.12", "")]


def test_a_users_binding_that_goes_deregisters_and_is_let_go_when_drained() -> None:
    world = made()
    inp = binding_input(world)
    leaving = replace(
        inp.binding,
        meta=replace(inp.binding.meta, labels={}, deleted_at="now", finalizers=("elbv2.k8s.aws/resources",)),
    )
    inp = replace(inp, binding=leaving)
    first = plan_binding(inp)
    assert isinstance(first, Planned)
    assert [s.id for s in first.plan.steps] == ["deregister-targets-0"]
    assert first.waits_for == "targets to drain"
    arn = leaving.target_group_arn
    drained = plan_binding(replace(inp, inventory=replace(inp.inventory, targets={arn: {}})))
    assert isinstance(drained, Planned)
    assert [s.id for s in drained.plan.steps] == [f"release-binding-{inp.key.name}"]
