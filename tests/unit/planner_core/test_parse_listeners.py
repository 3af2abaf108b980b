"""Certificates, trust stores and mutual authentication as AWS describes them."""

from typing import Any

import pytest

from services.planner.core.aws import Certificate, MutualAuthentication, TrustStore
from services.planner.core.parse import listener, parse
from services.planner.core.updates import RecordKind


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        pytest.param(
            {"SubjectAlternativeNameSummaries": ["a", "b"], "HasAdditionalSubjectAlternativeNames": False},
            {"names": ("a", "b"), "authority": ""},
            id="the listing gives all names",
        ),
        pytest.param(
            {"SubjectAlternativeNameSummaries": ["a"], "HasAdditionalSubjectAlternativeNames": True},
            {"names": None, "authority": ""},
            id="the listing has more names than it gives",
        ),
        pytest.param({}, {"names": None, "authority": ""}, id="the listing gives no names"),
        pytest.param(
            {"Type": "PRIVATE", "SubjectAlternativeNameSummaries": ["a"]},
            {"names": ("a",), "authority": None, "private": True},
            id="the listing does not name the authority",
        ),
        pytest.param(
            {"Type": "PRIVATE", "SubjectAlternativeNames": ["a"], "CertificateAuthorityArn": "ca"},
            {"names": ("a",), "authority": "ca", "private": True},
            id="the certificate's own description",
        ),
        pytest.param(
            {"Status": "PENDING_VALIDATION", "SubjectAlternativeNames": []},
            {"names": (), "authority": "", "issued": False},
            id="one that is not issued yet",
        ),
    ],
)
def test_a_certificate(described: dict[str, Any], expected: dict[str, Any]) -> None:
    description = {"CertificateArn": "arn", "Status": "ISSUED", "Type": "AMAZON_ISSUED", **described}

    assert parse(RecordKind.CERTIFICATE, description) == Certificate(
        **{"arn": "arn", "issued": True, "private": False, **expected}
    )


def test_a_trust_store() -> None:
    description = {"TrustStoreArn": "arn", "Name": "clients", "Status": "ACTIVE"}

    assert parse(RecordKind.TRUST_STORE, description) == TrustStore(arn="arn", name="clients")


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        pytest.param(None, MutualAuthentication(mode="off"), id="none"),
        pytest.param({"Mode": "off"}, MutualAuthentication(mode="off"), id="off"),
        pytest.param({"Mode": "passthrough"}, MutualAuthentication(mode="passthrough"), id="passthrough"),
        pytest.param(
            {
                "Mode": "verify",
                "TrustStoreArn": "store",
                "IgnoreClientCertificateExpiry": True,
                "TrustStoreAssociationStatus": "active",
            },
            MutualAuthentication(mode="verify", trust_store="store", ignore_expiry=True, advertise_ca_names="off"),
            id="verify, however the trust store's association is",
        ),
    ],
)
def test_mutual_authentication(described: dict[str, Any] | None, expected: MutualAuthentication) -> None:
    description = {"ListenerArn": "arn", "Port": 443, "Protocol": "HTTPS", "MutualAuthentication": described}

    assert listener(description, None, None, "").mutual_authentication == expected
