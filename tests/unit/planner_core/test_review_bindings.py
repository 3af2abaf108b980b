"""TargetGroupBindings under review: what they get from AWS, and the table of what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import HealthCheck, TargetGroup
from services.planner.core.objects import LabelSelector, Meta, TargetGroupBinding
from services.planner.core.review.bindings import (
    UNNAMED,
    Completion,
    completion,
    problem_of_change,
    problem_of_new,
)

ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/front/0123456789abcdef"
VPC = "vpc-0123456789abcdef0"
CHECK = HealthCheck(
    protocol="HTTP",
    port="traffic-port",
    interval_seconds=15,
    timeout_seconds=5,
    healthy_threshold=2,
    unhealthy_threshold=2,
)
GROUP = TargetGroup(
    arn=ARN,
    name="front",
    target_type="ip",
    protocol="HTTP",
    protocol_version="HTTP1",
    port=80,
    vpc_id=VPC,
    ip_address_type="ipv4",
    health_check=CHECK,
)


def binding(name: str = "front", **fields: Any) -> TargetGroupBinding:
    """A complete binding."""
    made = TargetGroupBinding(
        meta=Meta(namespace="shop", name=name),
        service_name="app",
        service_port=80,
        target_group_arn=ARN,
        target_type="ip",
        target_group_protocol="HTTP",
        ip_address_type="ipv4",
        vpc_id=VPC,
    )
    return replace(made, **fields)


BARE = binding(target_group_arn="", target_type="", target_group_protocol="", ip_address_type="", vpc_id="")


@pytest.mark.parametrize(
    ("given", "group", "expected"),
    [
        pytest.param(BARE, GROUP, Completion(denial=UNNAMED), id="no target group is named"),
        pytest.param(
            replace(BARE, target_group_name="front"),
            replace(GROUP, ip_address_type=""),
            Completion(
                target_group_arn=ARN,
                target_type="ip",
                ip_address_type="ipv4",
                vpc_id=VPC,
                target_group_protocol="HTTP",
            ),
            id="everything follows from the name",
        ),
        pytest.param(binding(vpc_id=""), GROUP, Completion(vpc_id=VPC), id="only what is open is set"),
        pytest.param(
            binding(target_type=""),
            replace(GROUP, target_type="lambda"),
            Completion(denial="target group front is of type lambda: no binding fills it"),
            id="a target group that no binding fills",
        ),
        pytest.param(binding(vpc_id=""), None, Completion(), id="what AWS does not say stays open"),
    ],
)
def test_a_new_binding_is_completed(given: TargetGroupBinding, group: TargetGroup | None, expected: Completion) -> None:
    assert completion(given, group) == expected


SELECTOR = LabelSelector(match_labels={"pool": "blue"})
OTHER = binding("other")


@pytest.mark.parametrize(
    ("given", "others", "problem"),
    [
        pytest.param(binding(), (), "", id="a good one"),
        pytest.param(BARE, (), UNNAMED, id="one that names no target group"),
        pytest.param(binding(target_type=""), (), "spec.targetType is required", id="one without a target type"),
        pytest.param(
            binding(node_selector=SELECTOR),
            (),
            "spec.nodeSelector chooses among instances: it cannot be with targetType ip",
            id="a choice of nodes for addresses",
        ),
        pytest.param(
            binding(target_type="instance", iam_role_arn="arn:aws:iam::1:role/r"),
            (),
            "spec.iamRoleArnToAssume needs targetType ip: instances of another account cannot be targets",
            id="instances of another account",
        ),
        pytest.param(
            binding(),
            (OTHER,),
            f"target group {ARN} has a binding already: TargetGroupBinding shop/other",
            id="a target group that has a binding",
        ),
        pytest.param(
            binding(multi_cluster=True),
            (OTHER,),
            f"target group {ARN} has a binding already: TargetGroupBinding shop/other",
            id="a target group whose binding does not share it",
        ),
        pytest.param(
            binding(multi_cluster=True), (replace(OTHER, multi_cluster=True),), "", id="a target group that all share"
        ),
        pytest.param(
            binding(),
            (replace(OTHER, meta=replace(OTHER.meta, deleted_at="2026-01-01T00:00:00Z")),),
            "",
            id="a target group whose binding goes away",
        ),
        pytest.param(
            binding(ip_address_type="ipv6"),
            (),
            "spec.ipAddressType is ipv6; that of target group front is ipv4",
            id="another address type than in AWS",
        ),
        pytest.param(
            binding(vpc_id="vpc-123"), (), 'spec.vpcID "vpc-123" is not the id of a VPC', id="an id of no VPC"
        ),
        pytest.param(
            binding(vpc_id="vpc-01234567"),
            (),
            f"spec.vpcID is vpc-01234567; that of target group front is {VPC}",
            id="another VPC than in AWS",
        ),
        pytest.param(
            binding(target_group_protocol="TCP"),
            (),
            "spec.targetGroupProtocol is TCP; that of target group front is HTTP",
            id="another protocol than in AWS",
        ),
        pytest.param(
            binding(target_type="instance", target_group_protocol="TCP_QUIC"),
            (),
            "targets of protocol TCP_QUIC are addresses: targetType cannot be instance",
            id="QUIC to instances",
        ),
    ],
)
def test_the_table_of_new_bindings(
    given: TargetGroupBinding, others: tuple[TargetGroupBinding, ...], problem: str
) -> None:
    assert problem_of_new(given, others, GROUP) == problem


def test_without_aws_the_type_may_be_left_open() -> None:
    assert problem_of_new(binding(target_type="", vpc_id="", ip_address_type=""), (), None) == ""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param(binding(), binding(service_port=81), "", id="what may change"),
        pytest.param(binding(), binding(target_group_arn=ARN + "0"), "spec.targetGroupARN cannot be changed", id="ARN"),
        pytest.param(
            BARE, replace(BARE, target_group_arn=ARN, target_type="ip"), "", id="what is told for the first time"
        ),
        pytest.param(binding(), binding(target_type="instance"), "spec.targetType cannot be changed", id="type"),
        pytest.param(binding(), binding(target_type=""), "spec.targetType cannot be changed", id="the type taken away"),
        pytest.param(binding(ip_address_type=""), binding(), "", id="the address type that was meant"),
        pytest.param(
            binding(ip_address_type=""),
            binding(ip_address_type="ipv6"),
            "spec.ipAddressType cannot be changed",
            id="another address type than was meant",
        ),
        pytest.param(
            binding(),
            binding(ip_address_type=""),
            "spec.ipAddressType cannot be changed",
            id="the address type taken away",
        ),
        pytest.param(binding(vpc_id=""), binding(), "", id="the VPC of this controller"),
        pytest.param(
            binding(vpc_id=""), binding(vpc_id="vpc-01234567"), "spec.vpcID cannot be changed", id="another VPC"
        ),
        pytest.param(binding(), binding(vpc_id=""), "spec.vpcID cannot be changed", id="no VPC any more"),
        pytest.param(
            binding(),
            binding(node_selector=SELECTOR),
            "spec.nodeSelector chooses among instances: it cannot be with targetType ip",
            id="a choice of nodes for addresses",
        ),
    ],
)
def test_the_table_of_changes(old: TargetGroupBinding, new: TargetGroupBinding, problem: str) -> None:
    assert problem_of_change(new, old, (old,), VPC) == problem
