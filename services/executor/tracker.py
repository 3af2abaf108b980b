"""Target health while targets are in motion: polls groups, opens readiness gates, tells the planner.

One tracker per `Track` stream, one poller per group, independent of each other. Fast after a change of a group's
targets, backing off while nothing happens.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.executor.aws.caller import AwsCaller
from services.executor.core.conditions import Health, gate_condition, health_of
from services.executor.core.operations import OPERATIONS
from services.executor.core.steps import AssumedRole, CallResult, ErrorClass, Lane
from services.executor.kube.pods import Gate, PodGates
from services.runtime import telemetry

_LOGGER = logging.getLogger(__name__)
_TARGET_HEALTH = OPERATIONS["elbv2", "DescribeTargetHealth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedGroup:
    """The targets of one group that matter to one binding, by id and port, each with the gate that its health opens or
    None. `role` is assumed to read their health; None: the executor's own.
    """

    arn: str
    binding: str
    targets: Mapping[tuple[str, int], Gate | None]
    traceparent: str = ""
    role: AssumedRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Polled:
    """A group with what each of its bindings tracks, at least one, the newest last: several may share a group (targets
    and readiness, section 10), and a pod may have a gate of each.
    """

    parts: tuple[TrackedGroup, ...]

    @property
    def newest(self) -> TrackedGroup:
        """Whose change is to be answered."""
        return self.parts[-1]

    @property
    def gated(self) -> Iterator[tuple[tuple[str, int], Gate]]:
        """The targets whose health opens gates, with those."""
        for part in self.parts:
            yield from ((target, gate) for target, gate in part.targets.items() if gate is not None)

    @property
    def gates(self) -> frozenset[Gate]:
        """The gates of all bindings."""
        return frozenset(gate for _, gate in self.gated)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHealth:
    """All targets of one group as one call answered; `gone`: AWS knows no such group."""

    arn: str
    begun: int
    targets: tuple[Health, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Seconds to the poll after a change, factor from one interval to the next, longest interval in seconds."""

    first_seconds: float
    factor: float
    longest_seconds: float


Report = Callable[[GroupHealth], None]


class Tracker:
    """The groups of one stream."""

    def __init__(self, caller: AwsCaller, gates: PodGates, schedule: Schedule, report: Report) -> None:
        self._caller = caller
        self._gates = gates
        self._schedule = schedule
        self._report = report
        self._parts: dict[str, dict[str, TrackedGroup]] = {}
        self._pollers: dict[str, _Poller] = {}

    def replace(self, groups: Iterable[TrackedGroup], *, reset: bool) -> None:
        """Takes what bindings track, the whole of each; a group in which none tracks targets is not polled any more,
        nor, after `reset`, one that is not named.
        """
        touched = set(self._pollers) if reset else set()
        if reset:
            self._parts.clear()
        for group in groups:
            parts = self._parts.setdefault(group.arn, {})
            parts.pop(group.binding, None)
            if group.targets:
                parts[group.binding] = group
            touched.add(group.arn)
        for arn in touched:
            parts = self._parts.get(arn, {})
            if parts:
                self._poll(arn, _Polled(parts=tuple(parts.values())))
            else:
                self._parts.pop(arn, None)
                self._end(arn)

    def _poll(self, arn: str, group: _Polled) -> None:
        if arn in self._pollers:
            self._pollers[arn].replace(group)
        else:
            self._pollers[arn] = _Poller(self._caller, self._gates, self._schedule, self._report, group)

    def _end(self, arn: str) -> None:
        if (poller := self._pollers.pop(arn, None)) is not None:
            poller.stop()

    def close(self) -> None:
        """Ends all polling."""
        for poller in self._pollers.values():
            poller.stop()
        self._pollers.clear()


class _Poller:
    def __init__(self, caller: AwsCaller, gates: PodGates, schedule: Schedule, report: Report, group: _Polled) -> None:
        self._caller = caller
        self._gates = gates
        self._schedule = schedule
        self._report = report
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._interval = schedule.first_seconds
        self._due = self._loop.time() + schedule.first_seconds
        self._changed = asyncio.Event()
        self._told: tuple[Health, ...] | None = None
        self._task = asyncio.create_task(self._run(), name=f"track {group.newest.arn}")

    def replace(self, group: _Polled) -> None:
        if group == self._group:
            return
        for gate in self._group.gates - group.gates:
            self._gates.forget(gate)
        self._group = group
        self._interval = self._schedule.first_seconds
        # Never later than it was due: a group that changes all the time is polled all the same.
        self._due = min(self._due, self._loop.time() + self._interval)
        self._told = None
        self._changed.set()

    def stop(self) -> None:
        self._task.cancel()
        for gate in self._group.gates:
            self._gates.forget(gate)

    async def _run(self) -> None:
        while True:
            await self._until_due()
            group, longest = self._group, self._interval >= self._schedule.longest_seconds
            self._interval = min(self._interval * self._schedule.factor, self._schedule.longest_seconds)
            self._due = self._loop.time() + self._interval
            try:
                # A wait that has become long is no part of the change any more: its polls would swamp the trace.
                with telemetry.continued("" if longest else group.newest.traceparent):
                    await self._poll(group)
            except Exception:
                _LOGGER.exception("health poll failed", extra={"target_group": group.newest.arn})

    async def _until_due(self) -> None:
        while (seconds := self._due - self._loop.time()) > 0:
            self._changed.clear()
            try:
                async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                    await self._changed.wait()
            except TimeoutError:
                return

    async def _poll(self, group: _Polled) -> None:
        arn = group.newest.arn
        result = await self._caller.call(
            _TARGET_HEALTH, {"TargetGroupArn": arn}, lane=Lane.SERVE, role=group.newest.role
        )
        if result.error is not None:
            self._failed(group, result)
            return
        targets = tuple(sorted(map(health_of, result.answer.get("TargetHealthDescriptions") or ())))
        if self._told != targets:
            self._report(GroupHealth(arn=arn, begun=result.begun, targets=targets))
            # An answer from before the last change does not answer the question that the change asked.
            self._told = targets if group is self._group else None
        by_target = {(each.id, each.port): each for each in targets}
        await asyncio.gather(
            *(
                self._gates.set(gate, gate_condition(by_target.get(target) or Health(id=target[0], port=target[1])))
                for target, gate in group.gated
            )
        )
        for gate in group.gates - self._group.gates:
            self._gates.forget(gate)

    def _failed(self, group: _Polled, result: CallResult) -> None:
        arn = group.newest.arn
        if result.error is not None and result.error.error_class is ErrorClass.NOT_FOUND:
            self._report(GroupHealth(arn=arn, begun=result.begun, gone=True))
            if group is self._group:
                self._due = math.inf
            return
        detail = {"reason": result.error.code, "detail": result.error.message} if result.error is not None else {}
        _LOGGER.warning("target health not read", extra={"target_group": arn, **detail})
