"""What was expected, what was seen, and whether they agree."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    HOLDS = "pass"
    FAILS = "fail"
    UNAVAILABLE = "not available"
    """It could not be asked, because something that it needs does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of the table that an experiment ends in."""

    check: str
    """What is judged, as a short phrase."""
    expected: str
    seen: str
    outcome: Outcome


def judged(check: str, *, expected: object, seen: object, passed: bool | None = None) -> Verdict:
    """A verdict; without `passed`, both must be equal."""
    good = expected == seen if passed is None else passed
    outcome = Outcome.HOLDS if good else Outcome.FAILS
    return Verdict(check=check, expected=_words(expected), seen=_words(seen), outcome=outcome)


def unavailable(check: str, *, expected: str, why: str) -> Verdict:
    """A verdict on something that cannot be asked."""
    return Verdict(check=check, expected=expected, seen=why, outcome=Outcome.UNAVAILABLE)


def has_failed(verdicts: Iterable[Verdict]) -> bool:
    """Whether one of them is a failure. What is not available is none."""
    return any(verdict.outcome is Outcome.FAILS for verdict in verdicts)


def _words(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key} {_words(one)}" for key, one in sorted(value.items())) or "nothing"
        case list() | tuple() | set() | frozenset():
            items = value if isinstance(value, list | tuple) else sorted(value, key=str)
            return ", ".join(_words(one) for one in items) or "nothing"
        case None | "":
            return "nothing"
    return str(value)
