"""The forward action: a target group, a target, the request to it and its response back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from email.utils import formatdate

from sandbox.traffic.application.choice import Choice, choose
from sandbox.traffic.application.downstream import ClientGoneError, ClientSilentError, Downstream, MalformedBodyError
from sandbox.traffic.application.gate import Gate
from sandbox.traffic.application.messages import LAST_CHUNK, End, ResponseHead, chunk, request_head
from sandbox.traffic.application.upstream import Pool, TargetError, Upstream
from sandbox.traffic.configuration import Forward
from sandbox.traffic.core.answers import Answer, ElbStatus, error
from sandbox.traffic.core.forwarded import forwarded
from sandbox.traffic.core.requests import Request
from sandbox.traffic.core.response_headers import returned
from sandbox.traffic.core.stickiness import target_cookies
from sandbox.traffic.environment import Environment

_SAFE = frozenset(["GET", "HEAD", "OPTIONS"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarder:
    """Forwards requests of one node of a load balancer."""

    environment: Environment
    pool: Pool
    gate: Gate

    async def forward(
        self,
        stream: Downstream,
        request: Request,
        action: Forward,
        *,
        close: bool,
    ) -> Answer | None:
        """Forward a request, as the target is to see it. The answer where it is the load balancer's own."""
        choice = choose(action, stream, self.gate, self.environment)
        if isinstance(choice, Answer):
            return choice
        state, key = choice.state, choice.target.key
        passage = _Passage(forwarder=self, stream=stream, choice=choice, close=close)
        headers = forwarded(request, self.gate.forwarding, trace_root=self.environment.trace_root())
        state.outstanding[key] += 1
        try:
            await passage.run(request, headers)
        except TargetError as failure:
            self.environment.figures.target_failed(state.group.arn, key, failure.status)
            return error(failure.status, failure.why)
        except ClientGoneError:
            return error(ElbStatus.CLIENT_CLOSED, "the client closed the connection")
        except ClientSilentError:
            return error(408, "the client sent nothing for the idle timeout", close=True)
        except MalformedBodyError:
            return error(400, "the body is malformed", close=True)
        finally:
            state.outstanding[key] -= 1
        return None


@dataclass(slots=True, kw_only=True)
class _Passage:
    """One request at one target."""

    forwarder: Forwarder
    stream: Downstream
    choice: Choice
    close: bool
    _sender: asyncio.Task[None] | None = None

    @property
    def idle(self) -> float:
        """Seconds of the wall after which silence ends it."""
        return self.forwarder.environment.clock.real(self.forwarder.gate.idle_seconds)

    async def run(self, request: Request, headers: list[tuple[str, str]]) -> None:
        """Raises TargetError and what the client's side raises as long as no answer has begun."""
        choice, stream = self.choice, self.stream
        upstream = await self.forwarder.pool.take(
            choice.state, choice.target, idle_seconds=self.forwarder.gate.idle_seconds
        )
        upstream.begin(to_head=request.method == "HEAD")
        # The client's end ends the request at the target; a connection with half an exchange is of no more use.
        stream.when_gone = lambda: self._client_gone(upstream)
        complete = False
        try:
            self._send(request, headers, upstream)
            complete = await self._receive(upstream)
        finally:
            stream.when_gone = None
            if self._sender is not None:
                complete = complete and self._sender.done()
                self._sender.cancel()
            if complete:
                self.forwarder.pool.give_back(choice.state, choice.target, upstream)
            elif upstream.tunnel is None:
                upstream.close()

    @staticmethod
    def _client_gone(upstream: Upstream) -> None:
        upstream.fail(ClientGoneError())
        upstream.close()

    def _send(self, request: Request, headers: list[tuple[str, str]], upstream: Upstream) -> None:
        stream = self.stream
        if stream.wants_tunnel:
            headers += [("Connection", "upgrade"), ("Upgrade", request.first("upgrade") or "")]
        elif self.close:
            headers.append(("Connection", "close"))
        if stream.has_body:
            headers.append(
                ("Transfer-Encoding", "chunked") if stream.length is None else ("Content-Length", str(stream.length))
            )
        elif request.method not in _SAFE:
            headers.append(("Content-Length", "0"))
        upstream.write(request_head(request.method, request.target, headers))
        if stream.has_body:
            self._sender = asyncio.create_task(self._send_body(upstream, chunked=stream.length is None))

    async def _send_body(self, upstream: Upstream, *, chunked: bool) -> None:
        try:
            while (data := await self.stream.read()) is not None:
                if data:
                    upstream.write(chunk(data) if chunked else data)
                    await upstream.drain()
            if chunked:
                upstream.write(LAST_CHUNK)
        except (ClientGoneError, ClientSilentError, MalformedBodyError) as error:
            upstream.fail(error)

    async def _receive(self, upstream: Upstream) -> bool:
        """Pass the response on; whether the connection can serve another request."""
        head = await self._head(upstream)
        stream, choice, figures = self.stream, self.choice, self.forwarder.environment.figures
        arn, key = choice.state.group.arn, choice.target.key
        figures.target_answered(self.forwarder.gate.balancer.arn, arn, key, head.status)
        if head.status == 101 and stream.wants_tunnel:
            self._open_tunnel(upstream, head)
            return False
        stream.start(head.status, self._returned(head), head.length, close=self.close)
        try:
            while not isinstance(event := await upstream.next(self.idle), End):
                if isinstance(event, bytes):
                    await stream.send(event)
        except (TargetError, TimeoutError):
            figures.broken_off(arn, key)
            stream.break_off()
            return False
        except (ClientGoneError, ClientSilentError, MalformedBodyError):
            stream.break_off()
            return False
        stream.finish()
        return head.keeps_alive and head.has_length and not self.close

    async def _head(self, upstream: Upstream) -> ResponseHead:
        while True:
            try:
                event = await upstream.next(self.idle)
            except TimeoutError:
                if self._sender is None or self._sender.done():
                    raise TargetError(504, "the target did not answer within the idle timeout") from None
            else:
                assert isinstance(event, ResponseHead)  # noqa: S101 - a response begins with its head
                return event

    def _returned(self, head: ResponseHead) -> list[tuple[str, str]]:
        choice, environment, listener = self.choice, self.forwarder.environment, self.forwarder.gate.listener
        names = {name.lower() for name, _ in head.headers}
        set_by_target = [value.partition("=")[0] for name, value in head.headers if name.lower() == "set-cookie"]
        cookies = [
            *choice.group_cookies,
            *target_cookies(
                choice.state.group,
                choice.target.key,
                environment.seal,
                environment.clock.now(),
                time.time(),
                set_by_target=set_by_target,
                had=choice.kept,
            ),
        ]
        date = [] if "date" in names else [("Date", formatdate(usegmt=True))]
        return returned([*date, *head.headers, *(("Set-Cookie", cookie) for cookie in cookies)], listener.attributes)

    def _open_tunnel(self, upstream: Upstream, head: ResponseHead) -> None:
        reader = upstream.reader
        early = reader.rest if reader is not None else b""
        upstream.tunnel = self.stream.become_tunnel(upstream, head.headers, self.idle)
        if early:
            upstream.tunnel(early)
