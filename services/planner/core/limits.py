"""How far plans may go unasked: settings of the guards."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`removal_share`: of a target group's healthy targets, the part that may be removed within `window_seconds` while
    their pods or nodes exist; more than that is held, and so is the last one. `approve_replacements`: a load balancer
    is not replaced, which gives it another DNS name, before somebody approves."""

    removal_share: float = 0.5
    window_seconds: float = 300.0
    approve_replacements: bool = False
