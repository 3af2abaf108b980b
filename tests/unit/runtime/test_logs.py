"""One JSON object per line, with the trace it belongs to."""

import json
import logging
import sys
from typing import Any

import pytest

from services.runtime import logs, telemetry

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CREATED = 1_700_000_000.25


def line(**fields: Any) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "lamp", "levelno": logging.INFO, "levelname": "INFO", "msg": "lit %s", "args": ("it",)}
        | {"created": CREATED}
        | fields
    )
    text = logs.JsonFormatter("planner").format(record)
    assert "\n" not in text
    parsed: dict[str, object] = json.loads(text)
    return parsed


BASE = {
    "time": "2023-11-14T22:13:20.250+00:00",
    "level": "info",
    "logger": "lamp",
    "message": "lit it",
    "service": "planner",
}


def test_a_line_has_time_level_logger_message_and_service() -> None:
    assert line() == BASE


def test_extra_fields_stand_beside_the_fixed_ones() -> None:
    assert line(stack="web/2048", attempts=3) == BASE | {"stack": "web/2048", "attempts": 3}


def test_a_fixed_field_wins_over_an_extra_of_its_name() -> None:
    assert line(service="impostor") == BASE


def test_what_json_cannot_express_is_written_as_its_text() -> None:
    assert line(where=frozenset({1})) == BASE | {"where": "frozenset({1})"}


def test_a_line_inside_a_span_carries_its_trace() -> None:
    with telemetry.start_span("queue", traceparent=GIVEN):
        assert line() == BASE | {"trace_id": GIVEN.split("-")[1], "span_id": GIVEN.split("-")[2]}


def test_an_exception_stays_on_the_line() -> None:
    try:
        raise ValueError("the lamp broke")
    except ValueError:
        logged = line(exc_info=sys.exc_info())
    assert str(logged.pop("exception")).endswith("ValueError: the lamp broke")
    assert logged == BASE


def test_setup_sends_lines_from_the_level_up_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.setup("warning", "planner")
        logging.getLogger("lamp").info("dim")
        logging.getLogger("lamp").warning("bright")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    [written] = capsys.readouterr().err.splitlines()
    assert json.loads(written)["message"] == "bright"


@pytest.mark.parametrize("library", ["botocore.endpoint", "urllib3.connectionpool", "kubernetes.client.rest"])
def test_libraries_that_would_tell_requests_whole_do_not_at_the_level_debug(
    library: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        logs.setup("debug", "executor")
        logging.getLogger("services.executor").debug("a detail of our own")
        logging.getLogger(library).debug("ClientSecret=the-secret-text")
        logging.getLogger(library).warning("a warning")
    finally:
        logging.captureWarnings(capture=False)
        logging.basicConfig(level=level, handlers=handlers, force=True)
    said = [json.loads(text)["message"] for text in capsys.readouterr().err.splitlines()]
    assert said == ["a detail of our own", "a warning"]
