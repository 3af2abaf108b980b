"""What is known of AWS, as far as gathering asks: the store, or a supposition about it."""

from typing import Protocol

from services.planner.core.aws import Inventory, LoadBalancer
from services.planner.core.keys import Key, StackKey


class Known(Protocol):
    """Where inputs come from."""

    def whole(self) -> Inventory:
        """Everything that is known, without the knowledge flags."""
        ...

    def view(self, key: Key) -> Inventory:
        """What the plan of a key may read."""
        ...

    def load_balancers_of(self, key: StackKey) -> tuple[LoadBalancer, ...]:
        """The stack's load balancers: what stands in front of another one last."""
        ...
