"""The board of faults, and who meets them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from sandbox.faults import Board, FaultBody, FaultDesk, Refused, cluster_api, is_part


@dataclass(slots=True, kw_only=True)
class Rain:
    kind: ClassVar[str] = "rain"
    ended: int = 0

    def end(self) -> None:
        self.ended += 1

    def shown(self) -> Mapping[str, Any]:
        return {"drops": 7}


class Snow(Rain):
    kind: ClassVar[str] = "snow"


class HandTimer:
    """A timer whose time comes when a test says so."""

    def __init__(self) -> None:
        self.due: list[Callable[[], object]] = []

    def __call__(self, _seconds: float, call: Callable[[], object]) -> Callable[[], object]:
        self.due.append(call)
        return lambda: self.due.remove(call)


def test_what_is_switched_on_is_listed_until_it_is_switched_off() -> None:
    board, rain = Board(), Rain()
    number = board.switch_on(rain)
    assert board.listed() == [{"id": number, "kind": "rain", "seconds_left": None, "drops": 7}]
    assert (board.switch_off(number), board.switch_off(number)) == (True, False)
    assert (rain.ended, board.listed()) == (1, [])


def test_one_kind_is_reset_apart_and_ids_are_never_used_twice() -> None:
    board = Board()
    rain, snow = board.switch_on(Rain()), board.switch_on(Snow())
    assert board.reset("snow") == [snow]
    assert [each["kind"] for each in board.listed()] == ["rain"]
    assert board.reset() == [rain]
    assert board.switch_on(Rain()) not in {rain, snow}


def test_a_fault_with_an_end_ends_once_by_itself_or_by_hand() -> None:
    timer = HandTimer()
    board, first, second = Board(timer), Rain(), Rain()
    board.switch_on(first, 5)
    by_hand = board.switch_on(second, 5)
    assert board.switch_off(by_hand)
    [due] = timer.due
    due()
    assert (first.ended, second.ended, board.listed()) == (1, 1, [])


def test_faults_are_found_by_their_class_the_oldest_first() -> None:
    board = Board()
    one, snow, two = Rain(), Snow(), Rain()
    for fault in (one, snow, two):
        board.switch_on(fault)
    assert board.active(Snow) == [snow]
    assert [fault for fault in board.active(Rain) if fault.kind == "rain"] == [one, two]


class _RainBody(FaultBody):
    heavy: bool = False


async def _later(body: _RainBody) -> Rain | None:
    return None if body.heavy else Rain()


async def test_a_desk_takes_kinds_that_need_to_wait_and_those_that_leave_nothing_behind() -> None:
    desk = FaultDesk(Board())
    desk.teach("rain", _RainBody, _later)
    assert await desk.answer("POST", "faults", {}, b'{"kind": "rain"}') == {"id": 1}
    assert await desk.answer("POST", "faults", {}, b'{"kind": "rain", "heavy": true}') == {"id": None}
    assert [each["kind"] for each in await desk.answer("GET", "faults", {}, b"")] == ["rain"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "faults", b"{", id="no JSON"),
        pytest.param("POST", "faults", b"[]", id="no object"),
        pytest.param("POST", "faults", b'{"kind": ["rain"]}', id="a kind that is no text"),
        pytest.param("POST", "faults", b'{"kind": "rain", "seconds": -1}', id="an end before the beginning"),
        pytest.param("PATCH", "faults", b"", id="another method"),
        pytest.param("DELETE", "faults/first", b"", id="an id that is no number"),
        pytest.param("GET", "weather", b"", id="another path"),
    ],
)
async def test_a_desk_refuses_what_it_does_not_understand(method: str, path: str, body: bytes) -> None:
    desk = FaultDesk(Board())
    desk.teach("rain", _RainBody, _later)
    with pytest.raises(Refused):
        await desk.answer(method, path, {}, body)
    assert desk.board.listed() == []


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"kind": "freeze"}, id="freeze"),
        pytest.param({"kind": "drop", "resource": "pods"}, id="drop"),
        pytest.param({"kind": "forget"}, id="forget"),
        pytest.param({"kind": "refuse", "resource": "pods"}, id="refuse"),
        pytest.param({"kind": "outage"}, id="outage"),
    ],
)
async def test_an_api_that_cannot_be_switched_says_why(wanted: Mapping[str, Any]) -> None:
    desk = FaultDesk(Board())
    cluster_api.teach(desk, cluster_api.NoSwitches("it is real"))
    with pytest.raises(Refused, match="it is real"):
        await desk.answer("POST", "faults", {}, json.dumps(wanted).encode())
    assert desk.board.listed() == []


@pytest.mark.parametrize(
    ("name", "part"),
    [
        pytest.param("sandbox-kubelet", True, id="the kubelet"),
        pytest.param("sandbox", False, id="who uses the variables of the sandbox"),
        pytest.param("elbow-executor", False, id="a service"),
        pytest.param("", False, id="nobody"),
    ],
)
def test_parts_of_the_sandbox_are_told_by_their_name(name: str, part: bool) -> None:
    assert is_part(name) is part
