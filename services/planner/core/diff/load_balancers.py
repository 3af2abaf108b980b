"""Load balancers: made, changed in place, deleted (ingress, sections 17 and 22)."""

from collections.abc import Iterable, Mapping, Sequence

from services.planner.core import attribute_defaults
from services.planner.core.aws import FACTS_OF_NEW, PRIVATE_LINK_DEFAULT, LoadBalancer
from services.planner.core.desired import DesiredLoadBalancer
from services.planner.core.diff.addons import diff_addons
from services.planner.core.diff.attributes import attribute_fields, attribute_pairs, changed_attributes
from services.planner.core.diff.capacity import diff_capacity
from services.planner.core.diff.placement import diff_placement, source_nat, subnet_mappings
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
        **source_nat(desired),
        "Tags": tag_list(desired.tags),
    }
    if groups:
        parameters["SecurityGroups"] = list(groups)
    if desired.customer_owned_pool is not None:
        parameters["CustomerOwnedIpv4Pool"] = desired.customer_owned_pool
    if desired.ipam_pool is not None:
        parameters["IpamPools"] = {"Ipv4IpamPoolId": desired.ipam_pool}
    step = draft.call("create-load-balancer", "elbv2", "CreateLoadBalancer", parameters)
    arn = Ref(step, "LoadBalancers[0].LoadBalancerArn")
    fields = _diff_attributes(draft, desired, arn, attribute_defaults.load_balancer(desired.type))
    if desired.private_link_rules not in (None, PRIVATE_LINK_DEFAULT):
        _set_groups(draft, desired, arn, groups)
        fields.append(FieldChange(field="private_link_rules", new=desired.private_link_rules))
    fields += diff_addons(draft, desired, arn, FACTS_OF_NEW)
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
    """Steps that bring a standing load balancer up to date: tags, groups, placement, attributes, capacity, add-ons."""
    fields = diff_elb_tags(draft, "load-balancer", found.arn, tag_changes(desired.tags, found.tags, kept))
    fields += _diff_groups(draft, desired, found, groups)
    fields += diff_placement(draft, desired, found)
    fields += _diff_attributes(draft, desired, found.arn, found.attributes or {})
    fields += diff_capacity(draft, desired, found)
    fields += diff_addons(draft, desired, found.arn, found.facts)
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


def _diff_groups(
    draft: Draft, desired: DesiredLoadBalancer, found: LoadBalancer, groups: Sequence[str | Ref]
) -> list[FieldChange]:
    fields: list[FieldChange] = []
    if groups and set(groups) != set(found.security_groups):
        fields.append(FieldChange(field="security_groups", old=list(found.security_groups), new=list(groups)))
    if desired.private_link_rules not in (None, found.private_link_rules):
        change = FieldChange(field="private_link_rules", old=found.private_link_rules, new=desired.private_link_rules)
        fields.append(change)
    if fields:
        _set_groups(draft, desired, found.arn, groups)
    return fields


def _set_groups(draft: Draft, desired: DesiredLoadBalancer, arn: str | Ref, groups: Sequence[str | Ref]) -> None:
    parameters: dict[str, Json] = {"LoadBalancerArn": arn, "SecurityGroups": list(groups)}
    if desired.private_link_rules is not None:
        parameters["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] = desired.private_link_rules
    draft.call(SET_GROUPS, "elbv2", "SetSecurityGroups", parameters)


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
