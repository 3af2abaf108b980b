"""Certificates as ACM lists and describes them."""

from services.planner.core.aws import Certificate
from services.planner.core.parse.descriptions import Description, Pairs

_PRIVATE = "PRIVATE"


def certificate(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Certificate:
    """A certificate. The listing gives its first hundred names and says whether there are more; only the certificate's
    own description names its authority."""
    del tags, attributes, parent
    private = d.get("Type") == _PRIVATE
    described = "SubjectAlternativeNames" in d
    return Certificate(
        arn=d["CertificateArn"],
        issued=d.get("Status", "ISSUED") == "ISSUED",
        private=private,
        names=tuple(d["SubjectAlternativeNames"]) if described else _listed_names(d),
        authority=d.get("CertificateAuthorityArn") or "" if described or not private else None,
    )


def _listed_names(d: Description) -> tuple[str, ...] | None:
    names = d.get("SubjectAlternativeNameSummaries")
    return None if names is None or d.get("HasAdditionalSubjectAlternativeNames") else tuple(names)
