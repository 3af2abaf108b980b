"""Certificates of listeners, and ACM's validation. Installed by the package; the listener patch uses the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import moto.settings
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import ActionResult

from sandbox.aws.patches.lookup import find_listener
from sandbox.aws.patches.patching import Call, Patches, refusal

_LISTED_KEYS = ("RSA_1024", "RSA_2048")
_LISTED_NAMES = 100


def install(patches: Patches) -> None:
    """Section 6, rows 23 and 30 (a requested certificate is issued on the next read, not a minute later; the listing
    says what AWS's says)."""
    patches.answer("AddListenerCertificates", _add)
    patches.answer("RemoveListenerCertificates", _remove)
    patches.answer("DescribeListenerCertificates", _describe)
    patches.replace(moto.settings, "ACM_VALIDATION_WAIT", -1)
    listed = AWSCertificateManagerResponse.list_certificates

    def list_certificates(response: Any) -> Any:
        return ActionResult(_listing(response._get_param("Includes") or {}, listed(response).result))

    patches.replace(AWSCertificateManagerResponse, "list_certificates", list_certificates)


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


def check_certificates(backend: Any, arns: Sequence[str]) -> None:
    for arn in arns:
        if not backend._certificate_exists(arn):
            raise refusal("CertificateNotFound", f"Certificate '{arn}' not found")


def _named(call: Call) -> list[str]:
    return [certificate["CertificateArn"] for certificate in call.params["Certificates"]]


def _add(call: Call) -> dict[str, Any]:
    """Row 23: one that is there is not added twice; an unknown one is refused."""
    listener = find_listener(call.backend, call.params["ListenerArn"])
    check_certificates(call.backend, _named(call))
    listener.sni = list(dict.fromkeys([*listener.sni, *_named(call)]))
    return {"Certificates": [{"CertificateArn": arn} for arn in _named(call)]}


def _remove(call: Call) -> None:
    """Row 23: the default certificate stays."""
    listener = find_listener(call.backend, call.params["ListenerArn"])
    if set(_named(call)) & (set(listener.certificates) - set(listener.sni)):
        raise refusal("OperationNotPermitted", "The default certificate of a listener cannot be removed")
    listener.sni = [arn for arn in listener.sni if arn not in _named(call)]


def _describe(call: Call) -> dict[str, Any]:
    """Row 23: the default first, then the others; a default that was added, too, is there twice."""
    listener = find_listener(call.backend, call.params["ListenerArn"])
    default = [{"CertificateArn": arn, "IsDefault": True} for arn in listener.certificates[:1]]
    return {"Certificates": [*default, *({"CertificateArn": arn, "IsDefault": False} for arn in listener.sni)]}
