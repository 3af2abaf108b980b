"""The command `python -m sandbox.traffic`: the data plane in the foreground until it is told to stop."""

import asyncio
import contextlib
import logging
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
def main(aws_url: str, directory: Path, clock_factor: float) -> None:
    """Carry the traffic of a sandbox's load balancers."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_until_told(aws_url, directory, Clock(clock_factor)))


async def _until_told(aws_url: str, directory: Path, clock: Clock) -> None:
    work = asyncio.create_task(run(aws_url.rstrip("/"), directory, clock))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


if __name__ == "__main__":
    main(prog_name="python -m sandbox.traffic")
