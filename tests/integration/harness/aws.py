"""The sandbox's AWS from outside: what was asked of it, its switches, and clients of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from tests.integration.harness.http import JsonHttp
from tests.integration.harness.waiting import until

CALLER = "sandbox-test"
"""Access key id of the tests' own calls: they are not counted, and no fault but an outage meets them."""
HEALTH_POLL = "DescribeTargetHealth"
"""What the target tracker asks; it is counted apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Some calls that the services made."""

    made: tuple[Mapping[str, Any], ...]

    @property
    def mutating(self) -> dict[str, int]:
        """Calls that change something, by operation."""
        return dict(Counter(c["operation"] for c in self.made if c["mutating"]))

    @property
    def reads(self) -> dict[str, int]:
        """Calls that only read, by operation, health polls apart."""
        return dict(Counter(c["operation"] for c in self.made if not c["mutating"] and c["operation"] != HEALTH_POLL))

    @property
    def health_polls(self) -> int:
        return sum(c["operation"] == HEALTH_POLL for c in self.made)

    def of(self, *operations: str) -> list[Mapping[str, Any]]:
        """The calls of some operations, in order."""
        return [c for c in self.made if c["operation"] in operations]

    def besides(self, *operations: str) -> dict[str, int]:
        """Mutating calls of all other operations, by operation."""
        return {name: count for name, count in self.mutating.items() if name not in operations}


class Aws:
    """One endpoint, as the services call it under the access key id `caller`.

    A mark is a number of the record: what came after it can be asked for.
    """

    def __init__(self, url: str, region: str, *, caller: str) -> None:
        self.url = url
        self.region = region
        self._caller = caller
        self._http = JsonHttp(url=url)
        self._last = 0
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client for the tests' own looks; the same one each time, because making one takes longer than most
        calls."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=self.region,
                aws_access_key_id=CALLER,
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def mark(self) -> int:
        """The number of the last call so far. Only the calls after the last mark are asked for: of all of a run there
        are many."""
        calls = self._http("GET", "/__sandbox/calls", query={"since": str(self._last)})
        self._last = int(calls[-1]["seq"]) if calls else self._last
        return self._last

    def calls(self, since: int) -> Calls:
        """What the services asked after the mark."""
        made = self._http("GET", "/__sandbox/calls", query={"since": str(since)})
        return Calls(made=tuple(c for c in made if c["caller"] == self._caller))

    @contextmanager
    def quota(self, name: str, maximum: int) -> Iterator[None]:
        """Another maximum of a quota of Elastic Load Balancing, by AWS's name for it; all are AWS's own afterwards."""
        self._http("PUT", "/__sandbox/quotas", {"name": name, "maximum": maximum, "enforced": True})
        try:
            yield
        finally:
            self._http("DELETE", "/__sandbox/quotas")

    @contextmanager
    def down(self) -> Iterator[None]:
        """Inside the block every connection is closed without an answer."""
        outage = self._switch_on("outage")
        try:
            yield
        finally:
            self._http("DELETE", f"/__sandbox/faults/{outage}")

    def hold(self, *, operation: str = ".*", nth: int = 1, when: str = "before", mutating: bool = True) -> int:
        """Holds the n-th call from now; the hold's id."""
        return self._switch_on("hold", operation=operation, nth=nth, when=when, mutating=mutating)

    def held(self, hold: int) -> Mapping[str, Any]:
        """Waits until the hold has caught its call; the call."""

        def caught() -> Mapping[str, Any] | None:
            (found,) = (h for h in self._http("GET", "/__sandbox/faults") if h["id"] == hold)
            return found["call"] if found["state"] == "held" else None

        call = until(caught, what=f"a call to be caught by hold {hold}")
        assert call is not None
        return call

    def discard(self, hold: int) -> None:
        """Lets the held call go without an answer; held before its effect, it never has one."""
        self._http("POST", f"/__sandbox/faults/{hold}/release", {"outcome": "discard"})

    def refuse(self, operation: str, *, code: str, message: str = "", status: int = 403) -> None:
        """Answers the calls of an operation with an error, until `let_go`."""
        self._switch_on("fail", operation=operation, code=code, message=message, status=status)

    def let_go(self) -> None:
        """Switches all faults off; held calls go on."""
        self._http("DELETE", "/__sandbox/faults")

    def _switch_on(self, kind: str, **wanted: Any) -> int:
        return int(self._http("POST", "/__sandbox/faults", {"kind": kind, **wanted})["id"])

    @contextmanager
    def new_targets(self, state: str, reason: str) -> Iterator[None]:
        """Inside the block targets that are registered stay in this state."""
        self._http("POST", "/__sandbox/health", {"state": state, "reason": reason, "new_targets": True})
        try:
            yield
        finally:
            self._http("DELETE", "/__sandbox/health")

    def targets(self, target_group_arn: str) -> set[str]:
        """Ids of the registered targets that do not drain."""
        described = self.client("elbv2").describe_target_health(TargetGroupArn=target_group_arn)
        return {
            d["Target"]["Id"] for d in described["TargetHealthDescriptions"] if d["TargetHealth"]["State"] != "draining"
        }


def registered(calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of all targets that the (de)registrations name, in order, with repetitions."""
    return [target["Id"] for call in calls for target in call["parameters"]["Targets"]]
