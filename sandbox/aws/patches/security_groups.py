"""Security groups that are still needed cannot be deleted. Installed by the package."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend

from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.patches.patching import Patches


def install(patches: Patches, elbv2: Elbv2) -> None:
    """Section 6, row 15: DependencyViolation for a group that is referenced or in use."""
    original = EC2Backend.delete_security_group

    def delete_security_group(backend: Any, name: str | None = None, group_id: str | None = None) -> None:
        group = backend.get_security_group_by_name_or_id(group_id or name)
        if group is not None:
            _check_unused(backend, group, elbv2)
        original(backend, name, group_id)

    patches.replace(EC2Backend, "delete_security_group", delete_security_group)


def _check_unused(backend: Any, group: Any, elbv2: Elbv2) -> None:
    if group.is_default:
        message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        raise EC2ClientError("CannotDelete", message)
    if _has_interface(backend, group) or elbv2.uses_security_group(group.id) or _is_referenced(backend, group):
        raise DependencyViolationError(f"resource {group.id} has a dependent object")


def _has_interface(backend: Any, group: Any) -> bool:
    return any(group.id in {one.id for one in interface.group_set} for interface in backend.enis.values())


def _is_referenced(backend: Any, group: Any) -> bool:
    """By a rule of another group; a group's rules about itself go with it."""
    return any(
        rule.source_group.get("GroupId") == group.id
        for groups in backend.groups.values()
        for other in groups.values()
        if other.id != group.id
        for rule in (*other.ingress_rules, *other.egress_rules)
    )
