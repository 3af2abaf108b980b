"""TargetGroupBindings that are about to be written: what follows from the target group, and what cannot be (targets and
readiness, section 9).

`group` is always the target group in AWS as far as it is known; None: AWS could not be asked, and the planner will find
out when it works on the binding.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.planner.core.aws import TargetGroup
from services.planner.core.objects import TargetGroupBinding

_TARGET_TYPES = ("instance", "ip")
_QUIC = ("QUIC", "TCP_QUIC")
_IPV4 = "ipv4"
_VPC_ID = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17}|[0-9a-f]{32})")
UNNAMED = "neither spec.targetGroupARN nor spec.targetGroupName says which target group it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Fields to set, each empty where it stays; or `denial`, why the binding cannot be."""

    denial: str = ""
    target_group_arn: str = ""
    target_type: str = ""
    ip_address_type: str = ""
    vpc_id: str = ""
    target_group_protocol: str = ""


def is_complete(binding: TargetGroupBinding) -> bool:
    """Whether nothing of it has to be taken from AWS."""
    b = binding
    return all((b.target_group_arn, b.target_type, b.ip_address_type, b.vpc_id, b.target_group_protocol))


def completion(binding: TargetGroupBinding, group: TargetGroup | None) -> Completion:
    """What is left open in a new binding, from its target group."""
    if not (binding.target_group_arn or binding.target_group_name):
        return Completion(denial=UNNAMED)
    if group is None:
        return Completion()
    if not binding.target_type and group.target_type not in _TARGET_TYPES:
        return Completion(denial=f"target group {group.name} is of type {group.target_type}: no binding fills it")
    return Completion(
        target_group_arn="" if binding.target_group_arn else group.arn,
        target_type="" if binding.target_type else group.target_type,
        ip_address_type="" if binding.ip_address_type else group.ip_address_type or _IPV4,
        vpc_id="" if binding.vpc_id else group.vpc_id,
        target_group_protocol="" if binding.target_group_protocol else group.protocol,
    )


def problem_of_new(binding: TargetGroupBinding, others: Iterable[TargetGroupBinding], group: TargetGroup | None) -> str:
    """Why a binding cannot be made, empty when it can. `others`: all bindings of the cluster."""
    return next(filter(None, (*_always(binding, others), *_at_creation(binding, group))), "")


def problem_of_change(
    binding: TargetGroupBinding, old: TargetGroupBinding, others: Iterable[TargetGroupBinding], vpc_id: str
) -> str:
    """Why a binding cannot become so, empty when it can. `vpc_id`: the VPC of this controller."""
    return next(filter(None, (*_changes(binding, old, vpc_id), *_always(binding, others))), "")


def _always(binding: TargetGroupBinding, others: Iterable[TargetGroupBinding]) -> Iterator[str]:
    if not (binding.target_group_arn or binding.target_group_name):
        yield UNNAMED
    if binding.node_selector is not None and binding.target_type == "ip":
        yield "spec.nodeSelector chooses among instances: it cannot be with targetType ip"
    if binding.iam_role_arn and binding.target_type == "instance":
        yield "spec.iamRoleArnToAssume needs targetType ip: instances of another account cannot be targets"
    yield _taken(binding, others)


def _taken(binding: TargetGroupBinding, others: Iterable[TargetGroupBinding]) -> str:
    """A target group has one binding, unless all of them share it knowingly. One that goes away counts no more."""
    if not binding.target_group_arn:
        return ""
    same = [
        other
        for other in others
        if other.target_group_arn == binding.target_group_arn
        and not other.meta.deleting
        and (other.meta.namespace, other.meta.name) != (binding.meta.namespace, binding.meta.name)
    ]
    if not same or (binding.multi_cluster and all(other.multi_cluster for other in same)):
        return ""
    name = f"{same[0].meta.namespace}/{same[0].meta.name}"
    return f"target group {binding.target_group_arn} has a binding already: TargetGroupBinding {name}"


def _at_creation(binding: TargetGroupBinding, group: TargetGroup | None) -> Iterator[str]:
    if binding.vpc_id and not _VPC_ID.fullmatch(binding.vpc_id):
        yield f'spec.vpcID "{binding.vpc_id}" is not the id of a VPC'
    if binding.target_group_protocol in _QUIC and binding.target_type == "instance":
        yield f"targets of protocol {binding.target_group_protocol} are addresses: targetType cannot be instance"
    if group is None:
        return
    if not binding.target_type:
        yield "spec.targetType is required"
    facts: tuple[tuple[str, str, str], ...] = (
        ("ipAddressType", binding.ip_address_type, group.ip_address_type or _IPV4),
        ("vpcID", binding.vpc_id, group.vpc_id),
        ("targetGroupProtocol", binding.target_group_protocol, group.protocol),
    )
    for field, said, fact in facts:
        if said and said != fact:
            yield f"spec.{field} is {said}; that of target group {group.name} is {fact}"


def _changes(binding: TargetGroupBinding, old: TargetGroupBinding, vpc_id: str) -> Iterator[str]:
    if old.target_group_arn and binding.target_group_arn != old.target_group_arn:
        yield _immutable("targetGroupARN")
    if old.target_type and binding.target_type != old.target_type:
        yield _immutable("targetType")
    if binding.ip_address_type != old.ip_address_type and not _says_the_same(old, binding):
        yield _immutable("ipAddressType")
    if binding.vpc_id != old.vpc_id and (old.vpc_id or binding.vpc_id != vpc_id):
        yield _immutable("vpcID")


def _says_the_same(old: TargetGroupBinding, new: TargetGroupBinding) -> bool:
    return not old.ip_address_type and new.ip_address_type == _IPV4


def _immutable(field: str) -> str:
    return f"spec.{field} cannot be changed"
