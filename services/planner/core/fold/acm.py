"""Calls that ask for certificates and validate their domains."""

from collections.abc import Iterator, Mapping
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
    "ChangeResourceRecordSets": _change_records,
}
