"""What calls and their answers look like to the fold."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.planner.core.aws import Inventory
from services.planner.core.updates import Update

Parameters = Mapping[str, Any]
Answer = Mapping[str, Any]
# What one operation makes of the inventory: a function of it, of the call's parameters and of the answer.
Handler = Callable[[Inventory, Parameters, Answer], Iterator[Update]]


def tags(sent: Parameters) -> dict[str, str]:
    """The call's `Tags`."""
    return {t["Key"]: t["Value"] for t in sent.get("Tags", ())}


def pairs(sent: Parameters) -> dict[str, str]:
    """The call's `Attributes`."""
    return {a["Key"]: a["Value"] for a in sent.get("Attributes", ())}
