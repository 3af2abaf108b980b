"""Listeners of a load balancer: matched by port (ingress, sections 10 and 23)."""

from collections.abc import Iterable, Mapping

from services.planner.core import attribute_defaults
from services.planner.core.aws import Inventory, Listener, MutualAuthentication
from services.planner.core.desired import DesiredListener
from services.planner.core.diff.actions import Arns, action_parameters, same_actions
from services.planner.core.diff.attributes import attribute_fields, attribute_pairs, changed_attributes
from services.planner.core.diff.certificates import counted_certificates, diff_certificates
from services.planner.core.diff.observed import rules_of
from services.planner.core.diff.rules import create_rules, diff_rules
from services.planner.core.diff.tags import diff_elb_tags
from services.planner.core.diff.terms import Terms
from services.planner.core.draft import Draft
from services.planner.core.plans import ChangeAction, FieldChange, Json, Ref
from services.planner.core.problems import Reason

KIND = "listener"
_NO_ALPN = "None"


def diff_listeners(
    draft: Draft,
    inventory: Inventory,
    load_balancer: str | Ref,
    desired: Iterable[DesiredListener],
    found: Mapping[int, Listener],
    *,
    terms: Terms,
    asked_by: str,
) -> list[str]:
    """Steps that make listeners and rules and bring them up to date; answers those after which no old forward is left
    in any listener that stays."""
    steps: list[str] = []
    standing = {port: rules_of(inventory, old) for port, old in found.items()}
    room = terms.quotas.rules_per_load_balancer - sum(map(len, standing.values()))
    slots = terms.quotas.certificates_per_load_balancer - sum(map(counted_certificates, found.values()))
    for listener in sorted(desired, key=lambda s: s.port):
        port, old = listener.port, found.get(listener.port)
        if listener.held:
            continue
        if old is None:
            steps += _create(draft, load_balancer, listener, terms, asked_by)
        else:
            steps += _modify(draft, listener, old, terms=terms, slots=slots, asked_by=asked_by)
            steps += diff_rules(draft, port, old.arn, listener.rules, standing[port], terms=terms, room=room)
        room -= max(0, len(listener.rules) - len(standing.get(port, ())))
        slots -= max(0, len(listener.certificates[1:]) - (counted_certificates(old) if old is not None else 0))
    return steps


def delete_listeners(
    draft: Draft,
    desired: Iterable[DesiredListener],
    found: Mapping[int, Listener],
    *,
    asked_by: str,
    after: Iterable[str] = (),
) -> list[str]:
    """Steps that delete the listeners that are not wanted any more; answers them."""
    wanted = {s.port for s in desired}
    return [_delete(draft, old, asked_by, after) for port, old in sorted(found.items()) if port not in wanted]


def unread_attributes(desired: Iterable[DesiredListener], found: Mapping[int, Listener]) -> list[str]:
    """Standing listeners whose attributes are asked for and were never read."""
    pairs = ((listener, found.get(listener.port)) for listener in desired)
    return [old.arn for listener, old in pairs if old and listener.attributes and _attributes(listener, old) is None]


def _create(
    draft: Draft, load_balancer: str | Ref, listener: DesiredListener, terms: Terms, asked_by: str
) -> list[str]:
    step = draft.call(
        f"create-listener-{listener.port}",
        "elbv2",
        "CreateListener",
        {"LoadBalancerArn": load_balancer, **_parameters(listener, terms.arns), **terms.tags_of_new(listener.tags)},
    )
    arn = Ref(step, "Listeners[0].ListenerArn")
    fields = diff_certificates(draft, listener, arn, ())
    fields += _diff_attributes(draft, listener, arn, attribute_defaults.listener(listener.protocol))
    draft.change(
        KIND, f"{listener.protocol}:{listener.port}", ChangeAction.CREATE, Reason.WANTED, asked_by, fields=fields
    )
    return [step, *create_rules(draft, listener.port, arn, listener.rules, terms)]


def _modify(
    draft: Draft, listener: DesiredListener, old: Listener, *, terms: Terms, slots: int, asked_by: str
) -> list[str]:
    fields = _differing(listener, old, terms)
    steps = []
    if fields:
        parameters = {"ListenerArn": old.arn, **_parameters(listener, terms.arns)}
        if listener.default_waits_for:
            del parameters["DefaultActions"]
        steps.append(draft.call(f"modify-listener-{listener.port}", "elbv2", "ModifyListener", parameters))
    fields += diff_certificates(draft, listener, old.arn, old.extra_certificates or (), after=steps, room=slots)
    fields += _diff_attributes(draft, listener, old.arn, _attributes(listener, old) or {}, after=steps)
    changes = terms.tag_changes(listener.tags, old.tags)
    fields += diff_elb_tags(draft, f"listener-{listener.port}", old.arn, changes)
    if fields:
        name = f"{listener.protocol}:{listener.port}"
        draft.change(KIND, name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, asked_by, fields=fields)
    return steps


