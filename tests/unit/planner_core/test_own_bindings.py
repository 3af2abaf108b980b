"""TargetGroupBindings of users: which group they mean, what is refused, shared groups, limits, other accounts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Health, HealthCheck, LoadBalancer, PeerVpc, Target, TargetGroup, TargetRecord
from services.planner.core.binding import plan_binding
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import LabelSelector, Meta, Pod, TargetGroupBinding
from services.planner.core.outcomes import Errored, Lookup, LookupKind, Needs, Planned
from services.planner.core.plans import AssumedRole, AwsCall, KubernetesWrite, Plan
from services.planner.core.problems import Reason
from tests.unit.planner_core import game

ARN = "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/mine/1"
ROLE = "arn:aws:iam::999988887777:role/targets"
THEIRS = "arn:aws:elasticloadbalancing:us-west-2:999988887777:targetgroup/mine/2"
GATE = "target-health.elbv2.k8s.aws/mine"
FIRST, SECOND = Target(id="10.0.100.10", port=80), Target(id="10.0.100.11", port=80)
STRANGER = Target(id="10.0.100.99", port=80)

CHECK = HealthCheck(
    protocol="HTTP",
    port="traffic-port",
    interval_seconds=30,
    timeout_seconds=5,
    healthy_threshold=5,
    unhealthy_threshold=2,
)
GROUP = TargetGroup(
    arn=ARN,
    name="mine",
    target_type="ip",
    protocol="HTTP",
    protocol_version="HTTP1",
    port=80,
    vpc_id="vpc-1",
    ip_address_type="ipv4",
    health_check=CHECK,
)
COMPLETE = {
    "target_group_arn": ARN,
    "target_type": "ip",
    "target_group_protocol": "HTTP",
    "ip_address_type": "ipv4",
    "vpc_id": "vpc-1",
}


def binding(name: str = "mine", **fields: Any) -> TargetGroupBinding:
    """A user's binding of the game's Service; complete unless said otherwise."""
    meta = Meta(
        name=name,
        namespace="game",
        uid=f"uid-{name}",
        resource_version="7",
        generation=1,
        finalizers=("elbv2.k8s.aws/resources",),
        created_at="2026-01-01T00:00:00Z",
    )
    given = {"meta": meta, "service_name": "web", "service_port": 80, **COMPLETE, **fields}
    return TargetGroupBinding(**given)


def input_of(
    bound: TargetGroupBinding,
    *,
    groups: tuple[TargetGroup, ...] = (GROUP,),
    registered: Mapping[Target, Health] | None = None,
    asked: frozenset[str] = frozenset(),
    record: TargetRecord | None = None,
    **fields: Any,
) -> BindingInput:
    """The binding in the game's cluster, its targets observed."""
    world = game.world()
    inp = world.binding_input(bound)
    arn = bound.target_group_arn or ARN
    inventory = replace(
        inp.inventory,
        target_groups={g.arn: g for g in groups},
        targets={arn: dict(registered or {})},
        target_records={record.binding: record} if record is not None else {},
        knowledge=replace(inp.inventory.knowledge, asked_groups=asked),
    )
    return replace(inp, inventory=inventory, **fields)


def planned(inp: BindingInput) -> Planned:
    outcome = plan_binding(inp)
    assert isinstance(outcome, Planned), outcome
    return outcome


def calls(plan: Plan) -> list[AwsCall]:
    return [s.work for s in plan.steps if isinstance(s.work, AwsCall)]


def writes(plan: Plan) -> dict[str, KubernetesWrite]:
    return {s.id: s.work for s in plan.steps if isinstance(s.work, KubernetesWrite)}


def moved(plan: Plan, operation: str) -> list[str]:
    return [t["Id"] for call in calls(plan) if call.operation == operation for t in call.parameters["Targets"]]


# Which group it is


