"""What AWS's descriptions look like to the parser."""

import json
from collections.abc import Mapping
from typing import Any

Description = Mapping[str, Any]
# Tags or attributes; None where they were not read.
Pairs = Mapping[str, str]


def own_tags(d: Description) -> dict[str, str]:
    """The tags that an EC2 description brings itself."""
    return {t["Key"]: t["Value"] for t in d.get("Tags", ())}


def canonical(value: object) -> str:
    """JSON text; equal values have equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
