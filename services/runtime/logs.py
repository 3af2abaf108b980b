"""Logs: one JSON object per line on standard error, with the trace they belong to."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, Literal

from services.runtime import telemetry

Level = Literal["debug", "info", "warning", "error"]

_STANDARD_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

# What these say at debug level are requests and answers whole, with the secrets in them.
_TALKATIVE: Final = ("boto3", "botocore", "kubernetes", "urllib3")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line; what a caller passes as `extra` becomes fields beside the fixed ones."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The fixed fields win over an extra of the same name; what JSON cannot express is written as its text."""
        trace_id, span_id = telemetry.current_ids()
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "service": self._service,
        }
        if trace_id:
            fields |= {"trace_id": trace_id, "span_id": span_id}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}
        return json.dumps(fields | {name: value for name, value in extra.items() if name not in fields}, default=str)


def setup(level: Level, service: str) -> None:
    """Sends every log line of this process to standard error as JSON, from `level` up; Python's warnings
    included, details of libraries that would tell secrets not."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
