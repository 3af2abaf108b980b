"""Listeners: create, describe, modify, delete. Installed by the package."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.models import FakeListener

from sandbox.aws.patches.actions import (
    check_one_load_balancer,
    forwarded,
    make_actions,
    same_actions,
    update_references,
)
from sandbox.aws.patches.certificates import check_certificates
from sandbox.aws.patches.lookup import check_at_most, find_listener, find_load_balancer
from sandbox.aws.patches.paging import page
from sandbox.aws.patches.patching import Call, Patches, refusal
from sandbox.aws.patches.tags import check_new_tags, forget_tags, put_tags
from sandbox.aws.patches.target_groups import WITHOUT_QUIC
from sandbox.aws.patches.trust_stores import check_mutual_authentication

SECURE_PROTOCOLS = ("HTTPS", "TLS")
DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08"
"""What CreateListener takes for a secure listener that names none (Elastic Load Balancing API reference)."""


def install(patches: Patches) -> None:
    """Section 6, rows 6, 11, 12, 16 and the ARN of row 18."""
    patches.answer("CreateListener", _create)
    patches.answer("DescribeListeners", _describe)
    patches.answer("ModifyListener", _modify)
    patches.answer("DeleteListener", _delete)


def _create(call: Call) -> dict[str, Any]:
    """Row 6: the same call again gives what stands; another listener on a taken port is refused."""
    params, backend = call.params, call.backend
    balancer = find_load_balancer(backend, params["LoadBalancerArn"])
    check_new_tags(params.get("Tags"))
    port, protocol = params.get("Port"), params.get("Protocol", "")
    _check_port(port)
    _check_protocol(backend, balancer, port, protocol, standing=None)
    actions = make_actions(backend, params["DefaultActions"], port=port, protocol=protocol)
    policy, certificates = _security(backend, protocol, params, standing=None)
    check_mutual_authentication(backend, params.get("MutualAuthentication"))
    arn = f"{balancer.arn.replace(':loadbalancer/', ':listener/')}/{secrets.token_hex(8)}"
    candidate = FakeListener(balancer.arn, arn, protocol, port, policy, None, actions, params.get("AlpnPolicy", []))
    candidate.certificates = certificates
    candidate.sni = []
    candidate.attributes = {}
    candidate.mutual_authentication = params.get("MutualAuthentication")
    candidate._default_rule[0].arn = f"{arn.replace(':listener/', ':listener-rule/')}/{secrets.token_hex(8)}"
    standing = _on_port(balancer, port)
    if standing is not None:
        if not _same(standing, candidate):
            raise _duplicate()
        return {"Listeners": [standing]}
    check_one_load_balancer(backend, balancer.arn, actions)
    balancer.listeners[arn] = candidate
    put_tags(backend, arn, params.get("Tags"))
    update_references(backend, balancer.arn, forwarded(actions))
    return {"Listeners": [candidate]}


def _check_port(port: int | None) -> None:
    if port is not None and not 1 <= port <= 65535:
        raise refusal("ValidationError", f"Port '{port}' must be between '1' and '65535'")


def _check_protocol(backend: Any, balancer: Any, port: int | None, protocol: str, *, standing: Any) -> None:
    """Row 16: QUIC is a protocol, with the limits of the guide on creating listeners of a Network Load Balancer."""
    backend._validate_port_and_protocol(balancer.type, port, WITHOUT_QUIC.get(protocol, protocol) or None)
    if protocol not in WITHOUT_QUIC:
        return
    others = {other.protocol for other in balancer.listeners.values() if other is not standing and other.port != port}
    if balancer.security_groups or balancer.ip_address_type != "ipv4":
        message = f"{protocol} listeners need an ipv4 load balancer without security groups"
        raise refusal("InvalidConfigurationRequest", message)
    if others & {"UDP", "TCP_UDP", *WITHOUT_QUIC}:
        message = f"{protocol} listeners stand beside no other QUIC and no UDP listener"
        raise refusal("InvalidConfigurationRequest", message)


def _on_port(balancer: Any, port: int | None) -> Any:
    return next((listener for listener in balancer.listeners.values() if listener.port == port), None)


def _duplicate() -> Exception:
    return refusal("DuplicateListener", "A listener already exists on this port for this load balancer")


def _same(standing: Any, candidate: Any) -> bool:
    fields = ("protocol", "ssl_policy", "certificates", "alpn_policy", "mutual_authentication")
    return all(getattr(standing, field) == getattr(candidate, field) for field in fields) and same_actions(
        standing.default_actions, candidate.default_actions
    )


def _security(backend: Any, protocol: str, params: Mapping[str, Any], *, standing: Any) -> tuple[str | None, list[str]]:
    """Row 16: the policy and the certificate of a secure listener; a plain one has neither."""
    if protocol not in SECURE_PROTOCOLS:
        return None, []
    was_secure = standing is not None and standing.protocol in SECURE_PROTOCOLS
    policy = params.get("SslPolicy") or (standing.ssl_policy if was_secure else DEFAULT_SSL_POLICY)
    if not policy.startswith("ELBSecurityPolicy-"):
        raise refusal("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
    certificates = [one["CertificateArn"] for one in params.get("Certificates", [])]
    if not certificates and was_secure:
        return policy, standing.certificates
    if len(certificates) != 1:
        message = f"Exactly one certificate must be specified for {protocol} listeners"
        raise refusal("ValidationError", message)
    check_certificates(backend, certificates)
    return policy, certificates


def _describe(call: Call) -> dict[str, Any]:
    """Row 11: paged, and every ARN that is named exists."""
    arns: Sequence[str] = call.params.get("ListenerArns", [])
    balancer_arn = call.params.get("LoadBalancerArn")
    if bool(arns) == bool(balancer_arn):
        raise refusal("ValidationError", "You must specify either listener ARNs or a load balancer ARN")
    if balancer_arn:
        listeners = list(find_load_balancer(call.backend, balancer_arn).listeners.values())
    else:
        check_at_most(list(arns), "listeners")
        listeners = [find_listener(call.backend, arn) for arn in dict.fromkeys(arns)]
    return page("Listeners", listeners, call.params)


def _modify(call: Call) -> dict[str, Any]:
    """Row 16: every protocol of the load balancer's type, validated actions, and ALPN; nothing changes on an error."""
    params, backend = call.params, call.backend
    listener = find_listener(backend, params["ListenerArn"])
    balancer = find_load_balancer(backend, listener.load_balancer_arn)
    port, protocol = params.get("Port", listener.port), params.get("Protocol", listener.protocol)
    _check_port(port)
    _check_protocol(backend, balancer, port, protocol, standing=listener)
    if _on_port(balancer, port) not in (None, listener):
        raise _duplicate()
    policy, certificates = _security(backend, protocol, params, standing=listener)
    check_mutual_authentication(backend, params.get("MutualAuthentication"))
    actions = listener.default_actions
    if params.get("DefaultActions"):
        actions = make_actions(backend, params["DefaultActions"], port=port, protocol=protocol)
        check_one_load_balancer(backend, balancer.arn, actions)
    before = forwarded(listener.default_actions)
    listener.port, listener.protocol, listener.ssl_policy, listener.certificates = port, protocol, policy, certificates
    listener.default_actions = listener._default_rule[0].actions = actions
    listener.alpn_policy = params.get("AlpnPolicy", listener.alpn_policy)
    listener.mutual_authentication = params.get("MutualAuthentication", listener.mutual_authentication)
    update_references(backend, balancer.arn, before | forwarded(actions))
    return {"Listeners": [listener]}


def _delete(call: Call) -> None:
    """Row 12: its rules go with it, and what they forwarded to is free again. Section 4.3: one that a target group has
    as its target stays."""
    backend = call.backend
    listener = find_listener(backend, call.params["ListenerArn"])
    balancer = find_load_balancer(backend, listener.load_balancer_arn)
    if any((balancer.arn, int(listener.port)) in group.targets for group in backend.target_groups.values()):
        raise refusal("ResourceInUse", f"Listener '{listener.arn}' is currently in use as a target")
    released: set[str] = set()
    for rule in listener.rules.values():
        forget_tags(backend, rule.arn)
        released |= forwarded(rule.actions)
    del balancer.listeners[listener.arn]
    forget_tags(backend, listener.arn)
    update_references(backend, balancer.arn, released)
