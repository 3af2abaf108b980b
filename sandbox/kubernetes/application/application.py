"""The program in one container: listens on its ports, answers, and ends as its pod's annotations want it to."""

import asyncio
import random
from collections.abc import Iterable, Mapping

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from sandbox.clock import Clock
from sandbox.kubernetes.application.answers import POD_HEADER, Arrival, Identity, echo
from sandbox.kubernetes.application.connection import Connection
from sandbox.kubernetes.application.datagrams import Datagrams
from sandbox.kubernetes.application.listeners import Listener, listen_datagram, listen_stream
from sandbox.kubernetes.application.options import Answer, OnSigterm, Options
from sandbox.kubernetes.application.ports import Port

CRASHED = 1
KILLED = 137
"""Exit code of a process that ended by SIGKILL: 128 and the signal's number."""
_TERMINATED = 143


class Application:
    """One run of a container's program. It is started by its first `listen` and never starts again after its end."""

    def __init__(self, identity: Identity, options: Options, clock: Clock) -> None:
        self.options = options
        """May be replaced while it runs."""
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The exit code."""
        self._identity = identity
        self._clock = clock
        self._listeners: dict[Port, Listener] = {}
        self._connections: set[Connection] = set()
        self._by_handler: dict[object, Connection] = {}
        self._draining = False
        self._http = web.Server(
            self._serve,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=clock.real(options.keep_alive_seconds),
            lingering_time=0,
        )

    @property
    def sockets(self) -> Mapping[Port, tuple[str, int]]:
        """The loopback socket of each port that it listens on."""
        return {port: listener.place for port, listener in self._listeners.items()}

    async def listen(self, ports: Iterable[Port]) -> None:
        """Listen on exactly these ports, unless it is ending. Raises OSError: too many open files."""
        wanted = set(ports) if not (self.ended.done() or self._draining) else set()
        for port in set(self._listeners) - wanted:
            self._listeners.pop(port).close()
        for port in sorted(wanted - set(self._listeners)):
            self._listeners[port] = await self._listen(port)

    def terminate(self) -> None:
        """Take SIGTERM."""
        if self.ended.done():
            return
        match self.options.on_sigterm:
            case OnSigterm.EXIT:
                self.end(_TERMINATED)
            case OnSigterm.FINISH:
                self._finish()
            case OnSigterm.SERVE:
                pass

    def end(self, code: int) -> None:
        """Be gone: nothing listens any more and every connection is cut."""
        if self.ended.done():
            return
        self._close_listeners()
        self.ended.set_result(code)
        self.cut_connections()

    def cut_connections(self) -> None:
        """Cut every connection; it goes on listening."""
        for connection in list(self._connections):
            connection.cut()

    def opened(self, connection: Connection) -> None:
        if self.ended.done() or self._draining:
            # It was accepted just before the listener was closed.
            connection.cut()
        self._connections.add(connection)

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._by_handler.pop(connection.handler, None)
        if self._draining:
            self._end_if_idle()

    def http(self, connection: Connection) -> RequestHandler:
        handler = self._http()
        self._by_handler[handler] = connection
        return handler

    async def _listen(self, port: Port) -> Listener:
        if port.protocol == "UDP":
            return await listen_datagram(lambda: Datagrams(self._identity, port.number))
        return await listen_stream(port.number, self._connection, tls=port.number in self.options.tls_ports)

    def _connection(self, arrival: Arrival) -> Connection:
        return Connection(self, arrival)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = self._by_handler[request.protocol]
        connection.busy = True
        try:
            response = await self._answer(request, connection)
            if self._draining:
                response.force_close()
            return response
        finally:
            connection.busy = False

    async def _answer(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        fault = self.options.fault
        answer: Answer | int = Answer.OK
        if fault.concerns(request.path, random.random()):  # noqa: S311 - no secret depends on it
            answer = fault.answer
            if fault.latency_seconds:
                await self._clock.sleep(fault.latency_seconds)
        if answer is Answer.HANG:
            await asyncio.get_running_loop().create_future()
        if answer is Answer.RESET:
            connection.reset()
        response = await echo(request, self._identity, connection.arrival)
        if isinstance(answer, int):
            response = web.Response(status=answer, text=f"{answer}\n", headers={POD_HEADER: self._identity.pod})
        return response

    def _finish(self) -> None:
        self._draining = True
        self._close_listeners()
        # Those with a request under way close after its answer; aiohttp's own shutdown would not read its body on.
        for connection in list(self._connections):
            if not connection.busy:
                connection.close()
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if not self._connections and not self.ended.done():
            self.ended.set_result(0)

    def _close_listeners(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()
