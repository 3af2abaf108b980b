"""The data plane as a child process of the sandbox, so that load on it starves nobody else."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

_STOP_SECONDS = 5.0


class TrafficProcess:
    """One `python -m sandbox.traffic`. It is started without waiting until it serves."""

    def __init__(self, directory: Path, *, clock_factor: float) -> None:
        self._directory = directory
        self._clock_factor = clock_factor
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """What it says."""
        return self._directory / "traffic.log"

    async def start(self, aws_url: str) -> None:
        """Start it for the load balancers of this AWS endpoint. Raises OSError."""
        command = [
            *(sys.executable, "-P", "-m", "sandbox.traffic"),
            *("--aws-url", aws_url),
            *("--directory", str(self._directory)),
            *("--clock-factor", str(self._clock_factor)),
            *("--parent", str(os.getpid())),
        ]
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    async def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def broken(self) -> str:
        """Wait until it ends without having been stopped; says so."""
        if self._process is None:
            never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            return await never
        code = await self._process.wait()
        return f"the data plane ended with code {code}; see {self.log}"
