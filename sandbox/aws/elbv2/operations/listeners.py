"""Listeners: create, describe, modify, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2.arns import listener_arn, rule_arn
from sandbox.aws.elbv2.model import Listener, LoadBalancer, Rule
from sandbox.aws.elbv2.operations.actions import Actions, same_actions
from sandbox.aws.elbv2.operations.paging import check_at_most, page
from sandbox.aws.elbv2.operations.security import ListenerSecurity
from sandbox.aws.elbv2.operations.tags import new_tags
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured
from sandbox.aws.elbv2.store import Store

_PROTOCOLS = {
    "application": ("HTTP", "HTTPS"),
    "network": ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    "gateway": (),
}
_QUIC = ("QUIC", "TCP_QUIC")
_GATEWAY_PROTOCOL = "GENEVE"
_GATEWAY_PORT = 6081


class Listeners:
    def __init__(
        self, store: Store, *, actions: Actions, security: ListenerSecurity, quotas: Quotas, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._actions = actions
        self._security = security
        self._quotas = quotas
        self._now = now

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The same call again gives what stands; another listener on a taken port is refused. Tags are no setting."""
        balancer = self._store.load_balancer(params["LoadBalancerArn"])
        tags = new_tags(params)
        port, protocol = _port_and_protocol(balancer, params)
        _check_protocol(balancer, port, protocol, standing=None)
        actions = self._actions.checked(params["DefaultActions"], balancer=balancer, port=port, protocol=protocol)
        security = self._security.checked(protocol, params)
        arn = listener_arn(balancer.arn)
        listener = Listener(
            arn=arn,
            load_balancer_arn=balancer.arn,
            port=port,
            protocol=protocol,
            ssl_policy=security.ssl_policy,
            certificate=security.certificate,
            alpn=list(security.alpn),
            mutual_authentication=security.mutual_authentication,
            default_rule=Rule(
                arn=rule_arn(arn), listener_arn=arn, priority=None, actions=actions, created_at=self._now()
            ),
            tags=tags,
            created_at=self._now(),
        )
        standing = _on_port(balancer, port)
        if standing is not None:
            if not _same(standing, listener):
                raise _duplicate()
            return {"Listeners": [describe.listener(standing)]}
        name = f"listeners-per-{balancer.type}-load-balancer"
        self._quotas.check(name, len(balancer.listeners) + 1, balancer.arn)
        self._store.add_listener(listener)
        return {"Listeners": [describe.listener(listener)]}

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every ARN that is named exists."""
        arns, balancer_arn = params.get("ListenerArns"), params.get("LoadBalancerArn")
        if bool(arns) == bool(balancer_arn):
            raise invalid("You must specify either listener ARNs or a load balancer ARN")
        check_at_most(arns, "listeners")
        if arns:
            found = [self._store.listener(arn) for arn in dict.fromkeys(arns)]
        else:
            found = list(self._store.load_balancer(str(balancer_arn)).listeners.values())
        return page("Listeners", found, params, identity=lambda one: one.arn, show=describe.listener)

    def modify(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing changes when something is refused. A plain protocol drops what only secure ones have."""
        listener = self._store.listener(params["ListenerArn"])
        balancer = self._store.load_balancer_of(listener)
        port, protocol = params.get("Port", listener.port), params.get("Protocol", listener.protocol)
        _check_protocol(balancer, port, protocol, standing=listener)
        if _on_port(balancer, port) not in (None, listener):
            raise _duplicate()
        security = self._security.checked(protocol, params, standing=listener)
        default = listener.default_rule
        actions = self._actions.checked(
            params.get("DefaultActions") or _with_standing_secrets(default.actions),
            balancer=balancer,
            port=port,
            protocol=protocol,
            replaces=default.actions,
        )
        listener.port, listener.protocol = port, protocol
        listener.ssl_policy, listener.certificate = security.ssl_policy, security.certificate
        listener.alpn, listener.mutual_authentication = list(security.alpn), security.mutual_authentication
        if security.certificate is None:
            listener.extra_certificates = []
        self._store.set_actions(default, actions)
        return {"Listeners": [describe.listener(listener)]}

    def delete(self, params: Mapping[str, Any]) -> None:
        """Its rules go with it, and what they forwarded to is free again. One that a target group has as its target
        stays (aws-elbv2, section 4.3)."""
        listener = self._store.listener(params["ListenerArn"])
        target = (listener.load_balancer_arn, listener.port)
        targets = (group.targets.get(target) for group in self._store.target_groups.values())
        if any(one is not None and not one.is_leaving for one in targets):
            raise RefusedError("ResourceInUse", f"Listener '{listener.arn}' is currently in use as a target")
        self._store.remove_listener(listener)


def _with_standing_secrets(actions: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Kept actions in the form in which they can be sent again."""
    return [
        {**action, "AuthenticateOidcConfig": {**action["AuthenticateOidcConfig"], "UseExistingClientSecret": True}}
        if "AuthenticateOidcConfig" in action
        else action
        for action in actions
    ]


def _port_and_protocol(balancer: LoadBalancer, params: Mapping[str, Any]) -> tuple[int, str]:
    port, protocol = params.get("Port"), params.get("Protocol")
    if balancer.type == "gateway":
        if port is not None or protocol is not None:
            raise invalid("A port and a protocol cannot be specified for gateway listeners")
        return _GATEWAY_PORT, _GATEWAY_PROTOCOL
    if port is None:
        raise invalid("A listener port must be specified")
    if protocol is None:
        raise invalid("A listener protocol must be specified")
    return port, protocol


def _check_protocol(balancer: LoadBalancer, port: int, protocol: str, *, standing: Listener | None) -> None:
    """One of the load balancer's type. QUIC has the limits of the guide on creating listeners of a Network Load
    Balancer."""
    allowed = _PROTOCOLS[balancer.type]
    if allowed and protocol not in allowed:
        raise invalid(f"Protocol '{protocol}' must be one of '{', '.join(allowed)}'")
    if protocol not in _QUIC:
        return
    others = {other.protocol for other in balancer.listeners.values() if other is not standing and other.port != port}
    if balancer.security_groups or balancer.ip_address_type != "ipv4":
        raise misconfigured(f"{protocol} listeners need an ipv4 load balancer without security groups")
    if others & {"UDP", "TCP_UDP", *_QUIC}:
        raise misconfigured(f"{protocol} listeners stand beside no other QUIC and no UDP listener")


def _on_port(balancer: LoadBalancer, port: int) -> Listener | None:
    return next((listener for listener in balancer.listeners.values() if listener.port == port), None)


def _duplicate() -> RefusedError:
    return RefusedError("DuplicateListener", "A listener already exists on this port for this load balancer")


def _same(standing: Listener, wanted: Listener) -> bool:
    fields = ("protocol", "ssl_policy", "certificate", "alpn", "mutual_authentication")
    return all(getattr(standing, field) == getattr(wanted, field) for field in fields) and same_actions(
        standing.default_rule.actions, wanted.default_rule.actions
    )
