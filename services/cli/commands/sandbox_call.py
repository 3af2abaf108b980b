"""`elbow sandbox call`: changes AWS behind the back of whoever manages it."""

import json
from pathlib import Path
from typing import Any

import click

from services.cli.commands.sandbox_folder import folder_option
from services.cli.sandbox_switches import SandboxSwitches


def _parameters(_context: click.Context, _argument: click.Parameter, text: str) -> Any:
    try:
        parameters = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise click.BadParameter("not a JSON object")
    return parameters


@click.command()
@folder_option
@click.argument("service")
@click.argument("operation")
@click.argument("parameters", default="{}", callback=_parameters)
def call(directory: Path, service: str, operation: str, parameters: Any) -> None:
    """Call an AWS operation as the sandbox itself and print its answer.

    SERVICE and OPERATION are named as for the AWS CLI or the API, PARAMETERS is a JSON object as boto3 takes it:

    \b
        elbow sandbox call elbv2 describe-load-balancers '{"Names": ["web"]}'

    No fault meets such a call and no limit counts it.
    """
    click.echo(json.dumps(SandboxSwitches(directory).call(service, operation, parameters), indent=1))