def test_what_a_binding_leaves_out_is_asked_for_once() -> None:
    bare = binding(target_type="", target_group_protocol="", ip_address_type="", vpc_id="")
    assert plan_binding(input_of(bare, groups=())) == Needs(
        lookups=(Lookup(kind=LookupKind.TARGET_GROUPS, keys=(ARN,)),)
    )
    complete = plan_binding(input_of(binding(), groups=()))
    assert isinstance(complete, Planned)


def test_what_a_binding_leaves_out_is_filled_in_with_the_first_registration() -> None:
    bare = binding(target_type="", target_group_protocol="", ip_address_type="", vpc_id="")
    bare = replace(bare, meta=replace(bare.meta, finalizers=()))
    outcome = planned(input_of(bare))
    (write,) = writes(outcome.plan).values()
    assert write.resource_version == "7"
    assert write.body == {
        "metadata": {"finalizers": ["elbv2.k8s.aws/resources"]},
        "spec": {"targetType": "ip", "targetGroupProtocol": "HTTP", "ipAddressType": "ipv4", "vpcID": "vpc-1"},
    }
    assert moved(outcome.plan, "RegisterTargets") == [FIRST.id, SECOND.id]
    assert outcome.plan.steps[-1].depends_on == ("add-finalizer",)


def test_a_group_that_is_named_is_looked_up_and_its_arn_comes_first_of_all() -> None:
    named = binding(target_group_arn="", target_group_name="mine", target_type="")
    lookup = Lookup(kind=LookupKind.TARGET_GROUP_NAMES, keys=("mine",))
    assert plan_binding(input_of(named)) == Needs(lookups=(lookup,))
    outcome = planned(input_of(named, asked=frozenset({"mine"})))
    (write,) = writes(outcome.plan).values()
    assert write.body == {"spec": {"targetGroupARN": ARN, "targetType": "ip"}}
    assert calls(outcome.plan) == []


def test_a_named_group_of_another_account_is_the_one_of_the_roles_account() -> None:
    named = binding(target_group_arn="", target_group_name="mine", iam_role_arn=ROLE)
    role = AssumedRole(arn=ROLE, binding="game/mine")
    lookup = Lookup(kind=LookupKind.TARGET_GROUP_NAMES, keys=("mine",), role=role)
    assert plan_binding(input_of(named)) == Needs(lookups=(lookup,))
    found = planned(input_of(named, groups=(GROUP, replace(GROUP, arn=THEIRS)), asked=frozenset({"mine"})))
    (write,) = writes(found.plan).values()
    assert write.body == {"spec": {"targetGroupARN": THEIRS}}


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        pytest.param(
            {"target_group_arn": ""},
            "spec.targetGroupARN",
            "neither an ARN nor a name of a target group is given",
            id="no group at all",
        ),
        pytest.param(
            {"target_type": "alb"}, "spec.targetType", "'alb' is neither ip nor instance", id="a type that has no pods"
        ),
        pytest.param(
            {"target_type": "instance"},
            "spec.targetType",
            "'instance' is not that of target group mine, 'ip'",
            id="another target type than the group's",
        ),
        pytest.param(
            {"target_group_protocol": "TCP"},
            "spec.targetGroupProtocol",
            "'TCP' is not that of target group mine, 'HTTP'",
            id="another protocol than the group's",
        ),
        pytest.param(
            {"ip_address_type": "ipv6"},
            "spec.ipAddressType",
            "'ipv6' is not that of target group mine, 'ipv4'",
            id="another address family than the group's",
        ),
        pytest.param(
            {"vpc_id": "vpc-2"},
            "spec.vpcID",
            "'vpc-2' is not that of target group mine, 'vpc-1'",
            id="another VPC than the group's",
        ),
        pytest.param(
            {"node_selector": LabelSelector()},
            "spec.nodeSelector",
            "nodes are selected for instance targets only",
            id="selected nodes for pods",
        ),
        pytest.param(
            {"target_type": "instance", "iam_role_arn": ROLE},
            "spec.iamRoleArnToAssume",
            "instances of another account cannot be targets",
            id="instances of another account",
        ),
        pytest.param(
            {"target_type": "instance", "target_group_protocol": "QUIC"},
            "spec.targetGroupProtocol",
            "QUIC goes to pods, not to instances",
            id="QUIC to instances",
        ),
    ],
)
def test_what_fits_nothing_is_an_error_of_the_binding(fields: dict[str, Any], field: str, message: str) -> None:
    outcome = plan_binding(input_of(binding(**fields)))
    assert isinstance(outcome, Errored)
    (problem,) = outcome.problems
    assert (problem.reason, problem.field, problem.message) == (Reason.INVALID_SPEC, field, message)
    assert [r.message for r in outcome.reports] == [f"Failed reconcile due to InvalidSpec: {field}: {message}"]


