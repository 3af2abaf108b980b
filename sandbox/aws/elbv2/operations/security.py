"""What makes a listener secure: its policy, its default certificate, and how it authenticates clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.aws.elbv2.model import Listener, Shape
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured
from sandbox.aws.elbv2.ssl_policies import POLICIES
from sandbox.aws.elbv2.store import Store

SECURE_PROTOCOLS = ("HTTPS", "TLS")
DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08"
"""What CreateListener takes for a secure listener that names none (Elastic Load Balancing API reference)."""
ALPN_POLICIES = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")
_MODES = ("off", "passthrough", "verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What a listener has of it; a plain one nothing."""

    ssl_policy: str | None = None
    certificate: str | None = None
    alpn: tuple[str, ...] = ()
    mutual_authentication: Shape | None = None


class ListenerSecurity:
    def __init__(self, store: Store, neighbours: Neighbours) -> None:
        self._store = store
        self._neighbours = neighbours

    def checked(self, protocol: str, params: Mapping[str, Any], standing: Listener | None = None) -> Security:
        """What the parameters of a create or modify call come to; `standing` is the listener that is modified."""
        alpn = self._alpn(protocol, params, standing)
        mutual = self._mutual_authentication(protocol, params, standing)
        if protocol not in SECURE_PROTOCOLS:
            return Security()
        was_secure = standing is not None and standing.protocol in SECURE_PROTOCOLS
        policy = params.get("SslPolicy") or (standing.ssl_policy if standing and was_secure else DEFAULT_SSL_POLICY)
        if policy not in POLICIES:
            raise RefusedError("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
        certificates = [one.get("CertificateArn", "") for one in params.get("Certificates", ())]
        if not certificates and standing is not None and was_secure:
            certificates = [standing.certificate or ""]
        elif len(certificates) != 1:
            raise invalid(f"Exactly one certificate must be specified for {protocol} listeners")
        else:
            self.check_certificates(certificates)
        return Security(ssl_policy=policy, certificate=certificates[0], alpn=alpn, mutual_authentication=mutual)

    def check_certificates(self, arns: Sequence[str]) -> None:
        for arn in arns:
            if not self._neighbours.has_certificate(arn):
                raise RefusedError("CertificateNotFound", f"Certificate '{arn}' not found")

    def _alpn(self, protocol: str, params: Mapping[str, Any], standing: Listener | None) -> tuple[str, ...]:
        wanted = params.get("AlpnPolicy")
        if wanted is None:
            return tuple(standing.alpn) if standing else ()
        if len(wanted) > 1:
            raise invalid("Only one ALPN policy can be specified")
        for name in wanted:
            if name not in ALPN_POLICIES:
                raise RefusedError("ALPNPolicyNotFound", f"ALPN policy '{name}' is not supported")
        if wanted and protocol != "TLS":
            raise misconfigured(f"ALPN policies are not supported with '{protocol}'")
        return tuple(wanted)

    def _mutual_authentication(
        self, protocol: str, params: Mapping[str, Any], standing: Listener | None
    ) -> Shape | None:
        """A mode that exists, on an HTTPS listener; a trust store that exists, with the mode verify and no other."""
        wanted: Shape | None = params.get("MutualAuthentication")
        if wanted is None:
            return standing.mutual_authentication if standing else None
        mode, trust_store = wanted.get("Mode", "off"), wanted.get("TrustStoreArn")
        if mode not in _MODES:
            raise invalid(f"Mutual authentication mode '{mode}' is not one of {', '.join(_MODES)}")
        if mode != "off" and protocol != "HTTPS":
            raise misconfigured(f"Mutual authentication is not supported with '{protocol}'")
        if (mode == "verify") != bool(trust_store):
            raise invalid("A trust store is specified with the mode 'verify' and with no other")
        if trust_store:
            self._store.trust_store(trust_store)
        return wanted
