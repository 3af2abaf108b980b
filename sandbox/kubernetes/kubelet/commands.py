"""Which commands the sandbox can honestly run: those that do nothing but succeed, fail or take time. Pure.

There is no image in which to run another.
"""

from dataclasses import dataclass
from itertools import pairwise

_SHELLS = ("sh", "bash", "ash", "dash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command does."""

    succeeds: bool
    seconds: float = 0.0
    """Sandbox seconds that it takes."""


def outcome_of(command: list[str]) -> Outcome | None:
    """What `true`, `false` or `sleep N` does, in a shell or not; None for any other command."""
    words = command
    if len(command) == 3 and _name(command[0]) in _SHELLS and command[1] in ("-c", "-ec"):
        words = command[2].split()
    match [_name(word) if index == 0 else word for index, word in enumerate(words)]:
        case ["true" | ":"] | ["exit", "0"]:
            return Outcome(succeeds=True)
        case ["false"] | ["exit", "1"]:
            return Outcome(succeeds=False)
        case ["sleep", duration] if (seconds := _seconds(duration)) is not None:
            return Outcome(succeeds=True, seconds=seconds)
    return None


def slept_seconds(command: list[str]) -> float:
    """Sandbox seconds that the `sleep` in a command takes, whatever else the command does; 0 where there is none."""
    # A shell's argument is one word of the command: look at its words too.
    words = " ".join(command).replace(";", " ; ").replace("&&", " && ").split()
    for word, argument in pairwise(words):
        if _name(word) == "sleep" and (seconds := _seconds(argument)) is not None:
            return seconds
    return 0.0


def _name(word: str) -> str:
    return word.rpartition("/")[2]


def _seconds(text: str) -> float | None:
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    return float(number) * unit if number.replace(".", "", 1).isdecimal() else None
