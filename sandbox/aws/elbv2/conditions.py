"""Under which conditions load balancing works here: its clock, its delays, and whether targets are really checked.

The server makes them; the admin interface changes the delays while it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.aws.elbv2.checks import Check
from sandbox.aws.elbv2.delays import IMMEDIATE, Delays
from sandbox.clock import Clock


class Network:
    """Where the sockets behind the account's private addresses are. This one has none: nothing can be checked there, so
    targets count as healthy as soon as they are in use."""

    def reaches(self, target_type: str) -> bool:
        """Whether targets of this type are checked; otherwise they count as healthy."""
        return False

    def resolve(self, check: Check) -> tuple[str, int] | None:
        """The socket to dial; None where nothing listens."""
        return None


@dataclass(slots=True, kw_only=True)
class Conditions:
    """Attributes may be set at any time, each as a whole."""

    clock: Clock = field(default_factory=Clock)
    delays: Delays = IMMEDIATE
    network: Network = field(default_factory=Network)
    eager_checks: bool = True
    """Whether what is not healthy is checked more often than AWS would."""
