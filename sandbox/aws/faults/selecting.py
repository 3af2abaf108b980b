"""Which calls a fault is about."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.record import CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Calls by operation and parameters; never those of the sandbox's own parts."""

    operation: re.Pattern[str] = re.compile(".*")
    """Matches the whole name of the operation, or that name after its service as IAM writes it: `ec2:Describe.*`."""
    mutating: bool = False
    """Only calls that change something; otherwise all calls."""
    match: str = ""
    """A string that the parameters contain, written as JSON; empty for any."""

    def selects(self, call: CallRecord) -> bool:
        request = call.request
        if request.from_sandbox:
            return False
        if self.mutating and not request.mutating:
            return False
        names = (request.operation, f"{request.service}:{request.operation}")
        if not any(self.operation.fullmatch(name) for name in names):
            return False
        return not self.match or self.match in json.dumps(request.parameters)

    def shown(self) -> Mapping[str, Any]:
        return {"operation": self.operation.pattern, "mutating": self.mutating, "match": self.match}
