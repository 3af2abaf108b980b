"""`elbow sandbox fault`: lets things go wrong in a sandbox, and shows what does."""

from pathlib import Path
from typing import Any

import click

from services.cli.commands.sandbox_folder import folder_option
from services.cli.locating import CommandT
from services.cli.rendering import faults as rendering
from services.cli.rendering.console import output, write
from services.cli.sandbox_switches import AWS, CLUSTER, SandboxSwitches

_POSITIVE = click.FloatRange(min=0, min_open=True)
_SHARE = click.FloatRange(0, 1, min_open=True)


@click.group()
def fault() -> None:
    """Let things go wrong in a sandbox.

    Faults meet whoever uses the sandbox, not its own parts. They are on until they are ended, or end by themselves
    after --for seconds. Seconds are the wall's, whatever the pace of the sandbox's clock.
    """


def _for_option(command: CommandT) -> CommandT:
    return click.option("--for", "seconds", type=_POSITIVE, help="Seconds after which it ends by itself.")(command)


def _operation_option(command: CommandT) -> CommandT:
    return click.option(
        "--operation",
        default=".*",
        show_default=True,
        metavar="REGEX",
        help="Calls it is about: matches the whole of `CreateRule`, or of `elasticloadbalancing:CreateRule`.",
    )(command)


def _share_options(command: CommandT) -> CommandT:
    share = click.option("--share", type=_SHARE, default=1.0, show_default=True, help="Share of the calls that fail.")
    seed = click.option("--seed", type=int, default=0, show_default=True, help="Of the chance that chooses them.")
    return share(seed(command))


def _when_option(command: CommandT) -> CommandT:
    return click.option(
        "--when",
        type=click.Choice(["before", "after"]),
        default="before",
        show_default=True,
        help="Whether the call fails before it took effect or after.",
    )(command)


def _switch_on(directory: Path, side: str, kind: str, **wanted: Any) -> None:
    number = SandboxSwitches(directory).switch_on(side, kind, **wanted)
    click.echo("done" if number is None else f"{number} is on; end it with: elbow sandbox fault end {number}")


@fault.command("list")
@folder_option
def list_(directory: Path) -> None:
    """Show what is switched on."""
    write(output(), *rendering.lines(SandboxSwitches(directory).listed()))


@fault.command()
@folder_option
@click.argument("faults", nargs=-1, required=True, metavar="ID...")
def end(directory: Path, faults: tuple[str, ...]) -> None:
    """End faults by their ids, as `list` shows them."""
    switches = SandboxSwitches(directory)
    for each in faults:
        switches.switch_off(each)
        click.echo(f"{each} has ended")


@fault.command()
@folder_option
def reset(directory: Path) -> None:
    """End everything that is switched on."""
    number = SandboxSwitches(directory).reset()
    click.echo(f"{number} ended" if number else "nothing was switched on")


@fault.command()
@folder_option
@click.option("--limits", type=click.Choice(["on", "off"]), help="AWS's own request limits, in place of chance.")
@_operation_option
@_share_options
@_for_option
def throttle(directory: Path, limits: str | None, operation: str, **wanted: Any) -> None:
    """Refuse AWS calls as throttled: a share of them, or those past AWS's own limits (--limits on)."""
    if limits is None:
        _switch_on(directory, AWS, "fail", reason="throttled", operation=operation, **wanted)
    elif wanted["seconds"] is not None or operation != ".*" or wanted["share"] != 1.0:
        raise click.UsageError("--limits goes without --operation, --share and --for: AWS's limits are one whole")
    else:
        SandboxSwitches(directory).limit_requests(on=limits == "on")
        click.echo(f"AWS's request limits are {limits}")


@fault.command()
@folder_option
@click.argument("code")
@_operation_option
@_share_options
@_when_option
@click.option("--status", type=click.IntRange(400, 599), default=400, show_default=True, help="HTTP status.")
@click.option("--message", default="Injected by the sandbox", show_default=True, help="Text of the error.")
@click.option("--times", type=click.IntRange(1), help="How many calls fail; without it there is no end.")
@_for_option
def error(directory: Path, **wanted: Any) -> None:
    """Answer AWS calls with an error of this CODE."""
    _switch_on(directory, AWS, "fail", **wanted)


