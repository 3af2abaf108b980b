"""Plays one experiment and writes its report."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.lab.experiment import Experiment
from sandbox.lab.notebook import Notebook
from sandbox.lab.record import Measure, Record
from sandbox.lab.report.page import page
from sandbox.lab.scene import Pace, Scene
from sandbox.lab.stage import Setting, Stage
from sandbox.stage.failure import StageError

_log = logging.getLogger(__name__)

_OVERHEAD_SECONDS = 480.0
_LOADS = 8
"""An experiment has fewer loads than this; one that takes longer than all of them hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of an experiment."""

    record: Record
    report: Path


async def run(experiment: Experiment, pace: Pace, stage: Stage, out: Path, *, keep: bool) -> Ran:
    """Plays it on the stage; always leaves a report, also of a run that broke off.

    What is under way is stopped at the end, also when this is cancelled.
    """
    started = datetime.now(UTC)
    setting = Setting(needs=experiment.needs, pace=pace, keep=keep)
    notebook, problem = Notebook(), ""
    limit = _OVERHEAD_SECONDS + _LOADS * pace.seconds
    try:
        async with asyncio.timeout(limit), stage.set(setting) as scene:
            notebook = scene.notebook
            await _played(experiment, scene)
    except StageError as error:
        problem = str(error)
    except TimeoutError:
        problem = f"it did not end within {limit:g} s"
    except Exception as error:
        # Whatever it is, what was seen so far is worth a report, and the others of a series go on.
        _log.exception("%s broke off", experiment.name)
        problem = f"{type(error).__name__}: {error}"
    record = _record(experiment, setting, notebook, started, problem)
    return Ran(record=record, report=_written(record, out))


async def _played(experiment: Experiment, scene: Scene) -> None:
    before = await scene.last_call()
    try:
        await experiment.play(scene)
    finally:
        timeline = scene.notebook.timeline
        timeline.end = scene.now()
        timeline.calls = [call for call in await scene.calls_since(before) if call.at >= 0]


def _record(experiment: Experiment, setting: Setting, notebook: Notebook, started: datetime, problem: str) -> Record:
    return Record(
        name=experiment.name,
        title=experiment.title,
        done=experiment.done,
        is_measurement=experiment.is_measurement,
        started=f"{started:%Y-%m-%d %H:%M} UTC",
        settings=settings_of(setting, has_load=bool(notebook.timeline.samples)),
        verdicts=notebook.verdicts,
        measures=notebook.measures,
        manifests=notebook.manifests,
        timeline=notebook.timeline,
        problem=problem,
    )


def settings_of(setting: Setting, *, has_load: bool) -> list[Measure]:
    """What a reader must know about how the numbers came to be."""
    pace = setting.pace
    factor = "as the wall's" if pace.clock_factor == 1 else f"{pace.clock_factor:g} times as fast as the wall's"
    others = "".join(f", {name.replace('_', ' ')} {value:g} s" for name, value in setting.needs.delays.items())
    times = ("as AWS's" if setting.needs.realistic else "none: AWS answers at once") + others
    load = Measure(label="load", value=f"{pace.rps:g} requests/s, {pace.seconds:g} s each")
    return [
        Measure(label="sandbox clock", value=factor),
        Measure(label="delays of AWS", value=times),
        *([load] if has_load else []),
        Measure(label="time axis", value="seconds of the wall"),
    ]


def _written(record: Record, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{record.name}.html"
    path.write_text(page(record))
    return path
