"""One process of a service: its start, its output, its end. Used by the keeper of each service."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.cli.errors import CliError

TETHER = Path(__file__).with_name("tether.py")

_CHUNK_BYTES = 64 * 1024
_LAST_OUTPUT_SECONDS = 1.0


class Child:
    """A started process. It has a process group of its own: Ctrl-C in the terminal reaches `elbow up` alone."""

    def __init__(self, process: asyncio.subprocess.Process, on_line: Callable[[str], None]) -> None:
        self._process = process
        self._reading = asyncio.create_task(self._read(on_line), name=f"output of process {process.pid}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, unless the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def wait(self) -> int:
        """Waits for its end and the last of its output. The exit code, or minus the signal that ended it."""
        code = await self._process.wait()
        await asyncio.wait((self._reading,), timeout=_LAST_OUTPUT_SECONDS)
        self._reading.cancel()
        return code

    async def _read(self, on_line: Callable[[str], None]) -> None:
        # StreamReader.readline gives up on long lines; a log line may be as long as what it quotes.
        stream, rest = self._process.stdout, b""
        while stream is not None and (chunk := await stream.read(_CHUNK_BYTES)):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                on_line(line.decode(errors="replace"))
        if rest:
            on_line(rest.decode(errors="replace"))


async def start(module: str, arguments: Sequence[str], env: Mapping[str, str], on_line: Callable[[str], None]) -> Child:
    """Runs a module of Python, tied to this process, with its output going line by line to `on_line`."""
    # -P: a folder called `services` in the working directory is not what is meant.
    argv = [sys.executable, "-P", "-m", module, *arguments]
    if sys.platform == "linux":
        argv = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *argv]
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            process_group=0,
        )
    except OSError as error:
        raise CliError(f"{module} cannot be started: {error.strerror}") from error
    return Child(process, on_line)