@fault.command()
@folder_option
@click.option("--nth", type=click.IntRange(1), default=1, show_default=True, help="Counted from now.")
@_operation_option
@_when_option
@click.option("--code", help="Answer with this error; without it the connection is closed and nobody is told.")
@click.option("--status", type=click.IntRange(400, 599), help="HTTP status of the error.  [default: 400]")
@click.option("--reads", is_flag=True, help="Count calls that only read, too.")
@_for_option
def fail(directory: Path, reads: bool, **wanted: Any) -> None:
    """Fail the n-th AWS call that changes something, before or after it took effect."""
    if wanted["status"] is not None and wanted["code"] is None:
        raise click.UsageError("--status belongs to an error: give its --code")
    _switch_on(directory, AWS, "fail", times=1, mutating=not reads, **wanted)


@fault.command()
@folder_option
@click.argument("operation", metavar="REGEX")
@_for_option
def deny(directory: Path, **wanted: Any) -> None:
    """Take the right to AWS actions away, such as elasticloadbalancing:Create.*"""
    _switch_on(directory, AWS, "fail", reason="denied", **wanted)


@fault.command()
@folder_option
@click.argument("delay_seconds", type=_POSITIVE, metavar="SECONDS")
@_operation_option
@_for_option
def delay(directory: Path, **wanted: Any) -> None:
    """Let AWS calls take effect and be answered so many SECONDS later."""
    _switch_on(directory, AWS, "delay", **wanted)


@fault.command()
@folder_option
@click.argument("resource", required=False)
@_for_option
def freeze(directory: Path, **wanted: Any) -> None:
    """Freeze watches of a RESOURCE (`pods`), or all: open connections, and no events."""
    _switch_on(directory, CLUSTER, "freeze", **wanted)


@fault.command()
@folder_option
@click.argument("resource", required=False)
def drop(directory: Path, **wanted: Any) -> None:
    """Break the connections of watches of a RESOURCE, or of all."""
    _switch_on(directory, CLUSTER, "drop", **wanted)


@fault.command()
@folder_option
def forget(directory: Path) -> None:
    """Forget the history of objects: watches from before now are answered 410."""
    _switch_on(directory, CLUSTER, "forget")


@fault.command()
@folder_option
@click.argument("resource")
@click.option("--verb", "verbs", multiple=True, help="One of list, watch, get, patch, ...; without it, all.")
@_for_option
def refuse(directory: Path, resource: str, verbs: tuple[str, ...], seconds: float | None) -> None:
    """Take the right to a Kubernetes RESOURCE away, such as ingresses.networking.k8s.io"""
    _switch_on(directory, CLUSTER, "refuse", resource=resource, verbs=list(verbs) or None, seconds=seconds)


@fault.command()
@folder_option
@click.argument("pod")
@click.option("-n", "--namespace", default="default", show_default=True, help="The pod's.")
@click.option("--delete", is_flag=True, help="Delete the pod with no time to end, in place of its containers' death.")
def kill(directory: Path, delete: bool, **wanted: Any) -> None:
    """Kill the containers of a POD, which its restart policy may start again."""
    _switch_on(directory, CLUSTER, "kill", delete=delete, **wanted)


@fault.command()
@folder_option
@click.argument("zone")
@_for_option
def cut(directory: Path, **wanted: Any) -> None:
    """Cut a ZONE (us-west-2a) off: its nodes are lost, and what runs on them cannot be reached."""
    _switch_on(directory, CLUSTER, "zone", **wanted)


@fault.command()
@folder_option
@click.argument("side", type=click.Choice([AWS, CLUSTER]))
@_for_option
def outage(directory: Path, side: str, seconds: float | None) -> None:
    """Let AWS or the Kubernetes API answer nobody."""
    _switch_on(directory, side, "outage", seconds=seconds)
