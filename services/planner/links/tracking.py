"""Which targets matter now: kept for the tracker's stream, sent whole on every new one. Used by the executor link."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.planner.core.keys import BindingKey
from services.planner.core.outcomes import TrackedGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """One group with the traceparent of the run that moved its targets."""

    group: TrackedGroup
    traceparent: str


class Tracked:
    """The tracked set of every binding. A set without targets ends the polling of its group, unless another binding of
    the group has one."""

    def __init__(self) -> None:
        self._groups: dict[BindingKey, Tracking] = {}
        self._unsent: dict[tuple[str, BindingKey], Tracking] = {}
        self._news = asyncio.Event()

    def put(self, group: TrackedGroup, traceparent: str, *, moved: bool) -> None:
        """Replaces a binding's set. One that did not change is sent again only if a run `moved` its targets, so that
        the tracker begins anew: what it had read before that run does not count.
        """
        known = self._groups.get(group.binding)
        if known is not None and known.group.target_group_arn != group.target_group_arn:
            self.drop(group.binding)
            known = None
        if known is not None and known.group == group and not moved:
            return
        if not group.targets:
            self.drop(group.binding)
            return
        if not moved and known is not None:
            traceparent = known.traceparent
        self._groups[group.binding] = Tracking(group=group, traceparent=traceparent)
        self._send(self._groups[group.binding])

    def drop(self, binding: BindingKey) -> None:
        """The binding is gone, or has nothing in motion."""
        known = self._groups.pop(binding, None)
        if known is not None:
            self._send(replace(known, group=replace(known.group, targets=())))

    def clear(self) -> None:
        """Nothing matters any more."""
        for binding in list(self._groups):
            self.drop(binding)

    def of(self, binding: BindingKey) -> Tracking | None:
        """What is tracked for a binding."""
        return self._groups.get(binding)

    def groups(self) -> Iterator[Tracking]:
        """Everything that is tracked, by binding."""
        for _, tracking in sorted(self._groups.items()):
            yield tracking

    def everything(self) -> list[Tracking]:
        """All groups, for the first message of a stream; what was not sent before counts as sent."""
        self._unsent.clear()
        self._news.clear()
        return list(self.groups())

    def again(self, tracking: Tracking) -> None:
        """The group could not be sent yet."""
        self._send(tracking)

    async def changes(self) -> list[Tracking]:
        """Groups that changed since they were sent, as soon as there are any."""
        await self._news.wait()
        unsent = [tracking for _, tracking in sorted(self._unsent.items())]
        self._unsent.clear()
        self._news.clear()
        return unsent

    def _send(self, tracking: Tracking) -> None:
        self._unsent[tracking.group.target_group_arn, tracking.group.binding] = tracking
        self._news.set()
