"""`elbow sandbox`: a Kubernetes API and an AWS endpoint in the background, without cluster, account or network."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from services.cli.commands.sandbox_call import call
from services.cli.commands.sandbox_fault import fault
from services.cli.commands.sandbox_folder import folder_option
from services.cli.commands.sandbox_network import addresses, curl
from services.cli.rendering.console import QUIET, output, write
from services.cli.sandbox_process import SandboxFolder, start, stop


@click.group()
def sandbox() -> None:
    """Start and stop a sandbox, send requests into its network, and let things go wrong in it."""


for command in (curl, addresses, fault, call):
    sandbox.add_command(command)


@sandbox.command(context_settings={"ignore_unknown_options": True})
@folder_option
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds that it gets to come up.",
)
@click.argument("further", nargs=-1, type=click.UNPROCESSED, metavar="[FLAGS OF THE SANDBOX]")
def up(directory: Path, timeout_seconds: float, further: Sequence[str]) -> None:
    """Start a sandbox in the background and say how to use it.

    Further flags go to `python -m sandbox`, which explains them with --help.
    """
    folder = SandboxFolder(path=directory.absolute())
    pid = folder.pid()
    if pid is None:
        # So that what was started is stopped, as after Ctrl-C.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        pid, said = start(folder, further, limit_seconds=timeout_seconds), "sandbox is up"
    else:
        said = "sandbox was up already"
    write(output(), Text.assemble((said, "bold"), (f"  process {pid}", QUIET)), *_how_to_use(folder))


@sandbox.command()
@folder_option
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0),
    default=20.0,
    show_default=True,
    help="Seconds that it gets to stop before it is killed.",
)
def down(directory: Path, timeout_seconds: float) -> None:
    """Stop the sandbox; what was in it is gone then."""
    folder = SandboxFolder(path=directory.absolute())
    pid = folder.pid()
    if pid is None:
        click.echo(f"no sandbox is up in {folder.path}")
    elif stop(folder, pid, limit_seconds=timeout_seconds):
        click.echo("sandbox is down")
    else:
        click.echo(f"sandbox did not stop within {timeout_seconds:g} s and was killed (process {pid})")


def _how_to_use(folder: SandboxFolder) -> Sequence[Text]:
    rows = (
        ("kubectl", f"export KUBECONFIG={folder.kubeconfig}"),
        ("all variables", f"set -a; . {folder.env}; set +a"),
        ("elbow on it", f"elbow up --sandbox {folder.path}"),
        ("log", str(folder.log)),
    )
    return [Text.assemble((f"  {name:<15}", QUIET), value) for name, value in rows]
