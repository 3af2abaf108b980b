"""The data plane as a child of the sandbox: its start, its end, and what becomes of it when either is killed."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from sandbox.launcher_traffic import TrafficProcess
from sandbox.traffic.process import STATE

NOWHERE = "http://127.0.0.1:9"


async def started(process: TrafficProcess, directory: Path) -> int:
    """Its process id, once it serves."""
    await process.start(NOWHERE)
    async with asyncio.timeout(60):
        while not (directory / STATE).exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    return int(json.loads((directory / STATE).read_text())["pid"])


async def test_it_serves_without_an_endpoint_and_leaves_nothing_when_stopped(tmp_path: Path) -> None:
    process = TrafficProcess(tmp_path, clock_factor=1.0)
    pid = await started(process, tmp_path)
    await process.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["traffic.log"]
    assert not Path(f"/proc/{pid}").exists()


async def test_its_own_end_is_told(tmp_path: Path) -> None:
    process = TrafficProcess(tmp_path, clock_factor=1.0)
    os.kill(await started(process, tmp_path), signal.SIGKILL)
    assert await process.broken() == f"the data plane ended with code -9; see {tmp_path / 'traffic.log'}"
    await process.stop()


async def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    flags = ("--aws-url", NOWHERE, "--directory", str(tmp_path), "--parent", "1")
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "sandbox.traffic", *flags)
    async with asyncio.timeout(60):
        assert await process.wait() == 0
