"""Events that tell a user why an object is as it is; `kubectl describe` shows them."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import aiohttp

from sandbox.kubernetes.client import ApiError, Client, Object
from sandbox.kubernetes.client.objects import timestamp, uid_of
from sandbox.kubernetes.client.resources import EVENTS

log = logging.getLogger(__name__)


class EventType(StrEnum):
    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Writes Events in the name of one component."""

    client: Client
    component: str

    async def record(self, about: Object, kind: EventType, reason: str, message: str) -> None:
        """Write one Event about an object. A failure is logged only: no work depends on an Event."""
        event = _event(self.component, about, datetime.now(UTC))
        event |= {"type": kind, "reason": reason, "message": message}
        try:
            await self.client.create(EVENTS, event["metadata"]["namespace"], event)
        except (ApiError, aiohttp.ClientError, TimeoutError) as error:
            log.debug("the event %s about %s was not written: %r", reason, about["metadata"]["name"], error)


def _event(component: str, about: Object, now: datetime) -> Object:
    meta = about["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{meta['name'][:200]}.", "namespace": meta.get("namespace", "default")},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "namespace": meta.get("namespace", ""),
            "name": meta["name"],
            "uid": uid_of(about),
            "resourceVersion": meta["resourceVersion"],
        },
        "count": 1,
        "firstTimestamp": timestamp(now),
        "lastTimestamp": timestamp(now),
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": "",
    }
