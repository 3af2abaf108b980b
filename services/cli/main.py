"""The command `elbow` and its exit codes.

0: done as asked. 1: it could not be done, with the reason on standard error. 2: the command line is wrong.
"""

import click

from services.cli.commands.down import down
from services.cli.commands.lab import lab
from services.cli.commands.plan import plan
from services.cli.commands.sandbox import sandbox
from services.cli.commands.status import status
from services.cli.commands.trace import trace
from services.cli.commands.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="elbow", message="elbow %(version)s")
def cli() -> None:
    """Elbow turns Kubernetes Ingress objects into AWS load balancers.

    `elbow up` runs it, `elbow status` says where it stands, `elbow plan` shows what would change, `elbow trace` what
    one change became, `elbow sandbox` gives it a Kubernetes API and an AWS endpoint to work on, and `elbow lab` plays
    experiments on them.

    Exit codes: 0 done, 1 not done, 2 wrong command line.
    """


for command in (up, down, status, plan, trace, sandbox, lab):
    cli.add_command(command)


def main() -> None:
    """Runs the command and ends the process with its exit code."""
    cli(prog_name="elbow")
