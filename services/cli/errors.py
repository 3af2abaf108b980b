"""The base of everything that the CLI tells its user and ends with."""

import click


class CliError(click.ClickException):
    """Something could not be done; the text says what and, where it helps, what to do. Exit code 1."""

    exit_code = 1
