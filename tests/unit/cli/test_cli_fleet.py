"""The fleet without its processes: what becomes of a keeper that fails."""

import asyncio
from pathlib import Path

import pytest

from services.cli.children.fleet import Crew, Fleet, Voices
from services.cli.state import StateFile, UpState


async def test_a_keeper_that_fails_in_an_unforeseen_way_ends_the_run_and_does_not_leave_its_service_alone(
    tmp_path: Path,
) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    fleet = Fleet(
        Crew(env={}, further={}, folder=no_folder, stop_seconds=1),
        Voices(line=lambda service, line: None, say=lambda sentence: None),
        StateFile(tmp_path / "state.json"),
        UpState(identity="me"),
    )
    with pytest.raises(NotADirectoryError):
        async with asyncio.timeout(10), fleet.running() as broken:
            await broken
