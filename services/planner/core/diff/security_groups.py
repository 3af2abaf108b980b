"""Security groups and their inbound rules (networking, sections 4 and 6)."""

from collections.abc import Iterable, Mapping, Sequence

from services.planner.core.aws import Permission, SecurityGroup
from services.planner.core.desired import DesiredGroup
from services.planner.core.diff.tags import tag_changes, tag_fields, tag_list
from services.planner.core.draft import Draft
from services.planner.core.fitting.permissions import fit_permissions
from services.planner.core.plans import ChangeAction, FieldChange, Json, Ref
from services.planner.core.problems import Reason

CREATE = "create-security-group"


def diff_managed_group(
    draft: Draft,
    desired: DesiredGroup,
    found: SecurityGroup | None,
    *,
    vpc: str,
    kept: Iterable[str],
    quota: int,
    asked_by: str,
) -> str | Ref:
    """Steps that make the stack's managed group as desired; answers its id. `quota`: inbound rules of a group."""
    if found is None:
        return _create(draft, desired, vpc, asked_by)
    fields: list[FieldChange] = []
    missing, surplus = rule_changes(desired.permissions, found.permissions)
    change_rules(draft, "managed", found, missing, surplus, quota=quota)
    fields += [FieldChange(field="ingress", new=describe(p)) for p in missing]
    fields += [FieldChange(field="ingress", old=describe(p)) for p in surplus]
    fields += _retag(draft, desired.tags, found, kept)
    if fields:
        draft.change("security group", found.name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, asked_by, fields=fields)
    return found.id


def delete_managed_group(draft: Draft, found: SecurityGroup, asked_by: str, after: Iterable[str]) -> str:
    """A step that deletes a managed group, once no load balancer uses it."""
    draft.change("security group", found.name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by)
    step = f"delete-security-group-{found.name}"
    return draft.call(step, "ec2", "DeleteSecurityGroup", {"GroupId": found.id}, after)


def create_group(
    draft: Draft,
    step: str,
    *,
    name: str,
    description: str,
    vpc: str,
    tags: Mapping[str, str],
) -> Ref:
    """A step that makes a group with its tags; answers the reference to its id."""
    draft.call(
        step,
        "ec2",
        "CreateSecurityGroup",
        {
            "GroupName": name,
            "Description": description,
            "VpcId": vpc,
            "TagSpecifications": [{"ResourceType": "security-group", "Tags": tag_list(tags)}],
        },
    )
    return Ref(step, "GroupId")


def _create(draft: Draft, desired: DesiredGroup, vpc: str, asked_by: str) -> Ref:
    group = create_group(draft, CREATE, name=desired.name, description=desired.description, vpc=vpc, tags=desired.tags)
    missing, _ = rule_changes(desired.permissions, frozenset())
    if missing:
        authorize(draft, "authorize-managed", group, missing)
    fields = [FieldChange(field="ingress", new=describe(p)) for p in missing]
    draft.change("security group", desired.name, ChangeAction.CREATE, Reason.WANTED, asked_by, fields=fields)
    return group


def _retag(draft: Draft, tags: Mapping[str, str], found: SecurityGroup, kept: Iterable[str]) -> list[FieldChange]:
    changes = tag_changes(tags, found.tags, kept)
    put, gone = changes
    if put:
        draft.call("tag-managed", "ec2", "CreateTags", {"Resources": [found.id], "Tags": tag_list(put)})
    if gone:
        keys = [{"Key": k} for k in gone]
        draft.call("untag-managed", "ec2", "DeleteTags", {"Resources": [found.id], "Tags": keys})
    return tag_fields(changes)


def rule_changes(
    desired: Iterable[Permission], found: Iterable[Permission]
) -> tuple[tuple[Permission, ...], tuple[Permission, ...]]:
    """Rules to authorize and to revoke, sorted; a rule's description is no part of its identity."""
    want, have = {p.identity: p for p in sorted(desired)}, {p.identity: p for p in sorted(found)}
    missing = tuple(p for i, p in sorted(want.items()) if i not in have)
    surplus = tuple(p for i, p in sorted(have.items()) if i not in want)
    return missing, surplus


def change_rules(
    draft: Draft,
    name: str,
    group: SecurityGroup,
    missing: Sequence[Permission],
    surplus: Sequence[Permission],
    *,
    quota: int,
) -> None:
    """Steps that add the missing rules of a group and take the surplus ones away. Grants come before revocations, as
    far as the group has room for both; what it has no room for before is granted after them."""
    now = fit_permissions(missing, group.permissions, quota, others=group.permissions)
    early = [p for p in missing if p in now.fitting] if surplus else missing
    granted = [authorize(draft, f"authorize-{name}", group.id, early)] if early else []
    revoked = [revoke(draft, f"revoke-{name}", group.id, surplus, granted)] if surplus else []
    late = [p for p in missing if p not in early]
    if late:
        authorize(draft, f"authorize-{name}-then", group.id, late, revoked)


def authorize(
    draft: Draft, step: str, group: str | Ref, permissions: Sequence[Permission], after: Iterable[str] = ()
) -> str:
    """A step that adds all the rules in one call."""
    parameters = {"GroupId": group, "IpPermissions": [to_ip_permission(p) for p in permissions]}
    return draft.call(step, "ec2", "AuthorizeSecurityGroupIngress", parameters, after)


def revoke(draft: Draft, step: str, group: str, permissions: Sequence[Permission], after: Iterable[str] = ()) -> str:
    """A step that removes all the rules in one call."""
    parameters = {"GroupId": group, "IpPermissions": [to_ip_permission(p) for p in permissions]}
    return draft.call(step, "ec2", "RevokeSecurityGroupIngress", parameters, after)


def to_ip_permission(permission: Permission) -> dict[str, Json]:
    """One rule as EC2 takes it."""
    entry: dict[str, Json] = {"IpProtocol": permission.protocol}
    if permission.from_port is not None:
        entry["FromPort"] = permission.from_port
    if permission.to_port is not None:
        entry["ToPort"] = permission.to_port
    for key, name, value in (
        ("IpRanges", "CidrIp", permission.cidr),
        ("Ipv6Ranges", "CidrIpv6", permission.cidr6),
        ("PrefixListIds", "PrefixListId", permission.prefix_list),
        ("UserIdGroupPairs", "GroupId", permission.group),
    ):
        if value:
            source = {name: value}
            if permission.description:
                source["Description"] = permission.description
            entry[key] = [source]
    return entry


def describe(permission: Permission) -> str:
    """A rule for people, such as `tcp 80-80 from 0.0.0.0/0`."""
    source = permission.cidr or permission.cidr6 or permission.prefix_list or permission.group
    return f"{permission.protocol} {permission.from_port}-{permission.to_port} from {source}"
