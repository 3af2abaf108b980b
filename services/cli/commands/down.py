"""`elbow down`: stops an `elbow up` from elsewhere."""

import os
import signal
import time
from pathlib import Path

import click

from services.cli.errors import CliError
from services.cli.locating import state_file_option
from services.cli.state import StateFile

_LOOK_SECONDS = 0.1


@click.command()
@state_file_option
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds to wait for its end.",
)
def down(state_file: Path, timeout_seconds: float) -> None:
    """Stop the `elbow up` of a state file, as Ctrl-C in its terminal does, and wait for its end."""
    found = StateFile(state_file)
    state = found.read()
    if not found.is_held():
        click.echo(f"elbow is not up (state file {found.path})")
        return
    if state is None or state.pid is None:
        raise CliError("elbow is just starting or stopping; try again")
    os.kill(state.pid, signal.SIGTERM)
    end = time.monotonic() + timeout_seconds
    while found.is_held():
        if time.monotonic() >= end:
            raise CliError(f"elbow (process {state.pid}) did not stop within {timeout_seconds:g} s")
        time.sleep(_LOOK_SECONDS)
    click.echo("elbow is down")
