"""What targets are told about a client's TLS: version, cipher, and its certificate where the listener verifies it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.traffic.application.gate import Gate
from sandbox.traffic.core.requests import HeaderList

_TLS = ("x-amzn-tls-version", "x-amzn-tls-cipher-suite")
_MUTUAL = tuple(
    f"x-amzn-mtls-clientcert{part}" for part in ("", "-serial-number", "-issuer", "-subject", "-validity", "-leaf")
)


def client_headers(gate: Gate, session: ssl.SSLObject) -> tuple[HeaderList, Sequence[str]]:
    """Headers to add, and the lower-case names of those that a client must not bring itself."""
    added: list[tuple[str, str]] = []
    gone: list[str] = []
    if gate.forwarding.tls_headers:
        cipher = session.cipher()
        added += [("X-Amzn-Tls-Version", session.version() or ""), ("X-Amzn-Tls-Cipher-Suite", (cipher or ("",))[0])]
        gone += _TLS
    if gate.listener.mutual_tls.mode != "off":
        gone += _MUTUAL
        certificate = session.getpeercert(binary_form=True)
        if certificate is not None:
            added += _certificate(x509.load_der_x509_certificate(certificate))
    return added, gone


def _certificate(certificate: x509.Certificate) -> HeaderList:
    validity = (
        f"NotBefore={certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ};"
        f"NotAfter={certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    )
    leaf = certificate.public_bytes(Encoding.PEM).decode()
    return [
        ("X-Amzn-Mtls-Clientcert-Serial-Number", f"{certificate.serial_number:X}"),
        ("X-Amzn-Mtls-Clientcert-Issuer", certificate.issuer.rfc4514_string()),
        ("X-Amzn-Mtls-Clientcert-Subject", certificate.subject.rfc4514_string()),
        ("X-Amzn-Mtls-Clientcert-Validity", validity),
        ("X-Amzn-Mtls-Clientcert-Leaf", quote(leaf, safe="+=/")),
    ]
