"""`elbow status`: where the services and the stacks stand."""

import asyncio
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict

from services.cli.errors import CliError
from services.cli.locating import Located, NotUpError, locate, planner_address_option, state_file_option
from services.cli.planner_client import PlannerSilentError, Report, open_planner
from services.cli.rendering.console import output, write
from services.cli.rendering.status import links_stand, status_lines, what_is_left
from services.cli.settling import LOOK_SECONDS, Settling
from services.cli.state import StateFile


@click.command()
@state_file_option
@planner_address_option
@click.option("--wait", is_flag=True, help="Wait until every change seen is worked off.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0),
    default=300.0,
    show_default=True,
    help="Seconds that --wait waits.",
)
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the answer.")
def status(state_file: Path, planner_address: str | None, wait: bool, timeout_seconds: float, form: str) -> None:
    """Show services, queue and stacks.

    Exit code 1 when elbow is not up, when the planner does not answer or is not connected to watcher and executor,
    and when --wait runs out of time; what is left is said then.
    """
    found = StateFile(state_file)
    if wait:
        located, report = asyncio.run(_settled(found, planner_address, timeout_seconds))
    else:
        located, report = asyncio.run(_look(found, planner_address))
    if form == "json":
        click.echo(json.dumps(_as_json(located, report), indent=1))
    else:
        write(output(), *status_lines(report, located.state))
    if not links_stand(report.status):
        raise click.exceptions.Exit(1)


async def _look(state_file: StateFile, planner_address: str | None) -> tuple[Located, Report]:
    located = locate(state_file, planner_address)
    async with open_planner(located.address) as planner:
        return located, await planner.report()


async def _settled(
    state_file: StateFile, planner_address: str | None, timeout_seconds: float
) -> tuple[Located, Report]:
    """Looks until two looks in a row find everything settled; a planner that is away for a while is waited for."""
    end = time.monotonic() + timeout_seconds
    settling, left = Settling(), ["the planner was not asked"]
    while True:
        try:
            located, report = await _look(state_file, planner_address)
            if settling.look(report.status.settled):
                return located, report
            left = list(what_is_left(report))
        except NotUpError:
            raise
        except PlannerSilentError as error:
            settling.look(False)
            left = [error.message]
        if time.monotonic() >= end:
            lines = "".join(f"\n  {phrase}" for phrase in left)
            raise CliError(f"not settled within {timeout_seconds:g} s:{lines}")
        await asyncio.sleep(LOOK_SECONDS)


def _as_json(located: Located, report: Report) -> dict[str, Any]:
    """The wire's messages in the JSON mapping of Protocol Buffers, fields named as in the .proto files."""
    return {
        "up": asdict(located.state) if located.state else None,
        "status": _message(report.status),
        "stacks": [_message(stack) for stack in report.stacks],
    }


def _message(message: Any) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
