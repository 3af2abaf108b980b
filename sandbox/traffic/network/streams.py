"""TCP and TLS flows: two connections, and every byte of the one goes out at the other."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from sandbox.traffic.network.routing import Route, ends_with_health, ends_with_target
from sandbox.traffic.wire import Wire

if TYPE_CHECKING:
    from sandbox.traffic.environment import Environment

_BEFORE_PEER = 1 << 16
"""Bytes that a client may send before its target is there."""


class End(Wire):
    """One of the two connections of a flow."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.peer: End | None = None
        self._stream = stream
        self._early = b""
        self._ended = False

    def join(self, peer: End) -> None:
        """Let what comes in go to the peer, also what came before."""
        self.peer = peer
        if self._early:
            peer.write(self._early)
        if self._ended:
            peer.end()
        self.resume()

    def data_received(self, data: bytes) -> None:
        if not self._stream.is_alive():
            return
        if self.peer is not None:
            self.peer.write(data)
            return
        self._early += data
        if len(self._early) > _BEFORE_PEER:
            self.pause()

    def eof_received(self) -> bool:
        self._ended = True
        if self.peer is not None:
            self.peer.end()
        return self.tls is None  # TLS ends in both directions at once

    def end(self) -> None:
        """Say that nothing more comes, in this direction."""
        if self.transport is None or self.is_closed:
            return
        self.flush()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.peer is not None:
            self.peer.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.peer is not None:
            self.peer.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.peer is not None and not self.peer.is_closed:
            if exc is None:
                self.peer.close()
            else:
                self.peer.reset()
        self._stream.ended()


class Stream:
    """One flow between a client and a target."""

    def __init__(self, environment: Environment, *, idle_seconds: float) -> None:
        self.client = End(self)
        self.target = End(self)
        self._environment = environment
        self._idle_seconds = idle_seconds
        self._last = environment.clock.now()
        self._route: Route | None = None

    def joined(self, route: Route) -> None:
        """Both ends are connected: data flows from now on."""
        if self.client.is_closed or self.target.is_closed:
            self.reset()
            return
        self._route = route
        route.state.busy[route.target.key].add(self)
        self._environment.wires.update((self.client, self.target))
        self.client.join(self.target)
        self.target.join(self.client)

    def is_alive(self) -> bool:
        """Note that data came. A flow that idled too long was forgotten: it is reset, and this is False."""
        now = self._environment.clock.now()
        if now - self._last > self._idle_seconds:
            self.reset()
            return False
        self._last = now
        return True

    def reset(self) -> None:
        """End both connections so that either side sees a reset."""
        self.client.reset()
        self.target.reset()

    def ended(self) -> None:
        """One of the ends is gone."""
        if self._route is not None:
            self._route.state.busy[self._route.target.key].discard(self)
        self._environment.wires.difference_update(end for end in (self.client, self.target) if end.is_closed)

    def target_gone(self) -> None:
        """The target's deregistration is complete: the flow goes on, unless its group wants it cut."""
        if self._route is not None and ends_with_target(self._route.state.group):
            self.reset()

    def target_unhealthy(self) -> None:
        """The target became unhealthy."""
        if self._route is not None and ends_with_health(self._route.state.group):
            self.reset()


async def to_tls(end: End, context: ssl.SSLContext) -> None:
    """Go on in TLS on a connection to a target. Raises OSError where the handshake fails."""
    assert end.transport is not None  # noqa: S101 - it is connected
    end.flush()
    transport = await asyncio.get_running_loop().start_tls(end.transport, end, context, server_hostname="")
    if transport is None:
        raise ConnectionResetError("the target closed the connection")
    end.connection_made(transport)
