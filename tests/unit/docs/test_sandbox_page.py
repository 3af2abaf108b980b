"""The page about the sandbox has every flag and every fault that there is."""

import re
from pathlib import Path

import click
import pytest

from sandbox.__main__ import main
from services.cli.commands.sandbox_fault import fault

PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"


def first_cells(section: str) -> list[str]:
    """The first cells of the tables of a section, without what is below it."""
    _, _, rest = PAGE.read_text().partition(f"\n## {section}\n")
    own = re.split(r"\n##+ ", rest)[0]
    return re.findall(r"^\| (`.+?`) \|", own, flags=re.MULTILINE)


@pytest.mark.parametrize("flag", [name for option in main.params for name in (*option.opts, *option.secondary_opts)])
def test_every_flag_of_the_sandbox_is_in_the_table_of_settings(flag: str) -> None:
    assert any(re.search(rf"`{flag}[ `]", cell) for cell in first_cells("Settings"))


def test_the_table_of_settings_has_no_flag_that_is_gone() -> None:
    flags = {name for option in main.params for name in (*option.opts, *option.secondary_opts)}
    assert {name for cell in first_cells("Settings") for name in re.findall(r"--[a-z-]+", cell)} <= flags


@pytest.mark.parametrize("command", sorted({*fault.commands} - {"list", "end", "reset"}))
def test_every_fault_is_in_the_table_of_faults(command: str) -> None:
    assert any(cell.startswith(f"`{command}") for cell in first_cells("Faults"))


@pytest.mark.parametrize("command", fault.commands.values(), ids=lambda command: str(command.name))
def test_every_fault_explains_itself(command: click.Command) -> None:
    assert command.help
    assert all(
        option.help for option in command.params if isinstance(option, click.Option) and option.name != "message"
    )
