"""Checks the health of many targets, each at its time, in a loop and a thread of its own."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from sandbox.aws.elbv2.checks import Check
from sandbox.aws.elbv2.health import Health
from sandbox.aws.elbv2.probing import probe
from sandbox.clock import Clock

_log = logging.getLogger(__name__)

CONCURRENCY = 256
"""Checks that are under way at once; others wait for their turn."""
_LONGEST_WAIT = 3600.0
Key = TypeVar("Key")
_Key_contra = TypeVar("_Key_contra", contravariant=True)


class Checked(Protocol[_Key_contra]):
    """Who knows the targets. Called from the prober's thread."""

    def check_of(self, key: _Key_contra) -> Check | None:
        """What to ask of a target now; None when it is not to be checked any more."""
        ...

    def checked(self, key: _Key_contra, failure: Health | None) -> float | None:
        """Take a result; sandbox time of the next check, None when there is none."""
        ...


Resolve = Callable[[Check], tuple[str, int] | None]
"""The socket to dial for a check; None where nothing listens."""


class Prober(Generic[Key]):
    """Thread-safe. A key has one turn at a time: `schedule` moves it."""

    def __init__(self, clock: Clock, resolve: Resolve, targets: Checked[Key]) -> None:
        self._clock = clock
        self._resolve = resolve
        self._targets = targets
        self._lock = threading.Lock()
        self._turns: list[tuple[float, int, Key]] = []
        self._valid: dict[Key, int] = {}
        self._numbers = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to check what is scheduled."""
        self._stopped = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="sandbox-prober", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; checks under way are given up."""
        self._stopped = True
        self._wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def schedule(self, key: Key, due: float) -> None:
        """Check this target at the sandbox time `due`, whenever it was to be checked before."""
        with self._lock:
            number = next(self._numbers)
            self._valid[key] = number
            first = not self._turns or due < self._turns[0][0]
            heapq.heappush(self._turns, (due, number, key))
        if first:
            self._wake()

    def forget(self, key: Key) -> None:
        """Do not check this target any more."""
        with self._lock:
            self._valid.pop(key, None)

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._woken.set)

    async def _run(self) -> None:
        # An event belongs to the first loop that waits for it, and every start has a loop of its own.
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        free = asyncio.Semaphore(CONCURRENCY)
        async with asyncio.TaskGroup() as checks:
            while not self._stopped:
                self._woken.clear()
                for key, number in self._take_due():
                    await free.acquire()
                    checks.create_task(self._check(key, number)).add_done_callback(lambda _: free.release())
                await self._until_next()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
        self._loop = None

    def _take_due(self) -> list[tuple[Key, int]]:
        now = self._clock.now()
        due: list[tuple[Key, int]] = []
        with self._lock:
            while self._turns and self._turns[0][0] <= now:
                _, number, key = heapq.heappop(self._turns)
                if self._valid.get(key) == number:
                    due.append((key, number))
        return due

    async def _until_next(self) -> None:
        with self._lock:
            seconds = self._turns[0][0] - self._clock.now() if self._turns else _LONGEST_WAIT
        try:
            async with asyncio.timeout(max(0.0, min(self._clock.real(seconds), _LONGEST_WAIT))):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _check(self, key: Key, number: int) -> None:
        try:
            await self._check_target(key, number)
        except Exception:
            # One target must not end the checks of all the others.
            _log.exception("the check of %s failed", key)

    async def _check_target(self, key: Key, number: int) -> None:
        check = self._targets.check_of(key)
        if check is None:
            self.forget(key)
            return
        failure = await probe(check, self._resolve(check), self._clock.real(check.timeout))
        with self._lock:
            # It was forgotten, or scheduled anew, while it was checked.
            if self._valid.get(key) != number:
                return
        due = self._targets.checked(key, failure)
        if due is not None:
            self.schedule(key, due)
