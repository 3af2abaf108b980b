"""A desk behind aiohttp."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.faults.desk import FaultDesk, Refused

PREFIX = "/__sandbox/"


def serve(desk: FaultDesk) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler of all requests whose path below the prefix is matched as `path`."""

    async def handle(request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"].rstrip("/")
        try:
            answer = await desk.answer(request.method, path, request.query, await request.read())
        except Refused as refused:
            return web.json_response({"error": str(refused)}, status=refused.status)
        return web.json_response(answer)

    return handle
