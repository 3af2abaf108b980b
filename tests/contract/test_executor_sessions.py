"""Who may make the executor act: Hello against the planner's Lease, newer sessions, cut streams."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.plan.v1 import plan_pb2

from sandbox.aws import AwsServer, AwsWorld
from sandbox.aws.faults import Outcome
from sandbox.aws.record import Phase
from services.runtime.wire import REASON_KEY
from tests.contract.executor_bench import (
    LEASE,
    Bench,
    iter_of,
    plan_of,
    running,
    serving_aws,
    until_held,
    whole_stack,
)
from tests.contract.executor_kubernetes import ApiError


@pytest.fixture
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    async with running(*aws, tmp_path, aws_retry_seconds="0.2") as started:
        yield started


def reason(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str]:
    trailing = dict(error.trailing_metadata() or ())
    return error.code(), str(trailing.get(REASON_KEY))


REFUSED = (grpc.StatusCode.FAILED_PRECONDITION, "NotLeading")


async def test_a_hello_is_refused_to_everyone_but_the_holder_in_its_epoch(bench: Bench) -> None:
    for holder, epoch in (("planner-1", 1), ("planner-0", 0), ("planner-0", 2)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await bench.hello(holder, epoch)
        assert reason(refused.value) == REFUSED
    assert await bench.hello("planner-0", 1)


async def test_a_hello_is_refused_when_the_lease_has_run_out_or_does_not_exist(bench: Bench) -> None:
    bench.lead(renewed=datetime.now(UTC) - timedelta(seconds=61))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bench.hello()
    assert reason(refused.value) == REFUSED
    del bench.kube.objects[LEASE]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bench.hello()
    assert reason(refused.value) == REFUSED


async def test_a_lease_that_cannot_be_read_is_said_so(bench: Bench) -> None:
    bench.kube.fail[("GET", LEASE)] = [ApiError(403, "Forbidden")]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bench.hello()
    assert reason(refused.value) == (grpc.StatusCode.UNAVAILABLE, "LeaseUnreadable")


async def test_every_other_call_needs_the_session_that_is_open(bench: Bench) -> None:
    await bench.hello()
    for answers in (
        bench.stub.Execute(iter_of(pb.ExecuteRequest(session="made-up", part=pb.PlanPart()))),
        bench.stub.Observe(pb.ObserveRequest(session="made-up", all=pb.AllQuery())),
        bench.stub.Track(iter_of(pb.TrackRequest(session="made-up", reset=True))),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            _ = [each async for each in answers]
        assert reason(refused.value) == (grpc.StatusCode.FAILED_PRECONDITION, "UnknownSession")


@pytest.mark.parametrize(
    "epoch",
    [
        pytest.param(1, id="the same epoch again"),
        pytest.param(2, id="a newer epoch"),
    ],
)
async def test_a_newer_hello_ends_older_streams_and_waits_for_calls_in_flight(bench: Bench, epoch: int) -> None:
    old = await bench.hello()
    tracking = bench.stub.Track(iter_of_then_wait(pb.TrackRequest(session=old, reset=True)))
    hold = bench.hold("CreateSecurityGroup", Phase.BEFORE)
    part = pb.PlanPart(plan=plan_of(whole_stack(bench.world)[:2]), last=True)
    executing = bench.stub.Execute(iter_of_then_wait(pb.ExecuteRequest(session=old, part=part)))
    await until_held(bench)
    bench.lead(epoch=epoch)
    hello = asyncio.create_task(bench.hello(epoch=epoch))
    for stream in (executing, tracking):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            _ = [each async for each in stream]
        assert reason(ended.value) == (grpc.StatusCode.FAILED_PRECONDITION, "SessionEnded")
    assert not hello.done()
    hold.release(Outcome.CONTINUE)
    new = await hello
    assert new != old
    assert bench.operations() == ["CreateSecurityGroup"]


async def test_a_cut_stream_is_a_stop(bench: Bench) -> None:
    session = await bench.hello()
    hold = bench.hold("CreateSecurityGroup", Phase.BEFORE)
    part = pb.PlanPart(plan=plan_of(whole_stack(bench.world)[:2]), last=True)
    call = bench.stub.Execute(iter_of_then_wait(pb.ExecuteRequest(session=session, part=part)))
    await until_held(bench)
    call.cancel()
    await asyncio.sleep(0.1)
    hold.release(Outcome.CONTINUE)
    await bench.hello()
    assert bench.operations() == ["CreateSecurityGroup"]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        pytest.param(
            plan_pb2.Plan(verdict=plan_pb2.VERDICT_ERRORED, key=plan_pb2.Key(kind=plan_pb2.KEY_KIND_STACK)),
            "PlanNotExecutable",
            id="errored",
        ),
        pytest.param(plan_of([plan_pb2.Step(id="a", depends_on=["b"])]), "InvalidPlan", id="without work in a step"),
    ],
)
async def test_a_plan_is_refused_whole_when_it_is(bench: Bench, plan: plan_pb2.Plan, expected: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bench.execute(plan)
    assert reason(refused.value) == (grpc.StatusCode.INVALID_ARGUMENT, expected)


async def iter_of_then_wait(message: Any) -> AsyncIterator[Any]:
    """A stream of one message that stays open."""
    yield message
    await asyncio.Event().wait()
