"""PageSize, Marker and NextMarker of the Describe operations, and how many things one call may name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.aws.elbv2.refusals import invalid

PAGE_SIZE = 400
"""What AWS takes when no PageSize is given (Elastic Load Balancing API reference)."""
DESCRIBE_LIMIT = 20
"""ARNs or names that one Describe call, and one DescribeTags, takes (aws-elbv2, section 2.2)."""

_Item = TypeVar("_Item")


def page(
    key: str,
    items: Sequence[_Item],
    params: Mapping[str, Any],
    *,
    identity: Callable[[_Item], str],
    show: Callable[[_Item], Any],
) -> dict[str, Any]:
    """One page of `items` under `key`, each as `show` gives it, with the marker of the next page.

    A marker holds the identity of the last item and its place, so that a page goes on where the last one ended also
    when that item is gone by then.
    """
    size = params.get("PageSize", PAGE_SIZE)
    marker = params.get("Marker")
    start = _start(items, marker, identity) if marker else 0
    shown = items[start : start + size]
    result: dict[str, Any] = {key: [show(item) for item in shown]}
    if start + size < len(items):
        result["NextMarker"] = base64.urlsafe_b64encode(f"{start + size} {identity(shown[-1])}".encode()).decode()
    return result


def _start(items: Sequence[_Item], marker: str, identity: Callable[[_Item], str]) -> int:
    try:
        place, last = base64.urlsafe_b64decode(marker).decode().split(" ", 1)
        fallback = int(place)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid(f"'{marker}' is not a valid marker") from None
    if 0 < fallback <= len(items) and identity(items[fallback - 1]) == last:
        return fallback
    return next((index + 1 for index, item in enumerate(items) if identity(item) == last), fallback)


def check_at_most(named: Sequence[str] | None, what: str) -> None:
    if named and len(named) > DESCRIBE_LIMIT:
        raise invalid(f"You cannot describe more than '{DESCRIBE_LIMIT}' {what} at a time")
