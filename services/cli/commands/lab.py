"""`elbow lab`: experiments with load balancers in a sandbox, measured and reported."""

import importlib.util
import os
import sys
from collections.abc import Sequence

import click

from services.cli.errors import CliError

_PROGRAM = "sandbox.lab"


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="list | run NAME...")
def lab(arguments: Sequence[str]) -> None:
    """Run experiments with load balancers on this machine: `elbow lab list`, `elbow lab run NAME`.

    This process becomes `python -m sandbox.lab`, which explains its options with --help.
    """
    if importlib.util.find_spec("sandbox") is None:
        raise CliError("the laboratory is not installed: it comes with the sandbox (pip install 'elbow[sandbox]')")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", _PROGRAM, *arguments])  # noqa: S606 - our own program