@pytest.mark.parametrize(
    ("given", "called"),
    [
        pytest.param({"vpc_id": ""}, ARN, id="by its ARN"),
        pytest.param({"target_group_arn": "", "target_group_name": "mine"}, "'mine'", id="by its name"),
    ],
)
def test_a_group_that_does_not_exist_may_come(given: dict[str, Any], called: str) -> None:
    outcome = plan_binding(input_of(binding(**given), groups=(), asked=frozenset({ARN, "mine"})))
    assert isinstance(outcome, Errored)
    assert outcome.look_again
    assert outcome.problems[0].message == f"target group {called} does not exist"


def test_a_group_for_lambdas_has_no_pods() -> None:
    outcome = plan_binding(input_of(binding(target_type=""), groups=(replace(GROUP, target_type="lambda"),)))
    assert isinstance(outcome, Errored)
    assert "for lambda targets" in outcome.problems[0].message


# Who else is bound to it


@pytest.mark.parametrize(
    ("shares", "rival_shares", "age", "refused"),
    [
        pytest.param(False, False, "2025", True, id="the elder has the group"),
        pytest.param(False, False, "2027", False, id="the younger does not take it away"),
        pytest.param(True, False, "2025", True, id="an elder that does not share it has it alone"),
        pytest.param(True, True, "2025", False, id="all share it"),
    ],
)
def test_two_bindings_of_one_group(shares: bool, rival_shares: bool, age: str, refused: bool) -> None:
    rival = binding("other", multi_cluster=rival_shares)
    rival = replace(rival, meta=replace(rival.meta, created_at=f"{age}-01-01T00:00:00Z"))
    record = TargetRecord(binding="game/mine", entries=None)
    outcome = plan_binding(input_of(binding(multi_cluster=shares), rivals=(rival,), record=record))
    assert isinstance(outcome, Errored) is refused
    if isinstance(outcome, Errored):
        assert outcome.problems[0].message == "TargetGroupBinding game/other is bound to the same target group"


# Groups that other clusters use too


def shared(record: frozenset[str] | None, registered: Mapping[Target, Health]) -> BindingInput:
    known = TargetRecord(binding="game/mine", entries=record)
    return input_of(binding(multi_cluster=True), record=known, registered=registered)


HEALTHY, DRAINING = Health(state="healthy"), Health(state="draining")


def test_what_was_registered_is_asked_for_first() -> None:
    lookup = Lookup(kind=LookupKind.TARGET_RECORDS, keys=("game/mine",))
    assert plan_binding(input_of(binding(multi_cluster=True))) == Needs(lookups=(lookup,))


def test_the_first_pass_takes_nothing_away_and_notes_what_it_registers_before_it_does() -> None:
    plan = planned(shared(None, {STRANGER: HEALTHY})).plan
    assert moved(plan, "DeregisterTargets") == []
    note = writes(plan)["record-targets"]
    assert (note.verb, note.resource, note.name) == ("create", "configmaps", "aws-lbc-targets-mine")
    assert note.body is not None
    assert note.body["data"] == {"targets": "10.0.100.10:80,10.0.100.11:80"}
    (registration,) = [s for s in plan.steps if s.id == "register-targets-0"]
    assert registration.depends_on == ("record-targets",)


