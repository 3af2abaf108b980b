"""Elbow's webhook for pods, as the chart installs it: where it is served, its certificate, its configuration."""

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.real import free_port

GATE_LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"
"""A namespace with this label, `enabled`, asks for readiness gates (targets and readiness, section 6)."""
_HOST = "127.0.0.1"
_PATH = "/mutate-v1-pod"
_VALID = timedelta(days=1)


class PodWebhook:
    """One address and a certificate for it, signed by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """Has tls.crt and tls.key."""
        self.address = f"{_HOST}:{free_port()}"
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _signed_by_itself(key).public_bytes(serialization.Encoding.PEM)
        (folder / "tls.crt").write_bytes(self._certificate)
        (folder / "tls.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def configuration(self) -> Object:
        """What makes the API server ask it about new pods."""
        webhook = {
            "name": "mpod.elbv2.k8s.aws",
            "clientConfig": {
                "url": f"https://{self.address}{_PATH}",
                "caBundle": base64.b64encode(self._certificate).decode(),
            },
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
            "failurePolicy": "Ignore",
            "namespaceSelector": {"matchLabels": {GATE_LABEL: "enabled"}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "elbow-lab"},
            "webhooks": [webhook],
        }


def _signed_by_itself(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elbow laboratory")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
