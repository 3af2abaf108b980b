"""Connections to the targets of application load balancers: one request at a time, kept open in between."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable

from sandbox.traffic.application.messages import MalformedError, ResponseEvent, ResponseReader
from sandbox.traffic.configuration import Target
from sandbox.traffic.environment import Environment
from sandbox.traffic.fleet import GroupState
from sandbox.traffic.wire import Wire

CONNECT_SECONDS = 10.0
"""Sandbox seconds for a connection to a target, and again for its TLS handshake."""
_QUEUED = 32


class TargetError(Exception):
    """A target gave no answer; what the client gets instead and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Upstream(Wire):
    """One connection to one target."""

    def __init__(self) -> None:
        super().__init__()
        self.tunnel: Callable[[bytes], None] | None = None
        """Takes what comes once the connection is no HTTP any more."""
        self.when_gone: Callable[[], None] | None = None
        self.reader: ResponseReader | None = None
        self.idle_since = 0.0
        """Sandbox time at which its last response was complete."""
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, *, to_head: bool) -> None:
        """Expect the response to a request that will be written now."""
        self.reader = ResponseReader(to_head=to_head)
        self._failure = (
            TargetError(502, "the target closed a connection that was kept open") if self.is_closed else None
        )

    def data_received(self, data: bytes) -> None:
        if self.tunnel is not None:
            self.tunnel(data)
            return
        if self.reader is None:
            self.reset()  # nobody asked: what comes cannot belong to the next request
            return
        try:
            self.reader.feed(data)
        except MalformedError as error:
            self.fail(TargetError(502, f"the target's answer cannot be understood: {error}"))
        if len(self.reader.events) > _QUEUED:
            self.pause()
        self._wake()

    def eof_received(self) -> None:
        if self.reader is not None and self._failure is None and self.tunnel is None:
            try:
                self.reader.ended()
            except MalformedError:
                self.fail(TargetError(502, "the target closed the connection with a request outstanding"))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._failure is None:
            how = "reset" if isinstance(exc, ConnectionError) else "closed"
            self._failure = TargetError(502, f"the target {how} the connection with a request outstanding")
        if self.when_gone is not None:
            self.when_gone()
        self._wake()

    def fail(self, error: Exception) -> None:
        """Give up on the response: `next` raises this once what came before is taken."""
        if self._failure is None:
            self._failure = error
        self._wake()

    def target_gone(self) -> None:
        """The deregistration delay ran out."""
        self.fail(TargetError(502, "the deregistration delay ran out with a request in flight"))
        self.reset()

    def target_unhealthy(self) -> None:
        """Requests in progress go on."""

    async def next(self, seconds: float) -> ResponseEvent:
        """The next part of the response, waited for so many seconds of the wall.

        Raises TimeoutError, what `fail` was told, or TargetError where the connection ended too early.
        """
        reader = self.reader
        assert reader is not None  # noqa: S101 - begin() made it
        while not reader.events:
            if self._failure is not None:
                raise self._failure
            self.resume()
            self._waiter = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(seconds):
                await self._waiter
        return reader.events.popleft()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class Pool:
    """The connections that one load balancer keeps open to targets, by group and target."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._idle: defaultdict[tuple[str, str], list[Upstream]] = defaultdict(list)
        """Those kept longest come first."""

    async def take(self, state: GroupState, target: Target, *, idle_seconds: float) -> Upstream:
        """A connection to the target, new, or kept for less than so many sandbox seconds. Raises TargetError."""
        idle = self._idle[state.group.arn, target.key]
        oldest = self._environment.clock.now() - idle_seconds
        while idle and idle[0].idle_since < oldest:
            idle.pop(0).close()
        while idle:
            kept = idle.pop()
            if not kept.is_closed:
                return kept
        made = await self._connect(target, tls=state.group.protocol == "HTTPS")
        busy = state.busy[target.key]
        busy.add(made)
        wires = self._environment.wires
        wires.add(made)

        def forget() -> None:
            busy.discard(made)
            wires.discard(made)

        made.when_gone = forget
        return made

    def give_back(self, state: GroupState, target: Target, upstream: Upstream) -> None:
        """Keep a connection whose response is complete for the next request."""
        upstream.reader = None
        upstream.idle_since = self._environment.clock.now()
        upstream.resume()
        self._idle[state.group.arn, target.key].append(upstream)

    async def _connect(self, target: Target, *, tls: bool) -> Upstream:
        environment = self._environment
        place = environment.addresses.resolve(target.address, target.port)
        if place is None:
            raise TargetError(502, "the target refused the connection")
        seconds = environment.clock.real(CONNECT_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                _, made = await asyncio.get_running_loop().create_connection(
                    Upstream, *place, ssl=environment.tls_to_targets if tls else None
                )
        except TimeoutError as error:
            raise TargetError(504, "the target did not take the connection in time") from error
        except ssl.SSLError as error:
            raise TargetError(502, "TLS with the target failed") from error
        except OSError as error:
            raise TargetError(502, "the target refused the connection") from error
        return made