def test_only_what_the_record_names_is_deregistered() -> None:
    gone = Target(id="10.0.100.50", port=80)
    entries = frozenset({"10.0.100.10:80", "10.0.100.50:80"})
    plan = planned(shared(entries, {FIRST: HEALTHY, gone: HEALTHY, STRANGER: HEALTHY})).plan
    assert moved(plan, "DeregisterTargets") == [gone.id]
    assert moved(plan, "RegisterTargets") == [SECOND.id]
    note = writes(plan)["record-targets"]
    assert note.verb == "merge-patch"
    assert note.body == {"data": {"targets": "10.0.100.10:80,10.0.100.11:80,10.0.100.50:80"}}


def test_what_is_gone_is_taken_out_of_the_record_and_then_nothing_is_left_to_do() -> None:
    standing = {FIRST: HEALTHY, SECOND: HEALTHY}
    entries = frozenset({"10.0.100.10:80", "10.0.100.11:80"})
    drained = {"10.0.100.50:80", *entries}
    late = planned(shared(frozenset(drained), {**standing, Target(id="10.0.100.50", port=80): DRAINING}))
    assert "record-targets" not in writes(late.plan)
    cleaned = planned(shared(frozenset(drained), standing))
    assert writes(cleaned.plan)["record-targets"].body == {"data": {"targets": "10.0.100.10:80,10.0.100.11:80"}}
    done = replace(binding(multi_cluster=True), observed_generation=1)
    rest = input_of(done, record=TargetRecord(binding="game/mine", entries=entries), registered=standing)
    assert planned(rest).plan.empty


def test_a_shared_binding_that_goes_leaves_the_targets_of_others() -> None:
    leaving = binding(multi_cluster=True)
    leaving = replace(leaving, meta=replace(leaving.meta, deleted_at="now"))
    record = TargetRecord(binding="game/mine", entries=frozenset({"10.0.100.10:80"}))
    first = planned(input_of(leaving, record=record, registered={FIRST: HEALTHY, STRANGER: HEALTHY}))
    assert moved(first.plan, "DeregisterTargets") == [FIRST.id]
    unused = planned(input_of(leaving, record=record, registered={STRANGER: HEALTHY}))
    assert [s.id for s in unused.plan.steps] == ["delete-record-mine", "release-binding-mine"]


# How many, where, and under which role


def test_no_more_targets_than_a_group_may_have_draining_ones_counted() -> None:
    inp = input_of(binding(), registered={STRANGER: DRAINING})
    limited = replace(inp, cluster=replace(inp.cluster, max_targets_per_group=2))
    outcome = planned(limited)
    assert moved(outcome.plan, "RegisterTargets") == [FIRST.id]
    assert outcome.waits_for == "room for 1 more targets than the 2 that a target group may have"
    assert outcome.tracked is not None
    assert SECOND.id not in {t.id for t in outcome.tracked.targets}
    full = planned(replace(limited, cluster=replace(inp.cluster, max_targets_per_group=1)))
    assert moved(full.plan, "RegisterTargets") == []


def test_no_more_targets_than_aws_takes() -> None:
    inp = input_of(binding())
    limited = replace(inp, cluster=replace(inp.cluster, quota_overrides={"targets_per_target_group": 1}))
    outcome = planned(limited)
    assert moved(outcome.plan, "RegisterTargets") == [FIRST.id]
    assert [r.message for r in outcome.reports] == [
        "2 targets are asked of the target group, which takes 1, draining ones counted: 1 are not registered"
    ]
    unread = replace(inp.inventory, knowledge=replace(inp.inventory.knowledge, account_limits=False))
    first = planned(replace(limited, inventory=unread))
    assert (first.lookups, first.again_seconds) == ((Lookup(kind=LookupKind.ACCOUNT_LIMITS),), 0.0)
    more = replace(limited, inventory=replace(inp.inventory, targets={ARN: {STRANGER: HEALTHY, FIRST: HEALTHY}}))
    assert moved(planned(more).plan, "RegisterTargets") == [SECOND.id]


