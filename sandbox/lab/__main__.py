"""`elbow lab`, which starts this: lists the experiments and runs them. Exit codes: 0 passed or measured, 1 failed, 2 it
could not run.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments import EXPERIMENTS, SERIES
from sandbox.lab.record import Result
from sandbox.lab.run import Ran, run
from sandbox.lab.scene import Pace
from sandbox.lab.stage import Stage
from sandbox.lab.telling import comparison, listed, outcome, step
from sandbox.stage.programs import Places

_LOOPBACK = "127.0.0.1"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def main() -> None:
    """Experiments with load balancers, on this machine: no cluster, no account."""
    # Everything is on this machine; a proxy for the rest of the world is not asked.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(part for part in (os.environ.get(name), _LOOPBACK) if part)


@main.command(name="list")
def list_them() -> None:
    """List the experiments."""
    for line in listed(EXPERIMENTS.values()):
        click.echo(line)


@main.command(name="run")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", type=click.Choice([*EXPERIMENTS, *SERIES]))
@click.option("--seconds", type=click.FloatRange(1, 3600), help="Length of each load.  [default: the experiment's]")
@click.option("--rps", type=click.FloatRange(1, 5000), help="Requests per second.  [default: the experiment's]")
@click.option(
    "--clock-factor",
    type=click.FloatRange(0.1, 1000),
    help="How much faster than the wall's the sandbox's clock runs.  [default: the experiment's]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".elbow/lab"),
    show_default=True,
    help="Folder for the reports, and for the files of what runs.",
)
@click.option("--keep", is_flag=True, help="Leave everything up at the end; for one experiment only.")
def run_them(
    names: Sequence[str],
    seconds: float | None,
    rps: float | None,
    clock_factor: float | None,
    out: Path,
    keep: bool,
) -> None:
    """Run experiments, `ten` for those with load balancers, or `all`, and write a report of each.

    Exit code 0: as expected, or measured where an experiment is there for its numbers. 1: something was not as
    expected. 2: it could not run.
    """
    chosen = [EXPERIMENTS[name] for name in dict.fromkeys(one for name in names for one in SERIES.get(name, (name,)))]
    if keep and len(chosen) > 1:
        raise click.UsageError("--keep is for one experiment")
    given = {"seconds": seconds, "rps": rps, "clock_factor": clock_factor}
    said = {name: value for name, value in given.items() if value is not None}
    ran = asyncio.run(_run(chosen, said, out.absolute(), keep=keep))
    if len(chosen) > 1:
        click.echo("")
        for line in comparison([one.record for one in ran]):
            click.echo(line)
    interrupted = len(ran) < len(chosen)
    results = [one.record.result for one in ran] + ([Result.BROKEN] if interrupted else [])
    sys.exit(max(result.exit_code for result in results))


async def _run(chosen: Sequence[Experiment], said: dict[str, float], out: Path, *, keep: bool) -> list[Ran]:
    ran: list[Ran] = []
    playing = asyncio.create_task(_all(chosen, said, out, ran, keep=keep), name="lab")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    try:
        await playing
    except asyncio.CancelledError:
        click.echo("interrupted; everything is stopped", err=True)
    return ran


async def _all(chosen: Sequence[Experiment], said: dict[str, float], out: Path, ran: list[Ran], *, keep: bool) -> None:
    for experiment in chosen:
        pace = replace(
            Pace(seconds=experiment.seconds, rps=experiment.rps, clock_factor=experiment.clock_factor), **said
        )
        click.echo(f"\n{experiment.name}: {experiment.title}")
        stage = Stage(Places(directory=out / "stage"), _teller())
        one = await run(experiment, pace, stage, out, keep=keep)
        ran.append(one)
        for line in outcome(one.record):
            click.echo(line)
        click.echo(f"  report: {one.report}")
        if keep:
            click.echo(f"\nEverything is left up. To use it:\n{stage.how_to_use()}\nTo stop it:\n{stage.how_to_stop()}")


def _teller() -> Callable[[str], None]:
    """Says what is done, with the seconds since now."""
    begin = time.monotonic()
    return lambda text: click.echo(step(time.monotonic() - begin, text))


if __name__ == "__main__":
    main(prog_name="elbow lab")
