"""`elbow sandbox curl` and `elbow sandbox addresses`: into the network of a sandbox, where names are no DNS names."""

import ipaddress
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from services.cli.commands.sandbox_folder import folder_option
from services.cli.errors import CliError
from services.cli.rendering.console import BAD, GOOD, QUIET, WAITING, output, write
from services.cli.sandbox_network import SandboxNetwork
from services.cli.sandbox_process import SandboxFolder
from services.cli.sandbox_requests import Received, Wanted, send


@click.command()
@folder_option
@click.option("-X", "--request", "method", help="Method; GET, or POST with --data.")
@click.option("-H", "--header", "headers", multiple=True, metavar="NAME: VALUE", help="A header; may be given again.")
@click.option("-d", "--data", help="Body of the request.")
@click.option("-i", "--include", is_flag=True, help="Show status and headers, too.")
@click.option("-I", "--head", is_flag=True, help="Send HEAD; show status and headers.")
@click.option("-k", "--insecure", is_flag=True, help="Take any certificate; the sandbox's are self-signed.")
@click.option(
    "--count", type=click.IntRange(1), default=1, show_default=True, help="Send it so often; count the answers."
)
@click.option("--client-address", metavar="IP", help="Let the load balancer see a client of this address.")
@click.option("--resolve-only", is_flag=True, help="Say which socket would be dialled, and send nothing.")
@click.option("--max-time", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True, help="Seconds.")
@click.argument("url")
def curl(
    directory: Path,
    method: str | None,
    headers: Sequence[str],
    data: str | None,
    include: bool,
    head: bool,
    insecure: bool,
    count: int,
    client_address: str | None,
    resolve_only: bool,
    max_time: float,
    url: str,
) -> None:
    """Send an HTTP request to a load balancer of the sandbox, or to a pod.

    Names and addresses are looked up in the sandbox's tables. It ends with 0 whatever the status, as curl does.
    """
    network = SandboxNetwork(folder=SandboxFolder(path=directory.absolute()))
    wanted = Wanted(
        url=url,
        method=method or ("HEAD" if head else "GET" if data is None else "POST"),
        headers=[_header(text) for text in headers],
        body=None if data is None else data.encode(),
        insecure=insecure,
        client=_address(client_address),
        seconds=max_time,
    )
    if resolve_only:
        host, port = network.resolve(*wanted.place)
        click.echo(f"{host}:{port}")
    elif count == 1:
        _show(send(network, wanted), head=include or head)
    else:
        _count(network, wanted, count)


@click.command()
@folder_option
def addresses(directory: Path) -> None:
    """List the names and addresses of the sandbox's network with their sockets."""
    network = SandboxNetwork(folder=SandboxFolder(path=directory.absolute()))
    for title, table in (("load balancers", network.load_balancers()), ("pods and nodes", network.pods())):
        write(output(), Text(title, style="bold"))
        for key, place in sorted(table.items()):
            write(output(), Text.assemble(f"  {key}  ", (place, QUIET)))
        if not table:
            write(output(), Text("  none", style=QUIET))


def _show(received: Received, *, head: bool) -> None:
    if head:
        click.echo(f"HTTP/{received.version} {received.status} {received.reason}".rstrip())
        for name, value in received.headers:
            click.echo(f"{name}: {value}")
        click.echo()
    click.echo(received.body, nl=False)


def _count(network: SandboxNetwork, wanted: Wanted, count: int) -> None:
    """Sends the request so often, and shows how often each status came; without a response counts, too."""
    seen: Counter[str] = Counter()
    for _ in range(count):
        try:
            seen[str(send(network, wanted).status)] += 1
        except CliError as error:
            seen[error.message] += 1
    for said, number in seen.most_common():
        style = {"2": GOOD, "3": WAITING}.get(said[0], BAD)
        write(output(), Text.assemble(f"{number:>6}  ", (said, style)))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"{text!r} is no header; write NAME: VALUE", param_hint="--header")
    return name.strip(), value.strip()


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no IP address", param_hint="--client-address") from None