def balanced(type_: str, attributes: Mapping[str, str] | None, own: Mapping[str, str] | None = None) -> BindingInput:
    """The binding's group in use by a load balancer; both with these attributes."""
    balancer = LoadBalancer(
        arn="lb",
        name="lb",
        type=type_,
        scheme="internal",
        ip_address_type="ipv4",
        vpc_id="vpc-1",
        dns_name="lb.example.com",
        state="active",
        subnets=(),
        security_groups=(),
        attributes=attributes,
    )
    inp = input_of(binding(), groups=(replace(GROUP, load_balancers=("lb",), attributes=own),))
    cluster = replace(inp.cluster, quota_overrides={"targets_per_cross_zone_load_balancer": 1})
    return replace(inp, cluster=cluster, inventory=replace(inp.inventory, load_balancers={"lb": balancer}))


CROSS_ZONE = "load_balancing.cross_zone.enabled"


@pytest.mark.parametrize(
    ("inp", "registered"),
    [
        pytest.param(balanced("network", {CROSS_ZONE: "true"}), [FIRST.id], id="over zones"),
        pytest.param(
            balanced("network", {CROSS_ZONE: "false"}, {CROSS_ZONE: "true"}), [FIRST.id], id="as the group says"
        ),
        pytest.param(
            balanced("network", {CROSS_ZONE: "true"}, {CROSS_ZONE: "false"}),
            [FIRST.id, SECOND.id],
            id="not as the group says",
        ),
        pytest.param(balanced("network", {CROSS_ZONE: "false"}), [FIRST.id, SECOND.id], id="in each zone"),
        pytest.param(balanced("network", None), [FIRST.id, SECOND.id], id="not known"),
        pytest.param(balanced("application", {CROSS_ZONE: "true"}), [FIRST.id, SECOND.id], id="another type"),
    ],
)
def test_a_network_load_balancer_takes_fewer_targets_where_it_spreads_requests(
    inp: BindingInput, registered: list[str]
) -> None:
    outcome = planned(inp)
    assert moved(outcome.plan, "RegisterTargets") == registered
    assert bool(outcome.reports) == (len(registered) == 1)
    assert outcome.lookups == ()


def zones(inp: BindingInput) -> list[str | None]:
    plan = planned(inp).plan
    return [t.get("AvailabilityZone") for call in calls(plan) for t in call.parameters["Targets"]]


def test_the_zone_is_told_for_addresses_outside_of_the_groups_vpc() -> None:
    elsewhere = binding(vpc_id="vpc-peer")
    groups = (replace(GROUP, vpc_id="vpc-peer"),)
    inp = input_of(elsewhere, groups=groups)
    assert plan_binding(inp) == Needs(lookups=(Lookup(kind=LookupKind.PEER_VPCS, keys=("vpc-peer",)),))
    asked = replace(inp.inventory, knowledge=replace(inp.inventory.knowledge, peer_vpcs=frozenset({"vpc-peer"})))
    assert zones(replace(inp, inventory=asked)) == ["all", "all"]
    around = replace(asked, peer_vpcs={"vpc-peer": PeerVpc(id="vpc-peer", cidrs=("10.0.0.0/8",))})
    assert zones(replace(inp, inventory=around)) == [None, None]
    apart = replace(asked, peer_vpcs={"vpc-peer": PeerVpc(id="vpc-peer", cidrs=("172.16.0.0/12",))})
    assert zones(replace(inp, inventory=apart)) == ["all", "all"]


def test_zones_are_told_by_name_where_aws_wants_that() -> None:
    inp = replace(input_of(binding()), zone_names=True)
    assert zones(inp) == ["all", "all"]
    nodes = {
        name: replace(node, meta=replace(node.meta, labels={"topology.kubernetes.io/zone": f"us-west-2{name[-1]}"}))
        for name, node in inp.nodes.items()
    }
    assert zones(replace(inp, nodes=nodes)) == ["us-west-2b", "us-west-2a"]
    assert zones(replace(inp, nodes=nodes, zone_names=False)) == [None, None]


