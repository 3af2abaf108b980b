"""Which sandbox a command of `elbow sandbox` is about."""

from pathlib import Path

import click

from services.cli.locating import CommandT

DEFAULT_FOLDER = Path(".elbow/sandbox")


def folder_option(command: CommandT) -> CommandT:
    """`--dir`, the same for every command."""
    return click.option(
        "--dir",
        "directory",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_FOLDER,
        envvar="ELBOW_SANDBOX_DIR",
        show_envvar=True,
        show_default=True,
        help="Folder of the sandbox's files; each sandbox has its own.",
    )(command)
