"""Parts of the links that need no channel: outages, and what is tracked."""

import asyncio
import logging
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from elbow.executor.v1 import executor_service_pb2 as pb

from services.planner.convert.plans import PART_BYTES
from services.planner.core.keys import BindingKey, Lane
from services.planner.core.outcomes import Tracked as Target
from services.planner.core.outcomes import TrackedGroup
from services.planner.links.execution import Execution
from services.planner.links.failures import SessionLostError, describe
from services.planner.links.tracking import Tracked, Tracking
from services.planner.outage import LONGEST_WAIT_SECONDS, Outage
from services.planner.results import StepResult
from tests.unit.planner_shell.aws_things import Clock
from tests.unit.planner_shell.plan_things import aws, other_binding, plan
from tests.unit.planner_shell.things import BINDING


class TestOutage:
    """A connection that goes and comes."""

    def outage(self, clock: Clock | None = None) -> Outage:
        logger = logging.getLogger("outage under test")
        return Outage(logger, name="executor", meaning="nothing is executed", clock=clock or Clock())

    def test_waits_double_up_to_a_few_seconds_and_begin_anew(self) -> None:
        outage = self.outage()
        waits = [outage.goes_on("refused") for _ in range(6)]
        assert waits == [0.2, 0.4, 0.8, 1.6, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS]
        outage.ends()
        assert outage.goes_on("refused") == 0.2

    def test_it_is_logged_when_it_begins_when_its_reason_changes_now_and_then_and_when_it_ends(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        clock = Clock()
        outage = self.outage(clock)
        with caplog.at_level(logging.INFO):
            outage.ends()
            outage.ends()
            outage.goes_on("cut")
            outage.goes_on("refused")
            outage.goes_on("refused")
            clock.now += 30
            outage.goes_on("refused")
            outage.ends()
        assert [(r.message, getattr(r, "reason", "")) for r in caplog.records] == [
            ("executor is connected", ""),
            ("executor is down: nothing is executed", "cut"),
            ("executor is down: nothing is executed", "refused"),
            ("executor is down: nothing is executed", "refused"),
            ("executor is back", ""),
        ]

    def test_its_state_can_be_read(self) -> None:
        outage = self.outage()
        outage.goes_on("refused")
        assert (outage.connected, outage.error) == (False, "refused")
        outage.ends()
        assert (outage.connected, outage.error) == (True, "")


class SlowCall:
    """A stream whose writes take a while; a second one meanwhile is an error, as in gRPC."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.busy = False

    async def write(self, request: pb.ExecuteRequest) -> None:
        assert not self.busy
        self.busy = True
        await asyncio.sleep(0)
        self.sent.append(request.WhichOneof("message") or "")
        self.busy = False

    def done(self) -> bool:
        return False

    def cancel(self) -> None:
        pass

    async def __aiter__(self) -> AsyncIterator[pb.ExecuteResponse]:
        await asyncio.sleep(0.01)
        yield pb.ExecuteResponse(finished=pb.Finished())


async def test_a_stop_waits_until_the_whole_plan_is_sent() -> None:
    blob = "x" * PART_BYTES
    steps = tuple(aws(str(n), "CreateRule", Text=blob) for n in range(3))
    slow = SlowCall()
    execution = Execution(
        slow,
        plan(*steps),
        session="s",
        lane=Lane.EDIT,
        traceparent="",
        links=(),
        failure=lambda error: error,
    )

    async def read() -> list[StepResult]:
        return [result async for result in execution.results()]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await asyncio.gather(execution.stop(), execution.stop())
    assert await reading == []
    assert slow.sent == ["part", "part", "part", "stop"]


class RefusedCall(SlowCall):
    """A stream that the executor ends after the first part, as it does where it does not know the session."""

    async def write(self, request: pb.ExecuteRequest) -> None:
        if self.sent:
            raise asyncio.InvalidStateError
        await super().write(request)

    async def __aiter__(self) -> AsyncIterator[pb.ExecuteResponse]:
        no_metadata = grpc.aio.Metadata()
        raise grpc.aio.AioRpcError(grpc.StatusCode.FAILED_PRECONDITION, no_metadata, no_metadata, "say Hello again")
        yield


async def test_a_plan_that_is_refused_before_its_last_part_fails_for_the_reason_of_the_refusal() -> None:
    steps = tuple(aws(str(n), "CreateRule", Text="x" * PART_BYTES) for n in range(2))
    execution = Execution(
        RefusedCall(),
        plan(*steps),
        session="s",
        lane=Lane.EDIT,
        traceparent="",
        links=(),
        failure=lambda error: SessionLostError(describe(error)),
    )
    with pytest.raises(SessionLostError, match="say Hello again"):
        _ = [result async for result in execution.results()]


def group(*ids: str, binding: BindingKey = BINDING, arn: str = "tg-1") -> TrackedGroup:
    targets = tuple(Target(id=id_, port=80) for id_ in ids)
    return TrackedGroup(target_group_arn=arn, binding=binding, targets=targets)


class TestTracked:
    """What the tracker is told."""

    async def test_a_changed_set_is_sent_whole(self) -> None:
        tracked = Tracked()
        tracked.put(group("a"), "first", moved=True)
        tracked.put(group("a", "b"), "second", moved=True)
        assert await tracked.changes() == [Tracking(group=group("a", "b"), traceparent="second")]

    async def test_groups_are_sent_in_order(self) -> None:
        tracked = Tracked()
        tracked.put(group("a", arn="tg-2"), "", moved=True)
        tracked.put(group("a", arn="tg-1", binding=other_binding("z")), "", moved=True)
        assert [t.group.target_group_arn for t in await tracked.changes()] == ["tg-1", "tg-2"]

    @pytest.mark.parametrize(
        ("moved", "sent"),
        [
            pytest.param(False, [], id="an unchanged set is not sent again"),
            pytest.param(
                True,
                [Tracking(group=group("a"), traceparent="second")],
                id="unless a run has moved its targets: the tracker has to look anew",
            ),
        ],
    )
    async def test_an_unchanged_set(self, moved: bool, sent: list[Tracking]) -> None:
        tracked = Tracked()
        tracked.put(group("a"), "first", moved=True)
        await tracked.changes()
        tracked.put(group("a"), "second", moved=moved)
        tracked.put(group("end", binding=other_binding("z"), arn="tg-9"), "", moved=True)
        assert await tracked.changes() == [
            *sent,
            Tracking(group=group("end", binding=other_binding("z"), arn="tg-9"), traceparent=""),
        ]

    async def test_a_set_that_only_shrinks_keeps_the_trace_of_the_run_that_moved_it(self) -> None:
        tracked = Tracked()
        tracked.put(group("a", "b"), "first", moved=True)
        tracked.put(group("a"), "second", moved=False)
        assert await tracked.changes() == [Tracking(group=group("a"), traceparent="first")]

    async def test_a_set_without_targets_ends_the_polling(self) -> None:
        tracked = Tracked()
        tracked.put(group("a"), "first", moved=True)
        tracked.put(group(), "second", moved=False)
        assert await tracked.changes() == [Tracking(group=group(), traceparent="first")]
        assert list(tracked.groups()) == []
        assert tracked.of(BINDING) is None

    async def test_bindings_that_share_a_group_have_a_set_each(self) -> None:
        tracked = Tracked()
        tracked.put(group("a"), "first", moved=True)
        tracked.put(group("b", binding=other_binding("z")), "second", moved=True)
        tracked.put(group(), "third", moved=False)
        assert [(t.group.binding, t.group.targets) for t in await tracked.changes()] == [
            (BINDING, ()),
            (other_binding("z"), group("b").targets),
        ]

    async def test_a_binding_that_goes_to_another_group_leaves_its_old_one(self) -> None:
        tracked = Tracked()
        tracked.put(group("a", arn="tg-1"), "first", moved=True)
        tracked.put(group("a", arn="tg-2"), "second", moved=True)
        assert await tracked.changes() == [
            Tracking(group=group(arn="tg-1"), traceparent="first"),
            Tracking(group=group("a", arn="tg-2"), traceparent="second"),
        ]

    async def test_a_new_stream_gets_everything_and_then_only_changes(self) -> None:
        tracked = Tracked()
        tracked.put(group("a"), "first", moved=True)
        tracked.put(group("b", binding=other_binding("gone"), arn="tg-2"), "", moved=True)
        tracked.drop(other_binding("gone"))
        assert tracked.everything() == [Tracking(group=group("a"), traceparent="first")]
        tracked.put(group("a", "b"), "second", moved=True)
        assert await tracked.changes() == [Tracking(group=group("a", "b"), traceparent="second")]
