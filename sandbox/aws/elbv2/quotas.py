"""Service quotas of Elastic Load Balancing: the table, and which of them are enforced. The operations check them here.

Figures: quotas pages of the Application and Network Load Balancer guides (aws-elbv2, section 2.1), under the names of
DescribeAccountLimits. Those of a whole Region are not enforced at first: accounts that run clusters have them raised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.aws.elbv2.refusals import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    name: str
    maximum: int
    error: str
    """The code of what goes over it."""
    enforced: bool = True


_ROWS = (
    Quota(name="application-load-balancers", maximum=50, error="TooManyLoadBalancers", enforced=False),
    Quota(name="network-load-balancers", maximum=50, error="TooManyLoadBalancers", enforced=False),
    Quota(name="gateway-load-balancers", maximum=100, error="TooManyLoadBalancers", enforced=False),
    Quota(name="target-groups", maximum=3000, error="TooManyTargetGroups", enforced=False),
    Quota(name="listeners-per-application-load-balancer", maximum=50, error="TooManyListeners"),
    Quota(name="listeners-per-network-load-balancer", maximum=50, error="TooManyListeners"),
    Quota(name="listeners-per-gateway-load-balancer", maximum=1, error="TooManyListeners"),
    Quota(name="rules-per-application-load-balancer", maximum=100, error="TooManyRules"),
    Quota(name="rules-per-network-load-balancer", maximum=100, error="TooManyRules"),
    Quota(name="condition-values-per-alb-rule", maximum=5, error="ValidationError"),
    Quota(name="condition-wildcards-per-alb-rule", maximum=6, error="ValidationError"),
    Quota(
        name="target-groups-per-action-on-application-load-balancer",
        maximum=5,
        error="TooManyUniqueTargetGroupsPerLoadBalancer",
    ),
    Quota(
        name="target-groups-per-action-on-network-load-balancer",
        maximum=5,
        error="TooManyUniqueTargetGroupsPerLoadBalancer",
    ),
    Quota(
        name="target-groups-per-application-load-balancer",
        maximum=100,
        error="TooManyUniqueTargetGroupsPerLoadBalancer",
    ),
    Quota(name="targets-per-target-group", maximum=1000, error="TooManyTargets"),
    Quota(name="targets-per-application-load-balancer", maximum=1000, error="TooManyTargets"),
    Quota(name="targets-per-network-load-balancer", maximum=3000, error="TooManyTargets"),
    Quota(name="targets-per-availability-zone-per-network-load-balancer", maximum=500, error="TooManyTargets"),
    Quota(name="certificates-per-application-load-balancer", maximum=25, error="TooManyCertificates"),
    Quota(name="certificates-per-network-load-balancer", maximum=25, error="TooManyCertificates"),
    Quota(name="trust-stores-per-account", maximum=20, error="TooManyTrustStores"),
)

QUOTA_NAMES = tuple(quota.name for quota in _ROWS)


class Quotas:
    """The quotas of the account, which can be changed one by one while it is used."""

    def __init__(self) -> None:
        self._by_name = {quota.name: quota for quota in _ROWS}

    def all(self) -> list[Quota]:
        return list(self._by_name.values())

    def change(self, name: str, *, maximum: int | None = None, enforced: bool | None = None) -> Quota:
        """Set the maximum of a quota, or whether it is enforced. Raises KeyError for an unknown name."""
        standing = self._by_name[name]
        changed = replace(
            standing,
            maximum=standing.maximum if maximum is None else maximum,
            enforced=standing.enforced if enforced is None else enforced,
        )
        self._by_name[name] = changed
        return changed

    def reset(self) -> None:
        """All as they were at first."""
        self._by_name = {quota.name: quota for quota in _ROWS}

    def check(self, name: str, count: int, what: str = "") -> None:
        """Refuse where `count`, with what is to be made, is over the quota. `what` names the thing it belongs to."""
        quota = self._by_name[name]
        if quota.enforced and count > quota.maximum:
            of = f" of '{what}'" if what else ""
            raise RefusedError(quota.error, f"The maximum of {quota.maximum} for '{name}'{of} has been reached")
