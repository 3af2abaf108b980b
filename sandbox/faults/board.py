"""What is switched on at one server, numbered, with an end that may come by itself."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

Cancel = Callable[[], object]
Timer = Callable[[float, Callable[[], object]], Cancel]
"""Calls back once after so many seconds; the result calls that off."""


class Fault(Protocol):
    """One thing that goes wrong as long as it is on the board."""

    kind: ClassVar[str]

    def shown(self) -> Mapping[str, Any]:
        """What it is about, as JSON data."""
        ...

    def end(self) -> None:
        """It was taken off the board: what it holds goes on."""
        ...


FaultT = TypeVar("FaultT", bound=Fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    fault: Fault
    until: float | None
    """Seconds of the monotonic clock."""
    cancel: Cancel | None


def thread_timer(seconds: float, call: Callable[[], object]) -> Cancel:
    """Calls back in a thread of its own, which keeps no process alive."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer.cancel


def loop_timer(seconds: float, call: Callable[[], object]) -> Cancel:
    """Calls back in the running event loop."""
    return asyncio.get_running_loop().call_later(seconds, call).cancel


class Board:
    """All faults of one server, thread-safe. Ids are never used twice."""

    def __init__(self, timer: Timer = thread_timer) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._standing: dict[int, _Standing] = {}
        self._ids = 0

    def switch_on(self, fault: Fault, seconds: float | None = None) -> int:
        """Puts a fault on the board, for some seconds of the wall's clock or until it is switched off; its id."""
        with self._lock:
            self._ids += 1
            number = self._ids
            cancel = None if seconds is None else self._timer(seconds, lambda: self.switch_off(number))
            until = None if seconds is None else time.monotonic() + seconds
            self._standing[number] = _Standing(fault=fault, until=until, cancel=cancel)
        return number

    def switch_off(self, number: int) -> bool:
        """Takes one off; False when it is not there (any more)."""
        with self._lock:
            standing = self._standing.pop(number, None)
        if standing is None:
            return False
        if standing.cancel is not None:
            standing.cancel()
        standing.fault.end()
        return True

    def reset(self, kind: str | None = None) -> list[int]:
        """Takes all off, or all of one kind; their ids."""
        with self._lock:
            found = [number for number, each in self._standing.items() if kind in (None, each.fault.kind)]
        return [number for number in found if self.switch_off(number)]

    def active(self, kind: type[FaultT]) -> list[FaultT]:
        """The faults of one class, the oldest first."""
        with self._lock:
            return [each.fault for each in self._standing.values() if isinstance(each.fault, kind)]

    def fault(self, number: int) -> Fault | None:
        with self._lock:
            standing = self._standing.get(number)
        return standing.fault if standing else None

    def listed(self) -> list[dict[str, Any]]:
        """All faults as JSON data: id, kind, what each is about, and the seconds until it ends by itself."""
        with self._lock:
            standing = list(self._standing.items())
        return [
            {
                "id": number,
                "kind": each.fault.kind,
                "seconds_left": None if each.until is None else max(0.0, each.until - time.monotonic()),
                **each.fault.shown(),
            }
            for number, each in standing
        ]
