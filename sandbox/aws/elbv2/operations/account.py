"""What the account has as such: its limits, the security policies, and the policies of resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.aws.elbv2.operations.paging import page
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError
from sandbox.aws.elbv2.ssl_policies import POLICIES, SslPolicy
from sandbox.aws.elbv2.store import Store


class Account:
    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store = store
        self._quotas = quotas

    def describe_limits(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return page(
            "Limits",
            self._quotas.all(),
            params,
            identity=lambda quota: quota.name,
            show=lambda quota: {"Name": quota.name, "Max": str(quota.maximum)},
        )

    def describe_ssl_policies(self, params: Mapping[str, Any]) -> dict[str, Any]:
        names, balancer_type = params.get("Names"), params.get("LoadBalancerType", "application")
        for name in names or ():
            if name not in POLICIES:
                raise RefusedError("SSLPolicyNotFound", f"SSL policy '{name}' not found")
        wanted = [POLICIES[name] for name in names] if names else list(POLICIES.values())
        found = [policy for policy in wanted if balancer_type in policy.load_balancer_types]
        return page("SslPolicies", found, params, identity=lambda policy: policy.name, show=_shown)

    def resource_policy(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing here is shared with other accounts, so no resource has a policy."""
        self._store.resource(params["ResourceArn"])
        raise RefusedError("ResourceNotFound", f"No policy was found for '{params['ResourceArn']}'")


def _shown(policy: SslPolicy) -> dict[str, Any]:
    return {
        "Name": policy.name,
        "SslProtocols": list(policy.protocols),
        "Ciphers": [{"Name": name, "Priority": number} for number, name in enumerate(policy.ciphers, 1)],
        "SupportedLoadBalancerTypes": list(policy.load_balancer_types),
    }