def test_every_call_for_a_group_of_another_account_is_made_under_its_role() -> None:
    bound = binding(target_group_arn=THEIRS, iam_role_arn=ROLE, assume_role_external_id="x")
    role = AssumedRole(arn=ROLE, external_id="x", binding="game/mine")
    outcome = planned(input_of(bound, groups=(), registered={STRANGER: HEALTHY}))
    assert {(c.operation, c.role) for c in calls(outcome.plan)} == {
        ("DeregisterTargets", role),
        ("RegisterTargets", role),
    }
    assert outcome.tracked is not None
    assert outcome.tracked.role == role
    unread = replace(input_of(bound, groups=()))
    unread = replace(unread, inventory=replace(unread.inventory, targets={}))
    assert plan_binding(unread) == Needs(lookups=(Lookup(kind=LookupKind.TARGETS, keys=(THEIRS,), role=role),))


# Gates and what is told


def gated_pod(name: str = "web-0") -> Pod:
    return Pod(meta=Meta(name=name, namespace="game", uid=f"uid-{name}"), readiness_gates=(GATE,))


def test_success_is_told_with_the_generation_that_the_targets_follow() -> None:
    plan = planned(input_of(binding(), registered={FIRST: HEALTHY, SECOND: HEALTHY})).plan
    assert [s.id for s in plan.steps] == ["publish-generation", "event-reconciled"]
    event = writes(plan)["event-reconciled"]
    assert event.body is not None
    assert (event.body["type"], event.body["reason"], event.body["message"]) == (
        "Normal",
        "SuccessfullyReconciled",
        "Successfully reconciled",
    )
    done = replace(binding(), observed_generation=1)
    assert planned(input_of(done, registered={FIRST: HEALTHY, SECOND: HEALTHY})).plan.empty


def test_nobody_waits_for_a_binding_that_cannot_be_followed() -> None:
    broken = binding(target_type="alb")
    first = planned(input_of(broken, gated=(gated_pod(),)))
    (write,) = writes(first.plan).values()
    assert (write.verb, write.resource, write.name, write.uid) == ("condition", "pods", "web-0", "uid-web-0")
    assert write.body == {
        "type": GATE,
        "status": "True",
        "reason": "NoBinding",
        "message": "TargetGroupBinding mine cannot be followed: 'alb' is neither ip nor instance",
    }
    assert [r.reason for r in first.reports] == ["FailedReconcile"]
    assert isinstance(plan_binding(input_of(broken)), Errored)


def test_nobody_waits_for_a_service_that_is_not_there() -> None:
    outcome = planned(input_of(binding(), service=None, gated=(gated_pod(),)))
    assert writes(outcome.plan)["open-gate-web-0"].body == {
        "type": GATE,
        "status": "True",
        "reason": "",
        "message": "Target Group Binding is deleted",
    }
    assert [r.reason for r in outcome.reports] == ["BackendNotFound"]


def test_a_binding_that_goes_opens_its_gates_before_it_is_let_go() -> None:
    leaving = binding()
    leaving = replace(leaving, meta=replace(leaving.meta, deleted_at="now"))
    plan = planned(input_of(leaving, gated=(gated_pod(),))).plan
    assert [(s.id, s.depends_on) for s in plan.steps] == [
        ("open-gate-web-0", ()),
        ("release-binding-mine", ("open-gate-web-0",)),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"target_group_arn": ""}, id="it never said which group"),
        pytest.param({"target_group_arn": "", "target_group_name": "gone"}, id="it named a group and got no further"),
        pytest.param({"target_type": "alb"}, id="its type is none"),
    ],
)
def test_what_is_wrong_with_a_binding_does_not_keep_it(fields: dict[str, Any]) -> None:
    leaving = binding(**fields)
    leaving = replace(leaving, meta=replace(leaving.meta, deleted_at="now"))
    assert [s.id for s in planned(input_of(leaving)).plan.steps] == ["release-binding-mine"]
