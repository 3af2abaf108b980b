"""Load balancers: made, changed in place, deleted (ingress, sections 17 and 22)."""

from collections.abc import Iterable, Mapping, Sequence

from services.planner.core import attribute_defaults
from services.planner.core.aws import LoadBalancer
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.diff.attributes import attribute_fields, attribute_pairs, changed_attributes
from services.planner.core.diff.replaced import replaced_fields
from services.planner.core.diff.tags import diff_elb_tags, tag_changes, tag_list
from services.planner.core.draft import Draft
from services.planner.core.plans import ChangeAction, FieldChange, Json, Ref
from services.planner.core.problems import Reason

KIND = "load balancer"
SET_GROUPS = "set-security-groups"
# What one ModifyLoadBalancerAttributes takes (ELBv2 behaviour, section 2.2).
ATTRIBUTES_PER_CALL = 20


def create_load_balancer(
    draft: Draft,
    desired: DesiredLoadBalancer,
    groups: Sequence[str | Ref],
    asked_by: str,
    *,
    replaces: LoadBalancer | None,
) -> tuple[Ref, Ref]:
    """Steps that make the load balancer with its attributes; answers references to its ARN and DNS name. `replaces`:
    the one that goes for it, whose clients have to learn the new name."""
    parameters: dict[str, Json] = {
        "Name": desired.name,
        "Type": desired.type,
        "Scheme": desired.scheme,
        "IpAddressType": desired.ip_address_type,
        "SubnetMappings": subnet_mappings(desired),
        "Tags": tag_list(desired.tags),
    }
    if groups:
        parameters["SecurityGroups"] = list(groups)
    if desired.type == "network":
        # Sent always, so that AWS's default has no say (service behaviour, section 4).
        parameters["EnablePrefixForIpv6SourceNat"] = "off"
    step = draft.call("create-load-balancer", "elbv2", "CreateLoadBalancer", parameters)
    arn = Ref(step, "LoadBalancers[0].LoadBalancerArn")
    fields = _diff_attributes(draft, desired, arn, attribute_defaults.load_balancer(desired.type))
    action = ChangeAction.CREATE if replaces is None else ChangeAction.REPLACE
    if replaces is not None:
        fields = [*replaced_fields(replaces, desired, ("name", "type", "scheme", "ip_address_type")), *fields]
    draft.change(KIND, desired.name, action, Reason.WANTED, asked_by, fields=fields, disruptive=replaces is not None)
    return arn, Ref(step, "LoadBalancers[0].DNSName")


def diff_load_balancer(
    draft: Draft,
    desired: DesiredLoadBalancer,
    found: LoadBalancer,
    groups: Sequence[str | Ref],
    *,
    kept: Iterable[str],
    asked_by: str,
) -> None:
    """Steps that bring a standing load balancer up to date: tags, groups, subnets, address type, attributes."""
    fields = diff_elb_tags(draft, "load-balancer", found.arn, tag_changes(desired.tags, found.tags, kept))
    if groups and set(groups) != set(found.security_groups):
        draft.call(
            SET_GROUPS,
            "elbv2",
            "SetSecurityGroups",
            {"LoadBalancerArn": found.arn, "SecurityGroups": list(groups)},
        )
        fields.append(FieldChange(field="security_groups", old=list(found.security_groups), new=list(groups)))
    if set(desired.subnets) != set(found.subnets):
        draft.call(
            "set-subnets",
            "elbv2",
            "SetSubnets",
            {"LoadBalancerArn": found.arn, "SubnetMappings": subnet_mappings(desired)},
        )
        fields.append(FieldChange(field="subnets", old=list(found.subnets), new=list(desired.subnets)))
    if desired.ip_address_type != found.ip_address_type:
        draft.call(
            "set-ip-address-type",
            "elbv2",
            "SetIpAddressType",
            {"LoadBalancerArn": found.arn, "IpAddressType": desired.ip_address_type},
        )
        fields.append(FieldChange(field="ip_address_type", old=found.ip_address_type, new=desired.ip_address_type))
    fields += _diff_attributes(draft, desired, found.arn, found.attributes or {})
    if fields:
        disruptive = any(f.field == "subnets" for f in fields)
        draft.change(
            KIND,
            found.name,
            ChangeAction.MODIFY,
            Reason.FIELDS_DIFFER,
            asked_by,
            fields=fields,
            disruptive=disruptive,
        )


def subnet_mappings(desired: DesiredLoadBalancer) -> list[dict[str, Json]]:
    """The subnets as calls take them, with the Elastic IP addresses that were asked for."""
    addresses = [{"AllocationId": a} for a in desired.allocations] or [{} for _ in desired.subnets]
    return [{"SubnetId": s, **address} for s, address in zip(desired.subnets, addresses, strict=True)]


def delete_load_balancer(draft: Draft, found: LoadBalancer, asked_by: str, after: Iterable[str] = ()) -> str:
    """A step that deletes the load balancer with its listeners and rules."""
    draft.change(KIND, found.name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by, disruptive=True)
    step = f"delete-load-balancer-{found.name}"
    return draft.call(step, "elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": found.arn}, after)


def _diff_attributes(
    draft: Draft, desired: DesiredLoadBalancer, arn: str | Ref, known: Mapping[str, str]
) -> list[FieldChange]:
    changed = changed_attributes(desired.attributes, known)
    pairs = attribute_pairs(changed)
    for start in range(0, len(pairs), ATTRIBUTES_PER_CALL):
        step = "modify-load-balancer-attributes" + (f"-{start}" if start else "")
        parameters = {"LoadBalancerArn": arn, "Attributes": pairs[start : start + ATTRIBUTES_PER_CALL]}
        draft.call(step, "elbv2", "ModifyLoadBalancerAttributes", parameters)
    return attribute_fields(changed, known)
