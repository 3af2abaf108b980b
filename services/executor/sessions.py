"""Who may make the executor act: the holder of the planner's Lease, over its newest connection.

`Hello` opens a session and ends the one before; every other call names its session. The servicer asks here before it
serves, the runner before each step.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from services.executor.core.leases import Leader, why_not_leading
from services.executor.core.steps import CallError
from services.runtime.errors import ServiceError, UnavailableError

_LOGGER = logging.getLogger(__name__)


Clock = Callable[[], datetime]
"""Wall-clock time, with its zone."""


class NotLeadingError(ServiceError):
    """The caller does not hold the planner's Lease."""


class UnknownSessionError(ServiceError):
    """The session was never opened here, or a newer one has ended it."""


class Leases(Protocol):
    """Reads the planner's Lease."""

    async def leader(self) -> Leader | CallError | None:
        """Who holds it, an error, or None when nobody does."""
        ...


class Session:
    """One connection of one leader."""

    def __init__(self, holder: str, epoch: int) -> None:
        self.id = secrets.token_urlsafe(16)
        self.holder = holder
        self.epoch = epoch
        self.ended = asyncio.Event()
        self._acting: set[asyncio.Task[None]] = set()
        self._at_end: list[Callable[[], None]] = []

    def adopt(self, task: "asyncio.Task[None]", *, at_end: Callable[[], None]) -> None:
        """Counts work that may write: when the session ends `at_end` is called, and a newer session waits for it."""
        self._acting.add(task)
        self._at_end.append(at_end)
        task.add_done_callback(lambda done: self._drop(done, at_end))
        if self.ended.is_set():
            at_end()

    def end(self) -> None:
        """Ends the session: its streams close, its work stops as soon as the calls in flight have ended."""
        self.ended.set()
        for at_end in list(self._at_end):
            at_end()

    @property
    def acts(self) -> bool:
        """Whether work of the session is left."""
        return bool(self._acting)

    async def drained(self) -> None:
        """Waits until no work of the session is left."""
        while self._acting:
            await asyncio.wait(self._acting)

    def _drop(self, task: "asyncio.Task[None]", at_end: Callable[[], None]) -> None:
        self._acting.discard(task)
        self._at_end.remove(at_end)


class Sessions:
    """The one session that counts, and the copy of the Lease that it rests on."""

    def __init__(self, leases: Leases, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self._session: Session | None = None
        self._leader: Leader | None = None
        self._leaving: list[Session] = []  # ended, and maybe not drained yet
        self._opening = asyncio.Lock()
        self._reading = asyncio.Lock()

    async def hello(self, holder: str, epoch: int) -> Session:
        """Opens a session for the holder of the Lease, once the work of all sessions before has ended: also of those
        whose successor gave up while it waited for them.

        Raises NotLeadingError for anyone else, UnavailableError when the Lease cannot be read.
        """
        async with self._opening:
            await self._read()
            self._refuse_unless_leading(holder, epoch)
            session, before = Session(holder, epoch), self._session
            self._session = session
            if before is not None:
                before.end()
                self._leaving.append(before)
            await self._drained()
            _LOGGER.info("session opened", extra={"holder": holder, "epoch": epoch})
            return session

    async def current(self, session_id: str) -> Session:
        """The session of that id, whose holder still leads. Raises UnknownSessionError, or as `confirm`."""
        session = self._session
        if session is None or session.id != session_id or session.ended.is_set():
            raise UnknownSessionError("UnknownSession", "this session is not open here: say Hello again")
        await self.confirm(session)
        return session

    async def confirm(self, session: Session) -> None:
        """Makes sure that the session's holder still leads; reads the Lease when its copy has run out.

        Raises NotLeadingError and ends the session when it does not, UnavailableError when that cannot be known.
        """
        if session.ended.is_set():
            raise UnknownSessionError("UnknownSession", "a newer session has ended this one")
        async with self._reading:
            if not self._is_good():
                await self._read()
        try:
            self._refuse_unless_leading(session.holder, session.epoch)
        except NotLeadingError:
            session.end()
            raise

    async def close(self) -> None:
        """Ends the session that is open, if any, and waits for all calls in flight."""
        if self._session is not None:
            self._session.end()
            await self._session.drained()
        await self._drained()

    async def _drained(self) -> None:
        """Waits until no session that was ended has work left. Cancelled, it leaves the rest to the next call."""
        while self._leaving:
            await self._leaving[0].drained()
            self._leaving = [session for session in self._leaving if session.acts]

    def _is_good(self) -> bool:
        return self._leader is not None and self._leader.good_until > self._clock()

    async def _read(self) -> None:
        leader = await self._leases.leader()
        if isinstance(leader, CallError):
            raise UnavailableError("LeaseUnreadable", f"the planner's Lease cannot be read: {leader.message}")
        self._leader = leader

    def _refuse_unless_leading(self, holder: str, epoch: int) -> None:
        reason = why_not_leading(self._leader, holder, epoch, self._clock())
        if reason:
            raise NotLeadingError("NotLeading", reason)


Confirm = Callable[[], Awaitable[None]]
"""Raises ServiceError when the plan's planner does not lead any more."""
