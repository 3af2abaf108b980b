"""The readiness condition on pods. Called by the tracker as soon as a target's health is known."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.executor.core.conditions import Condition, status_patch
from services.executor.core.steps import CallError, CallResult, ErrorClass, Json
from services.executor.kube.client import STRATEGIC_MERGE_PATCH, KubeClient, Request, metadata_of, object_path

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A readiness gate of one pod."""

    namespace: str
    pod: str
    uid: str
    condition_type: str


class PodGates:
    """Sets conditions, and remembers what it set while the gate is tracked."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._known: dict[Gate, Condition] = {}

    async def set(self, gate: Gate, condition: Condition) -> None:
        """Makes the pod's condition so; nothing is sent when it is so already.

        A pod that is gone, or another one of its name, is left alone. An error is logged; the next answer about the
        target's health tries again.
        """
        known = self._known.get(gate)
        # The planner names gates that are not open: opening one changes it, whatever it was. For the rest the pod
        # itself says whether its status would change.
        if known is None and condition.status != "True":
            known = await self._read(gate)
        if known == condition:
            self._known[gate] = condition
            return
        changed = known is None or known.status != condition.status
        error = await self._patch(gate, condition, changed=changed)
        if error is not None and error.error_class is ErrorClass.CONFLICT:
            if not await self._stands(gate):
                return
            error = await self._patch(gate, condition, changed=changed)
        self._settle(gate, condition, error)

    def forget(self, gate: Gate) -> None:
        """Drops what is remembered of a gate that is not tracked any more."""
        self._known.pop(gate, None)

    def _settle(self, gate: Gate, condition: Condition, error: CallError | None) -> None:
        if error is None:
            self._known[gate] = condition
        elif error.error_class is not ErrorClass.NOT_FOUND:
            _LOGGER.warning(
                "readiness condition not set",
                extra={"pod": f"{gate.namespace}/{gate.pod}", "reason": error.code, "detail": error.message},
            )

    async def _patch(self, gate: Gate, condition: Condition, *, changed: bool) -> CallError | None:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if changed else None
        request = Request(
            method="PATCH",
            path=object_path("v1", "pods", namespace=gate.namespace, name=gate.pod, subresource="status"),
            verb="patch",
            kind="Pod",
            body=status_patch(gate.condition_type, condition, uid=gate.uid, changed_at=now),
            content_type=STRATEGIC_MERGE_PATCH,
        )
        return (await self._client.call(request)).error

    async def _read(self, gate: Gate) -> Condition | None:
        """The condition as the pod carries it; None when it does not, or when the pod cannot be read."""
        result = await self._get(gate)
        if result.error is not None or metadata_of(result.answer).get("uid") != gate.uid:
            return None
        for condition in (result.answer.get("status") or {}).get("conditions") or ():
            if condition.get("type") == gate.condition_type:
                return _condition(condition)
        return None

    async def _stands(self, gate: Gate) -> bool:
        """Whether the pod of that name may still be the one with the gate's UID: another one's conflict lasts."""
        result = await self._get(gate)
        return result.error is not None or metadata_of(result.answer).get("uid") == gate.uid

    async def _get(self, gate: Gate) -> CallResult:
        return await self._client.get(object_path("v1", "pods", namespace=gate.namespace, name=gate.pod), "Pod")


def _condition(entry: Mapping[str, Json]) -> Condition:
    return Condition(
        status=str(entry.get("status") or ""),
        reason=str(entry.get("reason") or ""),
        message=str(entry.get("message") or ""),
    )
