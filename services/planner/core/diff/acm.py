"""Certificates that a stack has made: asked for, validated, and deleted once no listener uses them (ingress,
section 21). A certificate is never changed: another set of names is another certificate, and the old one goes when the
new one has taken its place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from services.planner.core import tags
from services.planner.core.aws import Certificate, Inventory, ValidationRecord
from services.planner.core.build.created_certificates import manages_certificates, serves
from services.planner.core.desired import DesiredCertificate
from services.planner.core.diff.tags import tag_changes, tag_fields, tag_list
from services.planner.core.draft import Draft
from services.planner.core.inputs import StackInput
from services.planner.core.plans import ChangeAction, FieldChange, Json
from services.planner.core.problems import Reason
from services.planner.core.zones import zone_of

KIND = "certificate"
_TTL_SECONDS = 60


def diff_created_certificates(
    draft: Draft, inp: StackInput, desired: Sequence[DesiredCertificate], *, asked_by: str
) -> None:
    """Steps that ask for certificates, make the records that ACM waits for, and delete what has had its time."""
    standing = created_of(inp)
    kept: set[str] = set()
    for wanted in desired:
        own = [
            c
            for c in standing
            if tags.is_resource(c.tags, cluster=inp.cluster, key=inp.key, resource_id=wanted.resource_id)
        ]
        serving = [c for c in own if serves(wanted, c)]
        if not serving:
            _request(draft, wanted)
        for certificate in serving:
            if not certificate.issued:
                _validate(draft, inp.inventory, certificate)
            _retag(draft, inp, wanted, certificate)
        # Until the new one is issued, the old one serves.
        kept |= {c.arn for c in (serving if any(c.issued for c in serving) else own)}
    used = _used(inp.inventory)
    surplus = [c for c in standing if c.arn not in kept | used]
    delete_created(draft, inp, surplus, asked_by=asked_by)


def created_of(inp: StackInput) -> tuple[Certificate, ...]:
    """The stack's own certificates by ARN; none where the installation makes none."""
    if not manages_certificates(inp):
        return ()
    found = (c for _, c in sorted(inp.inventory.certificates.items()))
    return tuple(c for c in found if tags.is_of_stack(c.tags, cluster=inp.cluster, key=inp.key))


def delete_created(
    draft: Draft, inp: StackInput, certificates: Iterable[Certificate], *, asked_by: str, after: Sequence[str] = ()
) -> None:
    """Steps that delete certificates with the records that no other one is validated by."""
    going = tuple(certificates)
    gone = {c.arn for c in going}
    staying = [c for arn, c in inp.inventory.certificates.items() if arn not in gone]
    shared = {record.name for c in staying for record in c.validation or ()}
    names = {name for c in staying for name in c.names or ()}
    for certificate in going:
        # Another certificate for one of its names is validated by the same record, known or not.
        alone = names.isdisjoint(certificate.names or ())
        records = [r for r in certificate.validation or () if alone and r.name not in shared]
        _change_records(draft, inp.inventory, certificate, "DELETE", records, after)
        step = f"delete-certificate-{_id(certificate)}"
        draft.call(step, "acm", "DeleteCertificate", {"CertificateArn": certificate.arn}, after)
        draft.change(KIND, _name(certificate.names), ChangeAction.DELETE, Reason.NOT_WANTED, asked_by)


def _request(draft: Draft, wanted: DesiredCertificate) -> None:
    parameters: dict[str, Json] = {
        "DomainName": wanted.names[0],
        "SubjectAlternativeNames": list(wanted.names),
        "ValidationMethod": "DNS",
        "IdempotencyToken": wanted.token,
        "Tags": tag_list(wanted.tags),
    }
    if wanted.authority:
        parameters["CertificateAuthorityArn"] = wanted.authority
    draft.call(f"request-certificate-{wanted.resource_id}", "acm", "RequestCertificate", parameters)
    fields = [FieldChange(field="names", new=list(wanted.names))]
    draft.change(KIND, _name(wanted.names), ChangeAction.CREATE, Reason.WANTED, str(wanted.asked_by), fields=fields)


def _retag(draft: Draft, inp: StackInput, wanted: DesiredCertificate, certificate: Certificate) -> None:
    changes = tag_changes(wanted.tags, certificate.tags, inp.cluster.external_managed_tags)
    put, gone = changes
    id_ = _id(certificate)
    if put:
        parameters: dict[str, Json] = {"CertificateArn": certificate.arn, "Tags": tag_list(put)}
        draft.call(f"tag-certificate-{id_}", "acm", "AddTagsToCertificate", parameters)
    if gone:
        keys: dict[str, Json] = {"CertificateArn": certificate.arn, "Tags": [{"Key": key} for key in gone]}
        draft.call(f"untag-certificate-{id_}", "acm", "RemoveTagsFromCertificate", keys)
    fields = tag_fields(changes)
    if fields:
        by, name = str(wanted.asked_by), _name(certificate.names)
        draft.change(KIND, name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, by, fields=fields)


def _validate(draft: Draft, inventory: Inventory, certificate: Certificate) -> None:
    missing = [r for r in certificate.validation or () if r.name not in certificate.recorded]
    _change_records(draft, inventory, certificate, "UPSERT", missing, ())


def _change_records(
    draft: Draft,
    inventory: Inventory,
    certificate: Certificate,
    action: str,
    records: Iterable[ValidationRecord],
    after: Sequence[str],
) -> None:
    """One call for each zone; a record whose zone is not there any more is nobody's."""
    by_zone: defaultdict[str, list[Json]] = defaultdict(list)
    for record in records:
        zone = zone_of(record.name, inventory.hosted_zones.values())
        if zone is not None:
            entry = {
                "Name": record.name,
                "Type": "CNAME",
                "TTL": _TTL_SECONDS,
                "ResourceRecords": [{"Value": record.value}],
            }
            by_zone[zone.id].append({"Action": action, "ResourceRecordSet": entry})
    for zone_id, changes in sorted(by_zone.items()):
        step = f"{action.lower()}-records-{_id(certificate)}-{zone_id}"
        parameters = {"HostedZoneId": zone_id, "ChangeBatch": {"Changes": changes}}
        draft.call(step, "route53", "ChangeResourceRecordSets", parameters, after)


def _used(inventory: Inventory) -> set[str]:
    """Certificates that a listener of the stack has, or may have as far as it is known."""
    return {
        arn
        for listener in inventory.listeners.values()
        for arn in (*listener.certificates, *(listener.extra_certificates or ()))
    }


def _id(certificate: Certificate) -> str:
    return certificate.arn.rpartition("/")[2]


def _name(names: Sequence[str] | None) -> str:
    return sorted(names)[0] if names else ""
