"""PageSize, Marker and NextMarker of the ELBv2 Describe operations. Used by the patches of those operations."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.aws.patches.patching import refusal

MAX_PAGE_SIZE = 400
"""Also what AWS takes when no PageSize is given (Elastic Load Balancing API reference)."""


def page(key: str, items: Sequence[Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """One page of `items` under `key`, with the marker of the next one.

    A marker holds the last item's ARN and its place, so that a page goes on where the last one ended also when that
    item is gone by then.
    """
    size = params.get("PageSize", MAX_PAGE_SIZE)
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise refusal("ValidationError", f"Page size '{size}' must be between '1' and '{MAX_PAGE_SIZE}'")
    start = _start(items, params["Marker"]) if params.get("Marker") else 0
    shown = list(items[start : start + size])
    result: dict[str, Any] = {key: shown}
    if start + size < len(items):
        marker = f"{start + size} {shown[-1].arn}"
        result["NextMarker"] = base64.urlsafe_b64encode(marker.encode()).decode()
    return result


def _start(items: Sequence[Any], marker: str) -> int:
    try:
        place, arn = base64.urlsafe_b64decode(marker).decode().split(" ")
        fallback = int(place)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise refusal("ValidationError", f"'{marker}' is not a valid marker") from None
    return next((index + 1 for index, item in enumerate(items) if item.arn == arn), fallback)
