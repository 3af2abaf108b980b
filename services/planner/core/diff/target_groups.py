"""Target groups: made, changed in place, or another one in their place (ingress, sections 19 and 22)."""

from collections.abc import Iterable, Mapping

from services.planner.core.aws import HealthCheck, TargetGroup
from services.planner.core.desired import TargetGroupSettings
from services.planner.core.diff.attributes import attribute_fields, attribute_pairs, changed_attributes
from services.planner.core.diff.replaced import replaced_fields
from services.planner.core.diff.tags import diff_elb_tags, tag_changes, tag_list
from services.planner.core.draft import Draft
from services.planner.core.plans import ChangeAction, FieldChange, Json, Ref
from services.planner.core.problems import Reason

KIND = "target group"


_IMMUTABLE = ("name", "target_type", "protocol", "protocol_version", "port", "ip_address_type", "control_port")


def create_target_group(draft: Draft, desired: TargetGroupSettings, vpc: str, replaces: TargetGroup | None) -> Ref:
    """Steps that make the group, attributes included; answers the reference to its ARN. `replaces`: the one that goes
    for it."""
    step = f"create-target-group-{desired.name}"
    parameters: dict[str, Json] = {
        "Name": desired.name,
        "Protocol": desired.protocol,
        "Port": desired.port,
        "VpcId": vpc,
        "TargetType": desired.target_type,
        "HealthCheckEnabled": True,
        **health_check_parameters(desired.health_check),
        "Tags": tag_list(desired.tags),
    }
    if desired.protocol_version is not None:
        parameters["ProtocolVersion"] = desired.protocol_version
    if desired.ip_address_type == "ipv6":
        parameters["IpAddressType"] = "ipv6"
    if desired.control_port is not None:
        parameters["TargetControlPort"] = desired.control_port
    draft.call(step, "elbv2", "CreateTargetGroup", parameters)
    arn = Ref(step, "TargetGroups[0].TargetGroupArn")
    action = ChangeAction.CREATE if replaces is None else ChangeAction.REPLACE
    fields = [FieldChange(field=f"attributes.{k}", new=v) for k, v in sorted(desired.attributes.items())]
    if replaces is not None:
        fields = [*replaced_fields(replaces, desired, _IMMUTABLE), *fields]
    draft.change(KIND, desired.name, action, Reason.WANTED, str(desired.asked_by), fields=fields)
    return arn


def diff_target_group(draft: Draft, desired: TargetGroupSettings, found: TargetGroup, kept: Iterable[str]) -> None:
    """Steps that bring a standing group's health check, attributes and tags up to date."""
    fields: list[FieldChange] = []
    if not same_health_check(desired.health_check, found.health_check):
        draft.call(
            f"modify-target-group-{found.name}",
            "elbv2",
            "ModifyTargetGroup",
            {
                "TargetGroupArn": found.arn,
                "HealthCheckEnabled": True,
                **health_check_parameters(desired.health_check),
            },
        )
        fields += _health_check_fields(desired.health_check, found.health_check)
    fields += diff_attributes(draft, desired, found.arn, found.attributes or {})
    changes = tag_changes(desired.tags, found.tags, kept)
    fields += diff_elb_tags(draft, f"target-group-{found.name}", found.arn, changes)
    if fields:
        draft.change(KIND, found.name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, str(desired.asked_by), fields=fields)


def diff_attributes(
    draft: Draft, desired: TargetGroupSettings, arn: str | Ref, known: Mapping[str, str]
) -> list[FieldChange]:
    """A step that sets the attributes that were asked for and are not so; answers the differing fields."""
    changed = changed_attributes(desired.attributes, known)
    if changed:
        step = f"modify-target-group-attributes-{desired.name}"
        parameters = {"TargetGroupArn": arn, "Attributes": attribute_pairs(changed)}
        draft.call(step, "elbv2", "ModifyTargetGroupAttributes", parameters)
    return attribute_fields(changed, known)


def delete_target_group(draft: Draft, group: TargetGroup, asked_by: str, after: Iterable[str]) -> str:
    """A step that deletes the group."""
    draft.change(KIND, group.name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by)
    step = f"delete-target-group-{group.name}"
    return draft.call(step, "elbv2", "DeleteTargetGroup", {"TargetGroupArn": group.arn}, after)


def health_check_parameters(check: HealthCheck) -> dict[str, Json]:
    """A health check as CreateTargetGroup and ModifyTargetGroup take it."""
    parameters: dict[str, Json] = {
        "HealthCheckProtocol": check.protocol,
        "HealthCheckPort": check.port,
        "HealthCheckIntervalSeconds": check.interval_seconds,
        "HealthCheckTimeoutSeconds": check.timeout_seconds,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
    }
    if check.path is not None:
        parameters["HealthCheckPath"] = check.path
    if check.http_codes is not None:
        parameters["Matcher"] = {"HttpCode": check.http_codes}
    if check.grpc_codes is not None:
        parameters["Matcher"] = {"GrpcCode": check.grpc_codes}
    return parameters


def same_health_check(desired: HealthCheck, found: HealthCheck) -> bool:
    """Whether every field that is desired is so; fields that the protocol lacks are not compared."""
    return not _health_check_fields(desired, found)


def _health_check_fields(desired: HealthCheck, found: HealthCheck) -> list[FieldChange]:
    names = (
        "protocol",
        "port",
        "interval_seconds",
        "timeout_seconds",
        "healthy_threshold",
        "unhealthy_threshold",
        "path",
        "http_codes",
        "grpc_codes",
    )
    pairs = ((n, getattr(found, n), getattr(desired, n)) for n in names)
    return [
        FieldChange(field=f"health_check.{n}", old=old, new=new)
        for n, old, new in pairs
        if new is not None and old != new
    ]
