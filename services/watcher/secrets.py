"""Secrets that planners need, each read and watched by name for as long as one asks for it.

Threads tell what they see; every receiver gets the newest state of each of its Secrets, on the event loop.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from services.runtime import telemetry
from services.watcher.core.secrets import SecretName, SecretState


class Watching(Protocol):
    """The watch of one Secret, run in a thread of its own."""

    def run(self) -> None:
        """Until it is stopped."""

    def interrupt(self) -> None:
        """Ends what is being read."""


class Stopped(Protocol):
    """A threading.Event is one."""

    def wait(self, timeout: float) -> bool: ...
    def is_set(self) -> bool: ...


Open = Callable[[SecretName, Callable[[SecretState], None], Stopped], Watching]


@dataclass(slots=True, kw_only=True)
class _Watched:
    watching: Watching
    stopped: threading.Event
    state: SecretState | None = None


class SecretReceiver:
    """One stream's end, for use on the event loop that made it."""

    def __init__(self, secrets: "Secrets") -> None:
        self._secrets = secrets
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self.wanted: frozenset[SecretName] = frozenset()
        self.pending: dict[SecretName, SecretState] = {}

    def want(self, wanted: Iterable[SecretName]) -> None:
        """These Secrets are needed from now on, and no others."""
        self._secrets.want(self, frozenset(wanted))

    async def next(self) -> tuple[SecretState, ...]:
        """New states, as soon as there are any."""
        while True:
            self._something.clear()
            states = self._secrets.take(self)
            if states:
                return states
            await self._something.wait()

    def wake(self) -> None:
        """Called from any thread."""
        self._loop.call_soon_threadsafe(self._something.set)


class Secrets:
    """The Secrets of all receivers. Every method may be called from any thread."""

    def __init__(self, open_watch: Open) -> None:
        self._open_watch = open_watch
        self._lock = threading.Lock()
        self._receivers: set[SecretReceiver] = set()
        self._watched: dict[SecretName, _Watched] = {}

    @contextmanager
    def receiver(self) -> Iterator[SecretReceiver]:
        """A new receiver, for as long as the block lasts."""
        receiver = SecretReceiver(self)
        with self._lock:
            self._receivers.add(receiver)
        try:
            yield receiver
        finally:
            with self._lock:
                self._receivers.discard(receiver)
                self._follow()

    def want(self, receiver: SecretReceiver, wanted: frozenset[SecretName]) -> None:
        """What a receiver needs from now on."""
        with self._lock:
            for name in wanted - receiver.wanted:
                watched = self._watched.get(name)
                if watched is not None and watched.state is not None:
                    receiver.pending[name] = replace(watched.state, traceparent="")
            receiver.pending = {name: s for name, s in receiver.pending.items() if name in wanted}
            receiver.wanted = wanted
            self._follow()
            receiver.wake()

    def take(self, receiver: SecretReceiver) -> tuple[SecretState, ...]:
        """The new states for a receiver."""
        with self._lock:
            taken = tuple(state for _, state in sorted(receiver.pending.items()))
            receiver.pending.clear()
            return taken

    def close(self) -> None:
        """Ends all watches."""
        with self._lock:
            self._receivers.clear()
            self._follow()

    def _follow(self) -> None:
        """Watches what somebody needs, and nothing else. Called with the lock held."""
        needed = {name for receiver in self._receivers for name in receiver.wanted}
        for name in self._watched.keys() - needed:
            watched = self._watched.pop(name)
            watched.stopped.set()
            watched.watching.interrupt()
        for name in needed - self._watched.keys():
            stopped = threading.Event()
            watching = self._open_watch(name, self._tell, stopped)
            self._watched[name] = _Watched(watching=watching, stopped=stopped)
            threading.Thread(target=watching.run, name=f"watch Secret {name}", daemon=True).start()

    def _tell(self, state: SecretState) -> None:
        with self._lock:
            watched = self._watched.get(state.secret)
            if watched is None or watched.state == state:
                return
            known, watched.state = watched.state, state
        traced = state if known is None else _traced(state)
        with self._lock:
            for receiver in self._receivers:
                if state.secret in receiver.wanted:
                    receiver.pending[state.secret] = traced
                    receiver.wake()


def _traced(state: SecretState) -> SecretState:
    attributes = {"elbow.kind": "Secret", "elbow.object": str(state.secret)}
    with telemetry.start_span("observe change", attributes=attributes):
        return replace(state, traceparent=telemetry.traceparent())