def _parameters(listener: DesiredListener, arns: Arns) -> dict[str, Json]:
    """What creating and modifying have in common. A call takes one certificate, the default one."""
    parameters: dict[str, Json] = {
        "Port": listener.port,
        "Protocol": listener.protocol,
        "DefaultActions": action_parameters(listener.default_actions, arns),
    }
    if listener.ssl_policy is not None:
        parameters["SslPolicy"] = listener.ssl_policy
    if listener.certificates:
        parameters["Certificates"] = [{"CertificateArn": listener.certificates[0]}]
    if listener.alpn_policy is not None:
        parameters["AlpnPolicy"] = [listener.alpn_policy]
    if listener.mutual_authentication is not None:
        parameters["MutualAuthentication"] = _mutual_authentication(listener.mutual_authentication)
    return parameters


def _mutual_authentication(wanted: MutualAuthentication) -> dict[str, Json]:
    if not wanted.trust_store:
        return {"Mode": wanted.mode}
    return {
        "Mode": wanted.mode,
        "TrustStoreArn": wanted.trust_store,
        "IgnoreClientCertificateExpiry": wanted.ignore_expiry,
        "AdvertiseTrustStoreCaNames": wanted.advertise_ca_names,
    }


def _differing(listener: DesiredListener, old: Listener, terms: Terms) -> list[FieldChange]:
    """Fields that one ModifyListener brings up to date (ingress, section 23)."""
    fields = []
    if listener.protocol != old.protocol:
        fields.append(FieldChange(field="protocol", old=old.protocol, new=listener.protocol))
    fields += _differing_default(listener, old, terms)
    default = listener.certificates[0] if listener.certificates else None
    if default is not None and (default,) != old.certificates[:1]:
        fields.append(FieldChange(field="certificate", old=next(iter(old.certificates), None), new=default))
    if listener.ssl_policy not in (None, old.ssl_policy):
        fields.append(FieldChange(field="ssl_policy", old=old.ssl_policy, new=listener.ssl_policy))
    if listener.mutual_authentication not in (None, old.mutual_authentication):
        was, wanted = _mutual_authentication(old.mutual_authentication), listener.mutual_authentication
        fields.append(
            FieldChange(field="mutual_authentication", old=was, new=wanted and _mutual_authentication(wanted))
        )
    if listener.alpn_policy not in (None, old.alpn_policy or _NO_ALPN):
        fields.append(FieldChange(field="alpn_policy", old=old.alpn_policy, new=listener.alpn_policy))
    return fields


def _differing_default(listener: DesiredListener, old: Listener, terms: Terms) -> list[FieldChange]:
    if listener.default_waits_for:
        return []
    if not same_actions(listener.default_actions, old.default_actions, terms.arns):
        before = action_parameters(old.default_actions, {})
        wanted = action_parameters(listener.default_actions, terms.arns)
        return [FieldChange(field="default_actions", old=before, new=wanted)]
    if terms.default_has_new_secret(listener):
        return [FieldChange(field="client_secret", new="as its Secret has it now")]
    return []


def _attributes(listener: DesiredListener, old: Listener) -> Mapping[str, str] | None:
    """Attributes that the standing listener has once its protocol is the desired one; None: not known."""
    return old.attributes if listener.protocol == old.protocol else attribute_defaults.listener(listener.protocol)


def _diff_attributes(
    draft: Draft, listener: DesiredListener, arn: str | Ref, known: Mapping[str, str], after: Iterable[str] = ()
) -> list[FieldChange]:
    changed = changed_attributes(listener.attributes, known)
    if changed:
        parameters = {"ListenerArn": arn, "Attributes": attribute_pairs(changed)}
        draft.call(
            f"modify-listener-attributes-{listener.port}", "elbv2", "ModifyListenerAttributes", parameters, after
        )
    return attribute_fields(changed, known)


def _delete(draft: Draft, old: Listener, asked_by: str, after: Iterable[str]) -> str:
    name = f"{old.protocol}:{old.port}"
    draft.change(KIND, name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by, disruptive=True)
    return draft.call(f"delete-listener-{old.port}", "elbv2", "DeleteListener", {"ListenerArn": old.arn}, after)
