"""TLS of listeners: the certificate that fits the name a client asks for, protocols, client certificates."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from cryptography import x509

from sandbox.traffic.configuration import Certificate, Listener, MutualTls

_ALPN: Mapping[str, Sequence[str]] = {
    "HTTP1Only": ("http/1.1", "http/1.0"),
    "HTTP2Only": ("h2",),
    "HTTP2Optional": ("http/1.1", "http/1.0", "h2"),
    "HTTP2Preferred": ("h2", "http/1.1", "http/1.0"),
}


def context(listener: Listener, *, http: Sequence[str] = ()) -> ssl.SSLContext:
    """How a TLS listener meets its clients. `http` are the protocols that an application load balancer offers.

    Raises ValueError where a certificate or a bundle of authorities cannot be read.
    """
    protocols = tuple(http) or tuple(_ALPN.get(listener.alpn_policy, ()))
    return _context(listener.certificates, protocols, _least_version(listener.ssl_policy), listener.mutual_tls)


@lru_cache(maxsize=1024)
def _context(
    certificates: tuple[Certificate, ...],
    protocols: tuple[str, ...],
    least: ssl.TLSVersion,
    mutual: MutualTls,
) -> ssl.SSLContext:
    ordered = sorted(certificates, key=lambda certificate: not certificate.default)
    if not ordered:
        raise ValueError("a TLS listener without certificate")
    contexts = [_one(certificate, protocols, least, mutual) for certificate in ordered]
    by_name: dict[str, ssl.SSLContext] = {}
    for certificate, made in zip(ordered, contexts, strict=True):
        for name in names(certificate.chain):
            by_name.setdefault(name, made)

    def choose(session: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        found = _fitting(by_name, (name or "").lower())
        if found is not None:
            session.context = found

    contexts[0].sni_callback = choose  # asyncio hands over its own kind of session
    return contexts[0]


def _fitting(by_name: Mapping[str, ssl.SSLContext], name: str) -> ssl.SSLContext | None:
    return by_name.get(name) or by_name.get(f"*.{name.partition('.')[2]}")


def names(chain: str) -> Sequence[str]:
    """The names that the first certificate of a PEM chain is for, lower case."""
    certificate = x509.load_pem_x509_certificate(chain.encode())
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return [str(attribute.value).lower() for attribute in common]
    return [name.lower() for name in alternative.get_values_for_type(x509.DNSName)]


def _one(
    certificate: Certificate, protocols: Sequence[str], least: ssl.TLSVersion, mutual: MutualTls
) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = least
    if protocols:
        made.set_alpn_protocols(list(protocols))
    # The library reads certificates from files only.
    with tempfile.TemporaryDirectory(prefix="elbow-certificate-") as folder:
        path = Path(folder) / "pem"
        path.touch(mode=0o600)
        path.write_text(f"{certificate.chain.strip()}\n{certificate.key.strip()}\n")
        try:
            made.load_cert_chain(path)
        except ssl.SSLError as error:
            raise ValueError(f"certificate {certificate.arn} cannot be used: {error}") from error
    if mutual.mode == "verify":
        made.verify_mode = ssl.CERT_REQUIRED
        if mutual.authorities:
            made.load_verify_locations(cadata=mutual.authorities)
    return made


def _least_version(policy: str) -> ssl.TLSVersion:
    """The oldest version of TLS that a security policy lets in; what is older than 1.2 OpenSSL has given up."""
    return ssl.TLSVersion.TLSv1_3 if "TLS13-1-3" in policy else ssl.TLSVersion.TLSv1_2
