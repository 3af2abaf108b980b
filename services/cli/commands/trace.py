"""`elbow trace`: what one change became, through the three services."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from services.cli.errors import CliError
from services.cli.locating import Located, locate, planner_address_option, state_file_option
from services.cli.planner_client import open_planner
from services.cli.rendering.console import draws_lines, output, width_limit, write
from services.cli.rendering.trace import DRAWN, TYPED, list_lines, trace_lines
from services.cli.state import StateFile
from services.cli.trace_store import Span, TraceStore
from services.cli.tracing import ObjectName, is_trace_id, parse_object, stack_of, traces_of

_VARIABLE = "ELBOW_TRACE_STORE_URL"


@click.command()
@click.argument("what", metavar="[KIND/]NAMESPACE/NAME | TRACE_ID")
@state_file_option
@planner_address_option
@click.option(
    "--trace-store-url",
    envvar=_VARIABLE,
    show_envvar=True,
    help="Where traces are asked for.  [default: as `elbow up` was told]",
)
@click.option("--all", "every", is_flag=True, help="List the object's last traces, newest first.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0),
    default=5.0,
    show_default=True,
    help="Seconds to wait for spans that are still on their way.",
)
def trace(
    what: str,
    state_file: Path,
    planner_address: str | None,
    trace_store_url: str | None,
    every: bool,
    timeout_seconds: float,
) -> None:
    """Show the last reconcile of an object that changed something, as a tree with durations.

    A trace id shows that trace; Events carry it.
    """
    found, wanted = StateFile(state_file), parse_object(what)
    if wanted is not None:
        located, ids = asyncio.run(_ids(found, planner_address, wanted))
        store = _store(trace_store_url or (located.state.trace_store_url if located.state else ""), ids[0])
    elif is_trace_id(what):
        state = found.read()
        ids = [what]
        store = _store(trace_store_url or (state.trace_store_url if state else ""), what)
    else:
        raise click.UsageError(f"{what!r} is neither NAMESPACE/NAME, KIND/NAMESPACE/NAME nor a trace id")
    console = output()
    if every:
        write(console, *list_lines(asyncio.run(_list(store, ids, timeout_seconds))))
    else:
        _show(console, ids[0], asyncio.run(store.whole_trace(ids[0], wait_seconds=timeout_seconds)))


async def _ids(state_file: StateFile, planner_address: str | None, wanted: ObjectName) -> tuple[Located, Sequence[str]]:
    located = locate(state_file, planner_address)
    async with open_planner(located.address) as planner:
        return located, traces_of(stack_of(await planner.stacks(), wanted), wanted)


async def _list(store: TraceStore, ids: Sequence[str], wait_seconds: float) -> list[tuple[str, Sequence[Span]]]:
    """Only the newest can still be on its way."""
    newest = await store.whole_trace(ids[0], wait_seconds=wait_seconds)
    return [(ids[0], newest), *[(one, await store.trace(one)) for one in ids[1:]]]


def _store(url: str, trace_id: str) -> TraceStore:
    if not url:
        raise CliError(
            f"no trace store is known: set {_VARIABLE} (a sandbox names its own in its env file), "
            f"or look for trace {trace_id} where your traces go"
        )
    return TraceStore(url)


def _show(console: Console, trace_id: str, spans: Sequence[Span]) -> None:
    if not spans:
        raise CliError(f"trace {trace_id} is not in the trace store: not there yet, forgotten, or sent elsewhere")
    guides = DRAWN if draws_lines(console) else TYPED
    write(console, *trace_lines(spans, guides, width=width_limit(console)))
