"""Waiting for the budget: order, stop, cancellation."""

import asyncio

import pytest

from services.executor.aws.gate import Gate
from services.executor.core.buckets import Rate, Rates
from services.executor.core.budget import Budget
from services.executor.core.operations import OPERATIONS
from services.executor.core.steps import Lane
from services.executor.stopping import StopSignal

REGISTER = OPERATIONS["elbv2", "RegisterTargets"]


@pytest.fixture
async def gate() -> Gate:
    """One call passes at once, then one in a hundredth of a second."""
    overrides = {"elb-registration": Rate(burst=1, per_second=100)}
    return Gate(Budget(Rates(overrides=overrides, account_wide=False)))


async def test_calls_pass_by_lane_and_then_by_age(gate: Gate) -> None:
    passed: list[str] = []

    async def call(name: str, lane: Lane) -> None:
        await gate.admit(REGISTER, lane, StopSignal())
        passed.append(name)

    asked = [("first", Lane.RESYNC), ("resync", Lane.RESYNC), ("serve", Lane.SERVE), ("drain", Lane.DRAIN)]
    await asyncio.gather(*(call(name, lane) for name, lane in asked))
    assert passed == ["first", "drain", "serve", "resync"]


async def test_a_call_that_is_stopped_while_it_waits_does_not_pass(gate: Gate) -> None:
    assert await gate.admit(REGISTER, Lane.SERVE, StopSignal()) is not None
    stop = StopSignal()
    waiting = asyncio.create_task(gate.admit(REGISTER, Lane.SERVE, stop))
    await asyncio.sleep(0)
    stop.set()
    assert await waiting is None


async def test_a_call_that_is_cancelled_gives_its_place_up(gate: Gate) -> None:
    await gate.admit(REGISTER, Lane.SERVE, StopSignal())
    given_up = asyncio.create_task(gate.admit(REGISTER, Lane.DRAIN, StopSignal()))
    other = asyncio.create_task(gate.admit(REGISTER, Lane.SERVE, StopSignal()))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await other is not None
    assert given_up.cancelled()
