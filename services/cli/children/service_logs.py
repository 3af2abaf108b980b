"""The services' logs: every line to a file, warnings and errors also to the terminal, readable.

Fed by the keepers with the lines that the services write: JSON objects, and plain text from before their logs work.
"""

import json
import logging
import logging.handlers
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.cli.errors import CliError

_FILE_BYTES = 20_000_000
_FIXED = frozenset({"time", "level", "logger", "message", "service", "trace_id", "span_id", "exception"})
_VALUE_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A log line that a user should see."""

    level: str
    """warning or error"""

    text: str
    said: str
    """The text without what differs from case to case."""

    time: str = ""
    """Time of day, empty for a line that carries none."""


class ServiceLog:
    """The log file of one service. It is continued from run to run, and put aside once when it grows large."""

    def __init__(self, folder: Path, service: str) -> None:
        self.path = folder / f"{service}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = logging.handlers.RotatingFileHandler(self.path, maxBytes=_FILE_BYTES, backupCount=1)
        except OSError as error:
            raise CliError(f"log file {self.path} cannot be written: {error.strerror}") from error

    def write(self, line: str) -> None:
        self._file.emit(logging.LogRecord("", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        self._file.close()


def notice(line: str) -> Notice | None:
    """What of a line belongs on the terminal; None for what only the file keeps."""
    try:
        fields = json.loads(line)
    except ValueError:
        return Notice(level="error", text=line, said=line) if line.strip() else None
    if not isinstance(fields, dict) or fields.get("level") not in {"warning", "error", "critical"}:
        return None
    extra = " ".join(f"{name}={_short(value)}" for name, value in fields.items() if name not in _FIXED)
    exception = str(fields.get("exception", "")).strip().rpartition("\n")[2]
    parts = [str(fields.get("message", "")), f"({extra})" if extra else "", exception]
    return Notice(
        level="warning" if fields["level"] == "warning" else "error",
        text=" ".join(part for part in parts if part),
        said=str(fields.get("message", "")),
        time=_time_of_day(str(fields.get("time", ""))),
    )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _VALUE_CHARACTERS else text[:_VALUE_CHARACTERS] + "…"


def _time_of_day(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""
