"""What an experiment leaves: everything that its report is made of."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.lab.timeline import Timeline
from sandbox.lab.verdicts import Outcome, Verdict, has_failed


class Result(enum.StrEnum):
    """How an experiment ended."""

    PASSED = "passed"
    FAILED = "failed"
    MEASURED = "measured"
    """It ran to its end; it is there for its numbers, and not all of them are what is hoped for."""
    BROKEN = "could not run"

    @property
    def exit_code(self) -> int:
        """Of `elbow lab run`: 0 passed or measured, 1 failed, 2 it could not run."""
        return {Result.FAILED: 1, Result.BROKEN: 2}.get(self, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number that is told and not judged."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run of one experiment."""

    name: str
    title: str
    done: str
    """What is done, in a sentence or two."""
    is_measurement: bool
    """Its failures are shown and do not make it fail."""
    started: str
    """Date and time, for people."""
    settings: Sequence[Measure]
    verdicts: Sequence[Verdict]
    measures: Sequence[Measure]
    manifests: Sequence[str]
    """What was applied, as YAML, in order."""
    timeline: Timeline
    problem: str = ""
    """Why it could not run to its end."""

    @property
    def result(self) -> Result:
        if self.problem:
            return Result.BROKEN
        if not has_failed(self.verdicts):
            return Result.PASSED
        return Result.MEASURED if self.is_measurement else Result.FAILED

    @property
    def tally(self) -> str:
        """`5 of 6 as expected, 1 not available`."""
        judged = [verdict for verdict in self.verdicts if verdict.outcome is not Outcome.UNAVAILABLE]
        good = sum(verdict.outcome is Outcome.HOLDS for verdict in judged)
        missing = len(self.verdicts) - len(judged)
        return f"{good} of {len(judged)} as expected" + (f", {missing} not available" if missing else "")
