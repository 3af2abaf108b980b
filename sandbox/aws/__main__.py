"""Runs the AWS endpoint alone until it is interrupted: `python -m sandbox.aws --port 5000`."""

from __future__ import annotations

import json
import signal

import click

from sandbox.aws.server import AwsServer


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option(
    "--cluster-name", default="rig", show_default=True, help="Cluster that the seeded resources are tagged for."
)
def main(host: str, port: int, cluster_name: str) -> None:
    """Serve a seeded AWS account and print what is in it as JSON."""
    # Blocked before any thread starts and then waited for: a handler that sets an event could run in the middle of the
    # main thread's own wait for that event, and lock it for good.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    server = AwsServer(cluster_name)
    try:
        world = server.start(host, port)
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error}") from error
    click.echo(json.dumps(world.as_json(), indent=1))
    signal.sigwait(ends)
    server.stop()


if __name__ == "__main__":
    main()
