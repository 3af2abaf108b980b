"""Certificates of a listener beside its default one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.aws.elbv2.operations.paging import page
from sandbox.aws.elbv2.operations.security import ListenerSecurity
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, misconfigured
from sandbox.aws.elbv2.store import Store


class Certificates:
    def __init__(self, store: Store, *, security: ListenerSecurity, quotas: Quotas) -> None:
        self._store = store
        self._security = security
        self._quotas = quotas

    def add(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """One that is there is not added twice; an unknown one is refused."""
        listener = self._store.listener(params["ListenerArn"])
        if listener.certificate is None:
            raise misconfigured(f"A listener of protocol '{listener.protocol}' has no certificates")
        named = _named(params)
        self._security.check_certificates(named)
        balancer = self._store.load_balancer_of(listener)
        others = sum(len(one.extra_certificates) for one in balancer.listeners.values() if one is not listener)
        wanted = list(dict.fromkeys([*listener.extra_certificates, *named]))
        kind = "network" if balancer.type == "network" else "application"
        self._quotas.check(f"certificates-per-{kind}-load-balancer", others + len(wanted), balancer.arn)
        listener.extra_certificates = wanted
        return {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in named]}

    def remove(self, params: Mapping[str, Any]) -> None:
        """The default certificate stays; one that is not there is no error."""
        listener = self._store.listener(params["ListenerArn"])
        named = _named(params)
        if listener.certificate in named and listener.certificate not in listener.extra_certificates:
            raise RefusedError("OperationNotPermitted", "The default certificate of a listener cannot be removed")
        listener.extra_certificates = [arn for arn in listener.extra_certificates if arn not in named]

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The default first, then the others; a default that was added, too, is there twice."""
        listener = self._store.listener(params["ListenerArn"])
        default = [(listener.certificate, True)] if listener.certificate else []
        found = [*default, *((arn, False) for arn in listener.extra_certificates)]
        return page(
            "Certificates",
            found,
            params,
            identity=lambda one: f"{one[0]} {one[1]}",
            show=lambda one: {"CertificateArn": one[0], "IsDefault": one[1]},
        )


def _named(params: Mapping[str, Any]) -> list[str]:
    return [one.get("CertificateArn", "") for one in params["Certificates"]]
