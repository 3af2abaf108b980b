"""The target group of a binding: which one it is, what the binding leaves to it, and whether both fit together.

What a user leaves out (the ARN where a name is given, target type, protocol, address family, VPC) is taken from AWS,
with admission or without; what fits nothing is a problem of the binding (targets and readiness, sections 1 and 9).
Called for a binding's plan and for the network's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from services.planner.core.aws import Inventory, TargetGroup
from services.planner.core.inputs import BindingInput
from services.planner.core.objects import Kind, ObjectRef, TargetGroupBinding
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.plans import OWN_ROLE, AssumedRole, Json
from services.planner.core.problems import Problem, Reason

TARGET_TYPES = ("ip", "instance")
_QUIC = ("QUIC", "TCP_QUIC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The binding with all that AWS says of its group; `filled`: fields of the spec that it did not have."""

    binding: TargetGroupBinding
    filled: Mapping[str, Json]


def resolve(inp: BindingInput) -> Resolved | tuple[Lookup, ...] | Problem:
    """The binding made complete, what has to be asked first, or what is wrong."""
    problem = refused_spec(inp) or _taken(inp)
    if problem is not None:
        return problem
    binding = inp.binding
    group = _known(inp)
    if group is None and not _complete(binding):
        if _asked(inp.inventory, binding):
            missing = _problem(inp, f"target group {_called(binding)} does not exist", _field(binding))
            return replace(missing, reason=Reason.TARGET_GROUP_NOT_FOUND)
        return (_question(binding),)
    if isinstance(group, Problem):
        return group
    if group is None:
        return Resolved(binding=binding, filled={})
    if group.target_type not in TARGET_TYPES:
        message = f"target group {group.name} is for {group.target_type} targets: pods and nodes are ip or instance"
        return _problem(inp, message, _field(binding))
    mismatch = next(_mismatches(inp, group), None)
    return mismatch or _completed(binding, group)


def role_of(binding: TargetGroupBinding) -> AssumedRole:
    """The role under which the binding's group is managed; without an ARN the executor's own."""
    if not binding.iam_role_arn:
        return OWN_ROLE
    meta = binding.meta
    return AssumedRole(
        arn=binding.iam_role_arn,
        external_id=binding.assume_role_external_id,
        binding=f"{meta.namespace}/{meta.name}",
    )


def refused_spec(inp: BindingInput) -> Problem | None:
    """What is wrong with the binding whatever AWS says, or None."""
    binding = inp.binding
    if not (binding.target_group_arn or binding.target_group_name):
        return _problem(inp, "neither an ARN nor a name of a target group is given", "spec.targetGroupARN")
    if binding.target_type not in ("", *TARGET_TYPES):
        return _problem(inp, f"{binding.target_type!r} is neither ip nor instance", "spec.targetType")
    if binding.target_type == "ip" and binding.node_selector is not None:
        return _problem(inp, "nodes are selected for instance targets only", "spec.nodeSelector")
    if binding.target_type == "instance" and binding.iam_role_arn:
        return _problem(inp, "instances of another account cannot be targets", "spec.iamRoleArnToAssume")
    if binding.target_type == "instance" and binding.target_group_protocol in _QUIC:
        message = f"{binding.target_group_protocol} goes to pods, not to instances"
        return _problem(inp, message, "spec.targetGroupProtocol")
    return None


def _taken(inp: BindingInput) -> Problem | None:
    """Two bindings of one group would take each other's targets away, unless all of them share it: the elder has it."""
    rivals = [r for r in inp.rivals if not (inp.binding.multi_cluster and r.multi_cluster)]
    elder = min((r for r in rivals if _age(r) < _age(inp.binding)), key=_age, default=None)
    if elder is None:
        return None
    name = f"{elder.meta.namespace}/{elder.meta.name}"
    return _problem(inp, f"TargetGroupBinding {name} is bound to the same target group", "spec.targetGroupARN")


def _age(binding: TargetGroupBinding) -> tuple[str, str, str]:
    return binding.meta.created_at, binding.meta.namespace, binding.meta.name


