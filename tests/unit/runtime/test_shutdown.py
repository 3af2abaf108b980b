"""The end of a process: signals are awaited, stages run in order and bounded."""

import asyncio
import os
import signal

import pytest

from services.runtime.shutdown import Stage, run_stages, stop_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_is_awaited(number: signal.Signals) -> None:
    with stop_signal() as arrived:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert await arrived == number.name


async def test_handlers_are_taken_off_again() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_signal():
        pass
    assert signal.getsignal(signal.SIGTERM) == before


async def test_a_stage_that_fails_or_hangs_does_not_keep_the_next_from_running(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ran: list[str] = []

    async def fail() -> None:
        ran.append("fail")
        raise ValueError("the lamp broke")

    async def hang() -> None:
        ran.append("hang")
        await asyncio.Event().wait()

    async def close() -> None:
        ran.append("close")

    await run_stages(
        [
            Stage(name="one", run=fail, limit_seconds=60),
            Stage(name="two", run=hang, limit_seconds=0),
            Stage(name="three", run=close, limit_seconds=60),
        ]
    )
    assert ran == ["fail", "hang", "close"]
    assert [(record.message, vars(record)["stage"]) for record in caplog.records] == [
        ("shutdown stage failed", "one"),
        ("shutdown stage given up", "two"),
    ]
