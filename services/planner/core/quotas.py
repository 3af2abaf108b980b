"""How much AWS takes of what a plan makes: the numbers that hold where nobody says otherwise, what AWS says of the
account, and what the installation sets (ELBv2 behaviour, section 2.1; Amazon VPC user guide, quotas).

AWS is asked only once a plan goes past one of these numbers. Read by the build, the fitting and the diff.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from services.planner.core.aws import Inventory

NO_LIMIT = 1_000_000
"""Stands for a limit that there is none of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Quotas of one load balancer and what belongs to it.

    `rules_per_load_balancer`: beside default rules. `certificates_per_load_balancer`: beside default ones.
    `condition_values_per_rule`: of all its conditions together. `wildcards_per_rule`: the guide names 5 in one place
    and 6 in another, 5 holds in both. `targets_per_cross_zone_load_balancer`: of a network load balancer that spreads
    requests over zones; AWS does not say it of the account. `rules_per_security_group`: inbound ones, IPv4 and IPv6
    counted apart.
    `final`: these are not just the numbers that everybody has, AWS was asked for those of the account.
    """

    rules_per_load_balancer: int = 100
    listeners_per_load_balancer: int = 50
    target_groups_per_load_balancer: int = 100
    certificates_per_load_balancer: int = 25
    condition_values_per_rule: int = 5
    wildcards_per_rule: int = 5
    targets_per_target_group: int = 1_000
    targets_per_cross_zone_load_balancer: int = 500
    rules_per_security_group: int = 60
    final: bool = False


NAMES = tuple(f.name for f in fields(Quotas) if f.name != "final")
"""Names of all quotas."""

_APPLICATION: Mapping[str, str] = {
    "rules_per_load_balancer": "rules-per-application-load-balancer",
    "listeners_per_load_balancer": "listeners-per-application-load-balancer",
    "target_groups_per_load_balancer": "target-groups-per-application-load-balancer",
    "certificates_per_load_balancer": "certificates-per-application-load-balancer",
    "condition_values_per_rule": "condition-values-per-alb-rule",
    "wildcards_per_rule": "condition-wildcards-per-alb-rule",
    "targets_per_target_group": "targets-per-target-group",
}
_NETWORK: Mapping[str, str] = {
    "listeners_per_load_balancer": "listeners-per-network-load-balancer",
    "certificates_per_load_balancer": "certificates-per-network-load-balancer",
    "targets_per_target_group": "targets-per-target-group",
}


def quotas_of(overrides: Mapping[str, int], inventory: Inventory, *, network: bool = False) -> Quotas:
    """The quotas that hold for an application load balancer, or a `network` one. What AWS says of the account can only
    raise the numbers that everybody has; a limit that it does not name among those of the account is none that it
    keeps. `overrides`: what the installation sets, by the names of the fields."""
    limits = inventory.account_limits
    quotas = Quotas(final=inventory.knowledge.account_limits)
    found: dict[str, int] = {}
    for name, said_as in (_NETWORK if network else _APPLICATION).items() if limits else ():
        limit = limits.get(said_as)
        found[name] = max(getattr(quotas, name), limit.most) if limit is not None else NO_LIMIT
    return replace(quotas, **{**found, **overrides})  # type: ignore[arg-type]
