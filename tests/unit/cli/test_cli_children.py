"""Restarts of services, and what of their output reaches the terminal."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.children.repeats import Repeats
from services.cli.children.restarts import Restarts
from services.cli.children.service_logs import Notice, ServiceLog, notice

TIME = "2026-01-02T03:04:05.678+00:00"
CLOCK = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).astimezone().strftime("%H:%M:%S")

Ends = Sequence[tuple[int, float | None]]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        pytest.param([(-9, 1.0)] * 7, [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], id="waits double up to five seconds"),
        pytest.param([(1, 1.0), (1, 1.0), (1, 60.0)], [0.2, 0.4, 0.2], id="who served for long begins anew"),
        pytest.param([(2, None)] * 3, [0.2, 0.4, None], id="who refuses to start gets three tries"),
        pytest.param([(1, None)] * 4, [0.2, 0.4, 0.8, 1.6], id="a crash before serving is no refusal"),
        pytest.param(
            [(-9, 1.0), *[(2, None)] * 3], [0.2, 0.4, 0.8, 1.6], id="who served before gets more than three tries"
        ),
        pytest.param(
            [(-9, 1.0), *[(2, None)] * 10],
            [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0, 5.0, None],
            id="but not for ever",
        ),
    ],
)
def test_restarts(ends: Ends, expected: Sequence[float | None]) -> None:
    restarts = Restarts()
    assert [restarts.ended(code, served_seconds=served) for code, served in ends] == expected


def a_line(**fields: object) -> str:
    return json.dumps({"time": TIME, "level": "warning", "logger": "x", "message": "it broke", **fields})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(a_line(), Notice(level="warning", text="it broke", said="it broke", time=CLOCK), id="a warning"),
        pytest.param(
            a_line(level="error", service="planner", trace_id="t", attempt=2, kind="Pod"),
            Notice(level="error", text="it broke (attempt=2 kind=Pod)", said="it broke", time=CLOCK),
            id="an error with its fields",
        ),
        pytest.param(
            a_line(exception="Traceback\n  File x\nOSError: no route"),
            Notice(level="warning", text="it broke OSError: no route", said="it broke", time=CLOCK),
            id="an exception by its last line",
        ),
        pytest.param(
            a_line(note="x" * 300),
            Notice(level="warning", text=f"it broke (note={'x' * 200}…)", said="it broke", time=CLOCK),
            id="a long field is cut",
        ),
        pytest.param(a_line(level="info"), None, id="what is only for the file"),
        pytest.param(
            "elbow-planner: --x is required",
            Notice(level="error", text="elbow-planner: --x is required", said="elbow-planner: --x is required"),
            id="plain text",
        ),
        pytest.param("  ", None, id="a blank line"),
        pytest.param("[1]", None, id="JSON that is no log line"),
        pytest.param(
            a_line(time="?"), Notice(level="warning", text="it broke", said="it broke"), id="a time that is none"
        ),
    ],
)
def test_notices(line: str, expected: Notice | None) -> None:
    assert notice(line) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param([0, 1, 2], [0, 0, 0], id="a few are shown"),
        pytest.param([0, 1, 2, 3, 4], [0, 0, 0, None, None], id="more are left out"),
        pytest.param([0, 1, 2, 3, 4, 10, 11], [0, 0, 0, None, None, 2, 0], id="and counted when it is shown again"),
        pytest.param([0, 20], [0, 0], id="none were left out"),
    ],
)
def test_repeats(times: Sequence[float], expected: Sequence[int | None]) -> None:
    repeats = Repeats()
    assert [repeats.admit("lost", now) for now in times] == expected
    assert repeats.admit("something else", times[-1]) == 0


def test_a_log_is_continued(tmp_path: Path) -> None:
    for line in ("one", "two % done"):
        log = ServiceLog(tmp_path / "logs", "planner")
        log.write(line)
        log.close()
    assert (tmp_path / "logs" / "planner.log").read_text() == "one\ntwo % done\n"
