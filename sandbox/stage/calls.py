"""What was asked of the sandbox's AWS endpoint, from its own record."""

import json
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_SANDBOX = "sandbox-"
"""How the access key ids of the sandbox's own callers begin: its kubelet, the demo and the laboratory."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CallRecord:
    """The record of one endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        self._url = endpoint_url

    def last(self) -> int:
        """Number of the last call so far."""
        return max((int(call["seq"]) for call in self._calls(0)), default=0)

    def since(self, number: int) -> Sequence[Mapping[str, Any]]:
        """The services' calls after a number, as AWS got them."""
        return charged(self._calls(number))

    def changes(self, since: int) -> Sequence[Mapping[str, Any]]:
        """Those of them that change something."""
        return [call for call in self.since(since) if call["mutating"]]

    def _calls(self, since: int) -> Sequence[Mapping[str, Any]]:
        with _OPENER.open(f"{self._url}/__sandbox/calls?since={since}") as response:
            calls: Sequence[Mapping[str, Any]] = json.load(response)
        return calls


def charged(calls: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Those of the services."""
    return [call for call in calls if not call["caller"].startswith(_SANDBOX)]
