"""`elbow plan`: what would change, before anything does."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from elbow.planner.v1 import planner_service_pb2 as wire

from services.cli.environment import VARIABLES, use_sandbox
from services.cli.errors import CliError
from services.cli.kube.access import KubernetesAccess
from services.cli.kube.dry_run import RESOURCES, DryRun, Stored
from services.cli.locating import Located, locate, planner_address_option, state_file_option
from services.cli.manifests import Raw, read_manifests
from services.cli.planner_client import open_planner
from services.cli.previewing import KeyPlan, existing_name, preview, project
from services.cli.rendering.console import output, write
from services.cli.rendering.plan import plan_lines, plans_as_json
from services.cli.state import StateFile

_CHANGES, _ERROR = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What a dry run made of manifests."""

    stored: Sequence[Stored] = ()
    notes: Sequence[str] = ()


@click.command()
@click.argument("kind", required=False)
@click.argument("name", metavar="[NAMESPACE/NAME]", required=False)
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE", help="Manifests; - reads standard input.")
@click.option(
    "--sandbox",
    type=click.Path(file_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=use_sandbox,
    help="Ask the sandbox in this folder for the dry run.",
)
@click.option(
    "--kubeconfig",
    envvar=VARIABLES["kubeconfig"],
    show_envvar=True,
    help="Kubeconfig, its current context; for the dry run of manifests.",
)
@state_file_option
@planner_address_option
@click.option(
    "--watcher-address",
    metavar="HOST:PORT",
    envvar="ELBOW_WATCHER_ADDRESS",
    show_envvar=True,
    help="Ask this watcher, whatever the state file says.",
)
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the answer.")
@click.option("--exit-code", is_flag=True, help="Exit with 2 when there are changes, 0 when there are none.")
def plan(
    kind: str | None,
    name: str | None,
    files: Sequence[str],
    kubeconfig: str | None,
    state_file: Path,
    planner_address: str | None,
    watcher_address: str | None,
    form: str,
    exit_code: bool,
) -> None:
    """Show what applying manifests would change, or what is to be done for an object that exists.

    Nothing is executed. What nobody can know before the objects exist is shown as (known after apply).

    Exit code 1 when a plan cannot be made; with --exit-code 2 when there are changes.
    """
    if bool(files) == bool(kind) or bool(kind) != bool(name):
        raise click.UsageError("give either -f FILE, or KIND and NAMESPACE/NAME")
    existing = [existing_name(kind, name)] if kind and name else []
    tried = _try(read_manifests(files), kubeconfig) if files else _Tried()
    located = locate(StateFile(state_file), planner_address)
    plans = asyncio.run(_plans(located, watcher_address, tried.stored, existing))
    if form == "json":
        click.echo(json.dumps(plans_as_json(plans, tried.notes), indent=1, ensure_ascii=False))
    else:
        write(output(), *plan_lines(plans, tried.notes))
    if any(p.errored for p in plans):
        raise click.exceptions.Exit(_ERROR)
    if exit_code and any(p.changes or p.plan.steps for p in plans):
        raise click.exceptions.Exit(_CHANGES)


def _try(manifests: Sequence[Raw], kubeconfig: str | None) -> _Tried:
    planned = [m for m in manifests if m["kind"] in RESOURCES]
    others = sorted({m["kind"] for m in manifests if m["kind"] not in RESOURCES})
    notes = [f"{', '.join(others)}: load balancers are not planned from these, they are left out"] if others else []
    if not planned:
        return _Tried(notes=notes)
    dry_run = DryRun(KubernetesAccess(kubeconfig), planned)
    stored = [dry_run.stored(manifest) for manifest in planned]
    return _Tried(stored=stored, notes=[*notes, *dict.fromkeys(s.note for s in stored if s.note)])


async def _plans(
    located: Located, watcher_address: str | None, stored: Sequence[Stored], existing: Sequence[str]
) -> Sequence[KeyPlan]:
    if not stored and not existing:
        return []
    objects = await project(watcher_address or _watcher(located), stored) if stored else []
    async with open_planner(located.address) as planner:
        return await preview(planner, wire.PreviewRequest(objects=objects, existing=existing))


def _watcher(located: Located) -> str:
    services = located.state.services if located.state else {}
    if "watcher" not in services:
        raise CliError("where the watcher is, is not known: give --watcher-address")
    return services["watcher"].address
