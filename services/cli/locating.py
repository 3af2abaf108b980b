"""Which planner a command asks: the one it was told, or the one of a state file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from services.cli.errors import CliError
from services.cli.planner_client import PlannerSilentError
from services.cli.state import DEFAULT_PATH, StateFile, UpState

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
"""A function that becomes a command, or the command."""


class NotUpError(CliError):
    """No `elbow up` runs with the state file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A planner, and the run that it belongs to where that is known."""

    address: str
    state: UpState | None


def state_file_option(command: CommandT) -> CommandT:
    """`--state-file`, the same for every command."""
    return click.option(
        "--state-file",
        type=click.Path(dir_okay=False, path_type=Path),
        default=DEFAULT_PATH,
        envvar="ELBOW_STATE_FILE",
        show_envvar=True,
        show_default=True,
        help="File that says where this run of elbow is; each run has its own.",
    )(command)


def planner_address_option(command: CommandT) -> CommandT:
    """`--planner-address`, for a planner that `elbow up` did not start."""
    return click.option(
        "--planner-address",
        metavar="HOST:PORT",
        envvar="ELBOW_PLANNER_ADDRESS",
        show_envvar=True,
        help="Ask this planner, whatever the state file says.",
    )(command)


def locate(state_file: StateFile, planner_address: str | None) -> Located:
    """The planner to ask.

    Raises NotUpError when no `elbow up` runs, PlannerSilentError when one runs whose planner does not serve yet.
    """
    if planner_address:
        return Located(address=planner_address, state=None)
    state = state_file.read()
    if not state_file.is_held():
        last = "" if state else ", which does not exist"
        raise NotUpError(f"elbow is not up (state file {state_file.path}{last}); start it with: elbow up")
    if state is None or "planner" not in state.services:
        raise PlannerSilentError("elbow is starting: its planner does not serve yet")
    return Located(address=state.services["planner"].address, state=state)
