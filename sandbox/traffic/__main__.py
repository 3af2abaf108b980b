"""The command `python -m sandbox.traffic`: the data plane in the foreground until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
from pathlib import Path

import click

from sandbox.clock import Clock
from sandbox.traffic.process import run


@click.command()
@click.option("--aws-url", required=True, help="The AWS endpoint whose load balancers carry traffic.")
@click.option(
    "--directory",
    required=True,
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder of the sandbox: pods.json is read there, load-balancers.json and traffic.json are written.",
)
@click.option(
    "--clock-factor",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Sandbox seconds in a second of the wall.",
)
@click.option("--parent", type=int, help="Process id of the one that started it: it ends with that process.")
def main(aws_url: str, directory: Path, clock_factor: float, parent: int | None) -> None:
    """Carry the traffic of a sandbox's load balancers."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_until_told(aws_url, directory, Clock(clock_factor), parent))


async def _until_told(aws_url: str, directory: Path, clock: Clock, parent: int | None) -> None:
    work = asyncio.create_task(run(aws_url.rstrip("/"), directory, clock))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    watching = asyncio.create_task(_with_parent(work, parent))
    with contextlib.suppress(asyncio.CancelledError):
        await work
    watching.cancel()


async def _with_parent(work: asyncio.Task[None], parent: int | None) -> None:
    """End with the process that started this one, which cannot say so itself when it is killed."""
    while parent is not None:
        if os.getppid() != parent:
            work.cancel()
            return
        await asyncio.sleep(1)


if __name__ == "__main__":
    main(prog_name="python -m sandbox.traffic")
