"""Calls that ask for certificates and validate their domains."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from services.planner.core.aws import Certificate, Inventory
from services.planner.core.fold.sent import Answer, Handler, Parameters, tags
from services.planner.core.updates import RecordKind, Remove, Update, Upsert


def _request(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    """Asked for again with the same token, ACM answers the certificate that it made before."""
    arn, authority = answer["CertificateArn"], sent.get("CertificateAuthorityArn", "")
    if arn not in inventory.certificates:
        names = tuple(sent["SubjectAlternativeNames"])
        made = Certificate(
            arn=arn, issued=False, private=bool(authority), names=names, authority=authority, tags=tags(sent)
        )
        yield Upsert(record=made)


def _delete(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield Remove(kind=RecordKind.CERTIFICATE, id=sent["CertificateArn"])


def _add_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _retagged(inventory, sent, lambda old: {**old, **tags(sent)})


def _remove_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    gone = {tag["Key"] for tag in sent["Tags"]}
    yield from _retagged(inventory, sent, lambda old: {k: v for k, v in old.items() if k not in gone})


def _retagged(
    inventory: Inventory, sent: Parameters, change: Callable[[Mapping[str, str]], dict[str, str]]
) -> Iterator[Update]:
    certificate = inventory.certificates.get(sent["CertificateArn"])
    if certificate is not None and certificate.tags is not None:
        yield Upsert(record=replace(certificate, tags=change(certificate.tags)))


def _change_records(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    changes = sent["ChangeBatch"]["Changes"]
    made = {c["ResourceRecordSet"]["Name"] for c in changes if c["Action"] == "UPSERT"}
    for certificate in inventory.certificates.values():
        own = made & {record.name for record in certificate.validation or ()}
        if own:
            yield Upsert(record=replace(certificate, recorded=certificate.recorded | own))


HANDLERS: Mapping[str, Handler] = {
    "RequestCertificate": _request,
    "DeleteCertificate": _delete,
    "AddTagsToCertificate": _add_tags,
    "RemoveTagsFromCertificate": _remove_tags,
    "ChangeResourceRecordSets": _change_records,
}
