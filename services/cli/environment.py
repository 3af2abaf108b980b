"""The environment file of a sandbox, and what options of `elbow up` become variables of the services."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from services.cli.errors import CliError
from services.cli.sandbox_process import SandboxFolder

VARIABLES: Mapping[str, str] = {
    "kubeconfig": "KUBECONFIG",
    "cluster_name": "ELBOW_CLUSTER_NAME",
    "aws_region": "AWS_REGION",
    "aws_vpc_id": "ELBOW_VPC_ID",
    "aws_endpoint_url": "AWS_ENDPOINT_URL",
    "aws_rate_scale": "ELBOW_AWS_RATE_SCALE",
    "mode": "ELBOW_MODE",
    "ignore_reference_controller": "ELBOW_IGNORE_REFERENCE_CONTROLLER",
    "admission_address": "ELBOW_ADMISSION_ADDRESS",
    "admission_cert_dir": "ELBOW_ADMISSION_CERT_DIR",
}
"""Options of `elbow up` and the variables that say the same, to `elbow up` and to the services."""


def read_env_file(path: Path) -> Mapping[str, str]:
    """Variables of a file of KEY=VALUE lines as a shell reads them. Raises CliError when it is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise CliError(f"environment file {path} cannot be read: {error.strerror}") from error
    variables: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        try:
            [plain] = shlex.split(value) or [""]
        except ValueError as error:
            raise CliError(f"{path}, line {number}: not KEY=VALUE as a shell reads it") from error
        if not sign or not name.isidentifier():
            raise CliError(f"{path}, line {number}: not KEY=VALUE as a shell reads it")
        variables[name] = plain
    return variables


def use_sandbox(context: click.Context, _: click.Parameter, directory: Path | None) -> Path | None:
    """Takes the variables of the sandbox in a directory into this process, before other options are read.

    They win over the variables that were there: one cluster's kubeconfig with another one's AWS is never meant. Flags
    win over them.
    """
    if directory is not None and not context.resilient_parsing:
        folder = SandboxFolder(path=directory)
        if not folder.is_up():
            raise CliError(f"no sandbox is up in {directory}; start it with: elbow sandbox up --dir {directory}")
        os.environ.update(read_env_file(folder.env))
    return directory


def of_services(options: Mapping[str, Any]) -> Mapping[str, str]:
    """This process's environment with the options that were given."""
    given = {VARIABLES[name]: str(value) for name, value in options.items() if value is not None}
    return {**os.environ, **given}
