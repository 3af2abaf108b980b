"""What the laboratory says on the terminal."""

from collections.abc import Iterable, Iterator, Sequence

from sandbox.lab.experiment import Experiment
from sandbox.lab.record import Record
from sandbox.lab.verdicts import Outcome

_MARKS = {Outcome.HOLDS: "ok  ", Outcome.FAILS: "FAIL", Outcome.UNAVAILABLE: "n/a "}


def listed(experiments: Iterable[Experiment]) -> Sequence[str]:
    """One line per experiment."""
    known = list(experiments)
    width = max(len(one.name) for one in known)
    return [f"{one.name:<{width}}  {one.title}" for one in known]


def step(seconds: float, text: str) -> str:
    """A line about what is done now. `seconds`: since the start."""
    return f"  {seconds:6.1f} s  {text}"


def outcome(record: Record) -> Iterator[str]:
    """What was expected and seen, one line or two per check, and what it comes to."""
    for verdict in record.verdicts:
        yield f"  {_MARKS[verdict.outcome]} {verdict.check}"
        yield f"         expected {verdict.expected}"
        yield f"         seen     {verdict.seen}"
    for measure in record.measures:
        yield f"  {measure.label}: {measure.value}"
    if record.problem:
        yield f"  {record.problem}"
    yield f"  {record.result}: {record.tally}"


def comparison(records: Sequence[Record]) -> Sequence[str]:
    """A table of several experiments."""
    rows = [(one.name, str(one.result), one.tally) for one in records]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{name:<{widths[0]}}  {result:<{widths[1]}}  {tally}" for name, result, tally in rows]
