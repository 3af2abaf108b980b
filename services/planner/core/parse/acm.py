"""Certificates as ACM lists and describes them, and the zones of Route 53 that their domains are validated in."""

from services.planner.core.aws import Certificate, HostedZone, ValidationRecord
from services.planner.core.parse.descriptions import Description, Pairs

_PRIVATE = "PRIVATE"
_ISSUED = "ISSUED"
_PENDING = "PENDING_VALIDATION"


def certificate(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Certificate:
    """A certificate. The listing gives its first hundred names and says whether there are more; only the certificate's
    own description names its authority and the records that it is validated by, and those a while after it was asked
    for."""
    del attributes, parent
    private = d.get("Type") == _PRIVATE
    described = "SubjectAlternativeNames" in d
    status = d.get("Status", _ISSUED)
    return Certificate(
        arn=d["CertificateArn"],
        issued=status == _ISSUED,
        private=private,
        failed=status not in (_ISSUED, _PENDING),
        names=tuple(d["SubjectAlternativeNames"]) if described else _listed_names(d),
        authority=d.get("CertificateAuthorityArn") or "" if described or not private else None,
        validation=_validation(d),
        tags=tags,
    )


def _listed_names(d: Description) -> tuple[str, ...] | None:
    names = d.get("SubjectAlternativeNameSummaries")
    return None if names is None or d.get("HasAdditionalSubjectAlternativeNames") else tuple(names)


def _validation(d: Description) -> tuple[ValidationRecord, ...] | None:
    """All records or none: names that differ in a wildcard share one."""
    options = d.get("DomainValidationOptions") or ()
    records = [option.get("ResourceRecord") for option in options]
    if not records or not all(records):
        return None
    found = {r["Name"]: ValidationRecord(name=r["Name"], value=r["Value"]) for r in records}
    return tuple(found[name] for name in sorted(found))


def hosted_zone(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> HostedZone:
    """A hosted zone."""
    del tags, attributes, parent
    private = bool((d.get("Config") or {}).get("PrivateZone"))
    return HostedZone(id=d["Id"].rpartition("/")[2], name=d["Name"].rstrip("."), private=private)
