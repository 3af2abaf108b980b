"""From the command line and the environment to a settings object, with messages that name flag and variable.

Called once per process, by `service.main` and by programs that take settings the same way without serving.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, CliSettingsSource, SettingsError

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

USAGE_EXIT_CODE = 2


def load(settings_type: type[SettingsT], argv: Sequence[str], *, program: str) -> SettingsT:
    """Settings from flags, then the environment, then defaults.

    `--help` goes to standard output, exit code 0. For a flag that does not exist or a value that cannot be, one
    message per mistake goes to standard error, naming the flag and the environment variable, exit code 2.
    """
    source: CliSettingsSource[Any] = CliSettingsSource(
        settings_type,
        cli_prog_name=program,
        add_argument_method=_add_argument,
    )
    try:
        arguments = [_without_value(settings_type, _by_its_name(settings_type, argument)) for argument in argv]
        return settings_type(_cli_settings_source=source(args=arguments))
    except ValidationError as error:
        problems = [_problem(source, ".".join(map(str, detail["loc"])), _message(detail)) for detail in error.errors()]
    except SettingsError as error:
        problems = [str(error)]
    sys.stderr.write("".join(f"{program}: {problem}\n" for problem in problems))
    raise SystemExit(USAGE_EXIT_CODE)


def _by_its_name(settings_type: type[BaseSettings], argument: str) -> str:
    """The flag under its own name where the reference controller's name for the same thing is given."""
    flag, sign, value = argument.partition("=")
    others: Mapping[str, str] = getattr(settings_type, "other_names", {})
    return f"{others[flag]}{sign}{value}" if flag in others else argument


def _without_value(settings_type: type[BaseSettings], argument: str) -> str:
    """`--no-flag` for `--flag=false`, and `--flag` for `--flag=true`: as other controllers' command lines say it."""
    flag, sign, value = argument.partition("=")
    field = settings_type.model_fields.get(flag.removeprefix("--").replace("-", "_"))
    if not sign or field is None or field.annotation is not bool or value.lower() not in ("true", "false"):
        return argument
    return flag if value.lower() == "true" else f"--no-{flag.removeprefix('--')}"


def _add_argument(parser: Any, *flags: str, **options: Any) -> Any:
    """Writes the field of a group as --group-field, where the library would write --group.field."""
    return ArgumentParser.add_argument(parser, *(flag.replace(".", "-") for flag in flags), **options)


def _message(detail: ErrorDetails) -> str:
    said = detail["msg"].removeprefix("Value error, ")
    return "is required" if detail["type"] == "missing" else f"{said}, not {detail['input']!r}"


def _problem(source: CliSettingsSource[Any], path: str, message: str) -> str:
    if not path:
        return message
    flag = "--" + path.replace(".", "-").replace("_", "-")
    variables = " or ".join(name.upper() for name in source.env_var_names.get(path, ()))
    return f"{flag} (environment variable {variables}): {message}" if variables else f"{flag}: {message}"
