"""The command `python -m sandbox`: runs a sandbox in the foreground until it is told to stop."""

import asyncio
import logging
from pathlib import Path

import click

from sandbox.aws.elbv2.delays import NAMES, TABLES, DelayError, Delays
from sandbox.kubernetes.real import ASSETS_VARIABLE
from sandbox.launcher import run
from sandbox.launcher_files import SandboxFiles
from sandbox.settings import SandboxError, SandboxSettings


@click.command()
@click.option(
    "--dir",
    "directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for kubeconfig, env, world.json and sandbox.json.",
)
@click.option("--aws-port", default=0, type=click.IntRange(0, 65535), help="Port of the AWS endpoint; 0: a free one.")
@click.option("--kube-port", default=0, type=click.IntRange(0, 65535), help="Port of the API server; 0: a free one.")
@click.option(
    "--termination-seconds",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0),
    help="Time that a container takes to end after its signal.",
)
@click.option(
    "--clock-factor",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="How many times faster than the wall's its clock runs, for all delays of AWS and of the kubelet.",
)
@click.option("--throttling", is_flag=True, help="Limit the rate of AWS requests as a real account does.")
@click.option(
    "--realistic",
    is_flag=True,
    help="Let everything take the time that it takes in AWS: propagation, provisioning, draining, checks.",
)
@click.option(
    "--delay",
    "delays",
    multiple=True,
    metavar="NAME=SECONDS",
    help=f"Set one of AWS's delays, in sandbox seconds; may be repeated. Names: {', '.join(NAMES)}.",
)
@click.option(
    "--health-checks/--no-health-checks",
    default=True,
    show_default=True,
    help="Check targets over real connections; otherwise they are healthy once in use.",
)
@click.option(
    "--traffic/--no-traffic",
    default=True,
    show_default=True,
    help="Let load balancers carry traffic, in a process of its own.",
)
@click.option(
    "--kube-assets",
    envvar=ASSETS_VARIABLE,
    type=click.Path(path_type=Path),
    help="Folder with kube-apiserver and etcd, to use those in place of the sandbox's own API server.",
    show_envvar=True,
)
def main(
    directory: Path,
    aws_port: int,
    kube_port: int,
    termination_seconds: float,
    clock_factor: float,
    throttling: bool,
    realistic: bool,
    delays: tuple[str, ...],
    health_checks: bool,
    traffic: bool,
    kube_assets: Path | None,
) -> None:
    """Run a Kubernetes API and an AWS endpoint that need no cluster, account or network."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = SandboxSettings(
        directory=directory,
        aws_port=aws_port,
        kube_port=kube_port,
        termination_seconds=termination_seconds,
        clock_factor=clock_factor,
        throttling=throttling,
        delays=_delays(TABLES["realistic" if realistic else "immediate"], delays),
        eager_checks=not realistic,
        health_checks=health_checks,
        traffic=traffic,
        assets=kube_assets,
    )
    try:
        asyncio.run(run(settings, _say_up))
    except SandboxError as error:
        raise click.ClickException(str(error)) from error
    click.echo("sandbox is down")


def _delays(table: Delays, settings: tuple[str, ...]) -> Delays:
    values = {}
    for setting in settings:
        name, _, seconds = setting.partition("=")
        try:
            values[name] = float(seconds)
        except ValueError:
            raise click.BadParameter(f"'{setting}' is not NAME=SECONDS", param_hint="--delay") from None
    try:
        return table.with_values(values)
    except DelayError as error:
        raise click.BadParameter(str(error), param_hint="--delay") from error


def _say_up(files: SandboxFiles) -> None:
    click.echo("sandbox is up")
    click.echo(f"  kubeconfig   {files.kubeconfig}")
    click.echo(f"  environment  {files.env}    (set -a; . {files.env}; set +a)")
    click.echo(f"  state        {files.state}")


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
