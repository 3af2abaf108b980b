"""ACM: validation, the listing, and which load balancers use a certificate. Installed by the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import moto.settings
from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult

from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.patches.patching import Patches

_LISTED_KEYS = ("RSA_1024", "RSA_2048")
_LISTED_NAMES = 100


def install(patches: Patches, elbv2: Elbv2) -> None:
    """Row 30: a requested certificate is issued on the next read, not a minute later; the listing says what AWS's says;
    InUseBy follows the listeners, and a certificate in use is not deleted."""
    patches.replace(moto.settings, "ACM_VALIDATION_WAIT", -1)
    listed = AWSCertificateManagerResponse.list_certificates

    def list_certificates(response: Any) -> Any:
        return ActionResult(_listing(response._get_param("Includes") or {}, listed(response).result))

    patches.replace(AWSCertificateManagerResponse, "list_certificates", list_certificates)
    # moto sets the attribute of each bundle when it makes it: that is passed over.
    in_use_by = property(lambda bundle: elbv2.users_of_certificate(bundle.arn), lambda bundle, value: None)
    patches.replace(CertBundle, "in_use_by", in_use_by)
    deleted = AWSCertificateManagerBackend.delete_certificate

    def delete_certificate(backend: Any, arn: str) -> None:
        if elbv2.users_of_certificate(arn):
            raise JsonRESTError("ResourceInUseException", f"Certificate {arn} is in use")
        deleted(backend, arn)

    patches.replace(AWSCertificateManagerBackend, "delete_certificate", delete_certificate)


def _listing(includes: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Row 30: short RSA keys only unless others are asked for, and the first names of each certificate (ACM API,
    CertificateSummary)."""
    wanted = includes.get("keyTypes") or _LISTED_KEYS
    found = [entry for entry in answer["CertificateSummaryList"] if entry["KeyAlgorithm"] in wanted]
    for entry in found:
        names = entry.get("SubjectAlternativeNames", [])
        entry["SubjectAlternativeNameSummaries"] = names[:_LISTED_NAMES]
        entry["HasAdditionalSubjectAlternativeNames"] = len(names) > _LISTED_NAMES
    return {**answer, "CertificateSummaryList": found}
