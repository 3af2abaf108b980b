"""A service that `elbow up` keeps running: real processes, killed, refused and orphaned."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.cli.children.keeper import Keeper, Start, Told
from services.cli.errors import CliError
from services.runtime.channel import open_channel
from services.runtime.settings import TlsSettings

ROOT = Path(__file__).parents[2]
LAMP = "tests.contract.lamp_process"
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
LOOK_SECONDS = 0.05

pytestmark = pytest.mark.integration


@dataclass(slots=True)
class Heard:
    """What a keeper told."""

    lines: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    running: asyncio.Queue[tuple[str, int]] = field(default_factory=asyncio.Queue)


def a_keeper(folder: Path, flags: Sequence[str] = ()) -> tuple[Keeper, Heard]:
    heard = Heard()

    async def arguments() -> Sequence[str]:
        return flags

    start = Start(name="lamp", module=LAMP, arguments=arguments, env=ENV, folder=folder)
    told = Told(
        line=heard.lines.append,
        say=heard.said.append,
        running=lambda address, pid: heard.running.put_nowait((address, pid)),
    )
    return Keeper(start, told), heard


@contextlib.asynccontextmanager
async def kept(folder: Path) -> AsyncIterator[tuple[Keeper, Heard]]:
    keeper, heard = a_keeper(folder)
    running = asyncio.create_task(keeper.run())
    try:
        yield keeper, heard
    finally:
        await keeper.kill()
        running.cancel()
        await asyncio.wait((running,))


async def answers(address: str) -> None:
    async with open_channel(address, TlsSettings(), service_name="test") as channel:
        await asyncio.wait_for(channel.channel_ready(), 30)


def is_alive(pid: int) -> bool:
    """A zombie is dead: its parent, or the init of a container, may be slow to collect it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(LOOK_SECONDS)


async def test_a_killed_service_comes_back_where_it_was(tmp_path: Path) -> None:
    async with kept(tmp_path) as (keeper, heard):
        address, pid = await heard.running.get()
        assert address == await keeper.address()
        await answers(address)
        os.kill(pid, signal.SIGKILL)
        same_address, other_pid = await heard.running.get()
        assert same_address == address
        assert other_pid != pid
        await answers(address)
        await until(lambda: len(heard.said) == 2)
        assert heard.said == [
            "lamp was ended by SIGKILL; it is started again in 0.2 s",
            f"lamp is back (process {other_pid})",
        ]


async def test_a_service_that_is_asked_to_stop_ends_by_itself(tmp_path: Path) -> None:
    async with kept(tmp_path) as (keeper, heard):
        _, pid = await heard.running.get()
        await keeper.stop(30)
        assert not is_alive(pid)
        assert heard.said == []
        assert any('"stopped"' in line and '"exit_code": 0' in line for line in heard.lines)


async def test_a_service_that_does_not_stop_is_killed_and_that_is_said(tmp_path: Path) -> None:
    async with kept(tmp_path) as (keeper, heard):
        _, pid = await heard.running.get()
        os.kill(pid, signal.SIGSTOP)
        await keeper.stop(0.1)
        assert not is_alive(pid)
        assert heard.said == ["lamp did not stop within 0.1 s; it is killed"]


async def test_a_service_that_cannot_start_is_given_up(tmp_path: Path) -> None:
    keeper, heard = a_keeper(tmp_path, ["--no-such-flag"])
    with pytest.raises(CliError, match="the lamp cannot start"):
        await keeper.run()
    assert [line for line in heard.lines if "--no-such-flag" in line]
    assert heard.said == [
        "lamp cannot start as it is; it is started again in 0.2 s",
        "lamp cannot start as it is; it is started again in 0.4 s",
    ]


PARENT = """
import asyncio, os
from services.cli.children.child import start

async def main():
    child = await start({module!r}, ["--listen", "127.0.0.1:0"], os.environ, lambda line: None)
    print(child.pid, flush=True)
    await child.wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is Linux's")
async def test_no_service_outlives_its_parent() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT.format(module=LAMP), env=ENV, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not is_alive(pid))
