"""The HTTP face of the API server, and its faults under /__sandbox (`sandbox.faults.desk`)."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.faults import Board, FaultDesk, Outage, cluster_api, loop_timer
from sandbox.faults.web import PREFIX, serve
from sandbox.kubernetes.apiserver import discovery, openapi
from sandbox.kubernetes.apiserver.api import Api, Request
from sandbox.kubernetes.apiserver.errors import ApiError, method_not_allowed, not_acceptable
from sandbox.kubernetes.apiserver.negotiation import JSON, accepted
from sandbox.kubernetes.apiserver.objects import Clock, JsonObject, utc_now
from sandbox.kubernetes.apiserver.requests import is_true
from sandbox.kubernetes.apiserver.routes import NoSuchPathError, group_version_of, target_of, verb_of
from sandbox.kubernetes.apiserver.store import DEFAULT_WINDOW, encode

_MAX_BODY = 3 * 1024 * 1024
_SHUTDOWN_SECONDS = 2.0
_VERSION_SEGMENTS = {"api": 2, "apis": 3}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotLoopback(ValueError):  # noqa: N818 - the address is what is wrong
    """The server has no authentication and is not to be reached from elsewhere."""


class ApiServer:
    """A Kubernetes API server on a loopback address, with its objects in memory."""

    def __init__(self, *, clock: Clock = utc_now, history_window: int = DEFAULT_WINDOW) -> None:
        """`history_window` is the number of events per resource from which watches can be resumed."""
        self.api = Api(clock=clock, history_window=history_window)
        self.faults = Board(loop_timer)
        """The faults that are switched on."""
        self.desk = FaultDesk(self.faults)
        """Takes requests for faults; further kinds may be taught."""
        cluster_api.teach(self.desk, self.api.switches)
        self._runner: web.AppRunner | None = None
        self._address = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens, on a free port if none is named, and returns the URL; NotLoopback for any other address."""
        _require_loopback(host)
        application = web.Application(client_max_size=_MAX_BODY, middlewares=[self._outage, _errors])
        application.router.add_route("*", PREFIX + "{path:.*}", serve(self.desk))
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await self._runner.setup()
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        await web.SockSite(self._runner, listener).start()
        shown = f"[{host}]" if ":" in host else host
        self._address = f"{shown}:{listener.getsockname()[1]}"
        return f"http://{self._address}"

    async def stop(self) -> None:
        """Ends open watches and closes the socket; the objects are kept as long as the instance is."""
        self.api.gate.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.api.webhooks.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        segments = [segment for segment in request.match_info["path"].split("/") if segment]
        if segments[:1] == ["openapi"]:
            return self._openapi(request, segments[1:])
        if segments[:1] in (["healthz"], ["livez"], ["readyz"]):
            return web.Response(text="ok")
        if segments == ["version"]:
            return _json(discovery.VERSION)
        if segments[:1] not in (["api"], ["apis"]):
            raise NoSuchPathError
        if len(segments) <= _VERSION_SEGMENTS[segments[0]]:
            return self._discovery(request, segments)
        return await self._resource(request, segments)

    def _discovery(self, request: web.Request, segments: list[str]) -> web.Response:
        if request.method != "GET":
            raise method_not_allowed()
        core = segments[0] == "api"
        shape = accepted(request.headers.get("Accept", ""))
        if len(segments) == 1:
            if shape.form == "APIGroupDiscoveryList":
                body = discovery.aggregated(self.api.catalog, core=core, version=shape.version)
                content_type = discovery.AGGREGATED_TYPE.format(version=shape.version)
                return web.Response(body=encode(body), headers={"Content-Type": content_type, "Vary": "Accept"})
            return _json(discovery.core_versions(self._address) if core else discovery.groups(self.api.catalog))
        if not core and len(segments) == 2:
            found = discovery.group(self.api.catalog, segments[1])
        else:
            group, version, _ = group_version_of(segments)
            found = discovery.resources(self.api.catalog, group, version)
        if found is None:
            raise NoSuchPathError
        return _json(found)

    def _openapi(self, request: web.Request, rest: list[str]) -> web.Response:
        accept = request.headers.get("Accept", "")
        if accept and "json" not in accept and "*/*" not in accept:
            raise not_acceptable([JSON])
        catalog, kinds = self.api.catalog, self.api.kinds
        found: JsonObject | None = None
        if rest == ["v2"]:
            found = openapi.document_v2(catalog, kinds)
        elif rest == ["v3"]:
            found = openapi.index(catalog, kinds)
        elif rest[:1] == ["v3"]:
            group, version, below = group_version_of(rest[1:])
            found = None if below else openapi.document(catalog, kinds, group, version)
        if found is None:
            raise NoSuchPathError
        tag = openapi.etag(found)
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(body=encode(found), content_type=JSON, headers={"ETag": tag, "Vary": "Accept"})

    async def _resource(self, request: web.Request, segments: list[str]) -> web.StreamResponse:
        target = target_of(self.api.catalog, segments)
        verb = verb_of(request.method, target, watch=is_true(request.query.get("watch", "")))
        if verb is None:
            raise method_not_allowed()
        asked = Request(
            target=target,
            verb=verb,
            query=dict(request.query),
            content_type=request.headers.get("Content-Type", ""),
            user_agent=request.headers.get("User-Agent", ""),
            body=await request.read(),
            shape=accepted(request.headers.get("Accept", "")),
        )
        if verb == "watch":
            return await self._watch(request, asked)
        answer = await self.api.answer(asked)
        response = web.Response(status=answer.status, body=answer.body, content_type=JSON)
        for text in answer.warnings:
            response.headers.add("Warning", f"299 - {json.dumps(text, ensure_ascii=False)}")
        return response

    async def _watch(self, request: web.Request, asked: Request) -> web.StreamResponse:
        watcher = self.api.watch(asked)
        response = web.StreamResponse(headers={"Content-Type": JSON})
        await response.prepare(request)
        try:
            async for batch in watcher.lines():
                if batch:
                    await response.write(batch)
        except ConnectionError:
            return response
        if watcher.cut and request.transport is not None:
            request.transport.abort()
        return response

    @web.middleware
    async def _outage(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Closes the connection without an answer while the server is out; only the switches answer."""
        if self.faults.active(Outage) and not request.path.startswith(PREFIX) and request.transport is not None:
            request.transport.abort()
            raise ConnectionResetError("closed by a switch")
        return await handler(request)


def _json(body: JsonObject) -> web.Response:
    return web.Response(body=encode(body), content_type=JSON)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except NoSuchPathError as error:
        return web.Response(status=404, text=f"{error.message}\n")
    except ApiError as error:
        headers = {"Retry-After": "1"} if error.code == 504 else {}
        return web.Response(status=error.code, body=encode(error.to_status()), content_type=JSON, headers=headers)


def _require_loopback(host: str) -> None:
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        raise NotLoopback(f"{host} is not a loopback address: the sandbox's API server has no authentication")
