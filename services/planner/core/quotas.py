"""How much AWS takes of what a plan makes: data, read by the fitting and the diff."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Quotas of an application load balancer as they are by default (Elastic Load Balancing user guide, quotas;
    ELBv2 behaviour, section 2.1).

    `rules_per_load_balancer`: beside default rules.
    """

    rules_per_load_balancer: int = 100
