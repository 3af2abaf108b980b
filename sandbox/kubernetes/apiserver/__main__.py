"""Runs the API server alone: `python -m sandbox.kubernetes.apiserver --port 8001`."""

from __future__ import annotations

import asyncio
import signal

import click

from sandbox.kubernetes.apiserver import ApiServer, NotLoopback
from sandbox.kubernetes.apiserver.store import DEFAULT_WINDOW


async def _run(host: str, port: int, history_window: int) -> None:
    server = ApiServer(history_window=history_window)
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    click.echo(await server.start(host, port))
    await stop.wait()
    await server.stop()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--history-window", default=DEFAULT_WINDOW, show_default=True, help="Events kept per resource.")
def main(host: str, port: int, history_window: int) -> None:
    """Serves an empty cluster's Kubernetes API and prints its URL."""
    try:
        asyncio.run(_run(host, port, history_window))
    except (NotLoopback, OSError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
