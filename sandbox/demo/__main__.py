"""`python -m sandbox.demo`: tells the story on standard output. Exit code 0 when everything was as expected, else 1."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from sandbox.demo.account import Account
from sandbox.demo.application import ECHO, GAME, Application
from sandbox.demo.screen import Screen
from sandbox.demo.stage import Stage
from sandbox.demo.story import Story
from sandbox.kubernetes.client import Client, read_kubeconfig
from sandbox.stage.calls import CallRecord
from sandbox.stage.failure import StageError
from sandbox.stage.programs import Places, Programs

_LOOPBACK = "127.0.0.1"


@click.command()
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".elbow/demo"),
    show_default=True,
    help="Folder for the demo's files.",
)
@click.option("--keep", is_flag=True, envvar="KEEP", show_envvar=True, help="Delete and stop nothing at the end.")
def main(directory: Path, keep: bool) -> None:
    """Show what Elbow does, from nothing to nothing."""
    # Everything is on this machine; a proxy for the rest of the world is not asked.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(part for part in (os.environ.get(name), _LOOPBACK) if part)
    screen = Screen()
    programs = Programs(
        Places(directory=directory.absolute()), colours=screen.has_colours, columns=screen.columns_within
    )
    sys.exit(asyncio.run(_run(screen, programs, keep=keep)))


async def _run(screen: Screen, programs: Programs, *, keep: bool) -> int:
    telling = asyncio.create_task(_tell(screen, programs, keep=keep), name="demo")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, telling.cancel)
    try:
        await telling
    except StageError as error:
        screen.failed(str(error))
        if said := programs.last_said():
            screen.plain(f"\nwhat elbow said last ({programs.places.log}):\n{said}")
        return 1
    except asyncio.CancelledError:
        screen.failed("interrupted; everything is stopped")
        return 1
    return 0


async def _tell(screen: Screen, programs: Programs, *, keep: bool) -> None:
    screen.title("Elbow", "Ingresses and Services become load balancers, pod by pod")
    stage = Stage(screen, programs)
    screen.step("Start a sandbox and the three services")
    stage.is_free()
    kept = False
    try:
        world = await stage.set_up_sandbox()
        account = Account(world.aws_url)
        before = await asyncio.to_thread(account.contents)
        await stage.set_up_elbow()
        async with Client(read_kubeconfig(programs.places.kubeconfig), user_agent="demo") as client:
            story = Story(
                screen=screen,
                programs=programs,
                game=Application(client, GAME),
                echo=Application(client, ECHO),
                account=account,
                record=CallRecord(world.aws_url),
            )
            await story.inventory()
            host_name = await story.game_appears(await story.game_is_planned())
            await story.scale(host_name)
            await story.trace()
            await story.echo_appears(await story.echo_is_planned())
            if not keep:
                await story.delete(before)
        kept = keep
    finally:
        if not kept:
            await asyncio.shield(stage.tear_down())
    if keep:
        screen.step("Everything is left up")
        screen.plain(f"   to use it:\n{stage.how_to_use()}")
        screen.plain(f"   to stop it:\n{stage.how_to_stop()}")
    else:
        screen.done("everything is stopped")
    screen.plain()


if __name__ == "__main__":
    main(prog_name="python -m sandbox.demo")