def _known(inp: BindingInput) -> TargetGroup | Problem | None:
    """The group as far as it is known. One that is named was looked up lately: names are given anew."""
    binding, inventory = inp.binding, inp.inventory
    if binding.target_group_arn:
        return inventory.target_groups.get(binding.target_group_arn)
    if not _asked(inventory, binding):
        return None
    account = _account(binding.iam_role_arn)
    named = [g for g in inventory.target_groups.values() if g.name == binding.target_group_name]
    found = [g for g in named if not account or _account(g.arn) == account]
    if len(found) > 1:
        return _problem(inp, "several accounts have a target group of this name: give its ARN", "spec.targetGroupName")
    return found[0] if found else None


def _account(arn: str) -> str:
    """The account in an ARN (IAM user guide, ARN format)."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def _complete(binding: TargetGroupBinding) -> bool:
    """Whether the group need not be read: it is given by its ARN, and nothing of it is left out."""
    given = (
        binding.target_group_arn,
        binding.target_type,
        binding.target_group_protocol,
        binding.ip_address_type,
        binding.vpc_id,
    )
    return all(given)


def _asked(inventory: Inventory, binding: TargetGroupBinding) -> bool:
    return (binding.target_group_arn or binding.target_group_name) in inventory.knowledge.asked_groups


def _question(binding: TargetGroupBinding) -> Lookup:
    if binding.target_group_arn:
        return Lookup(kind=LookupKind.TARGET_GROUPS, keys=(binding.target_group_arn,), role=role_of(binding))
    return Lookup(kind=LookupKind.TARGET_GROUP_NAMES, keys=(binding.target_group_name,), role=role_of(binding))


def _mismatches(inp: BindingInput, group: TargetGroup) -> Iterator[Problem]:
    binding = inp.binding
    for field, given, real in (
        ("targetType", binding.target_type, group.target_type),
        ("targetGroupProtocol", binding.target_group_protocol, group.protocol),
        ("ipAddressType", binding.ip_address_type, group.ip_address_type or "ipv4"),
        ("vpcID", binding.vpc_id, group.vpc_id),
    ):
        if given and real and given != real:
            yield _problem(inp, f"{given!r} is not that of target group {group.name}, {real!r}", f"spec.{field}")
    if group.target_type == "ip" and binding.node_selector is not None:
        yield _problem(inp, "nodes are selected for instance targets only", "spec.nodeSelector")
    if group.target_type == "instance" and binding.iam_role_arn:
        yield _problem(inp, "instances of another account cannot be targets", "spec.iamRoleArnToAssume")


def _completed(binding: TargetGroupBinding, group: TargetGroup) -> Resolved:
    complete = replace(
        binding,
        target_group_arn=binding.target_group_arn or group.arn,
        target_type=binding.target_type or group.target_type,
        target_group_protocol=binding.target_group_protocol or group.protocol,
        ip_address_type=binding.ip_address_type or group.ip_address_type or "ipv4",
        vpc_id=binding.vpc_id or group.vpc_id,
    )
    fields = {
        "targetGroupARN": (binding.target_group_arn, complete.target_group_arn),
        "targetType": (binding.target_type, complete.target_type),
        "targetGroupProtocol": (binding.target_group_protocol, complete.target_group_protocol),
        "ipAddressType": (binding.ip_address_type, complete.ip_address_type),
        "vpcID": (binding.vpc_id, complete.vpc_id),
    }
    return Resolved(binding=complete, filled={name: new for name, (old, new) in fields.items() if new and not old})


def _called(binding: TargetGroupBinding) -> str:
    return binding.target_group_arn or repr(binding.target_group_name)


def _field(binding: TargetGroupBinding) -> str:
    return "spec.targetGroupARN" if binding.target_group_arn else "spec.targetGroupName"


def _problem(inp: BindingInput, message: str, field: str) -> Problem:
    where = ObjectRef(kind=Kind.TARGET_GROUP_BINDING, namespace=inp.key.namespace, name=inp.key.name)
    return Problem(where=where, reason=Reason.INVALID_SPEC, message=message, field=field)
