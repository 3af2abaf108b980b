"""An AWS endpoint that knows only what its load balancers are."""

import asyncio
from typing import Any

from aiohttp import web

from sandbox.traffic.following import PATH


class Endpoint:
    """Answers the long poll with whatever configuration is newest."""

    def __init__(self, first: dict[str, Any]) -> None:
        self._newest = first
        self._changed = asyncio.Condition()
        self._closing = False
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on a free port; the URL."""
        application = web.Application()
        application.router.add_get(PATH, self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def change(self, newest: dict[str, Any]) -> None:
        async with self._changed:
            self._newest = newest
            self._changed.notify_all()

    async def stop(self) -> None:
        """Answer who waits, and serve no more."""
        async with self._changed:
            self._closing = True
            self._changed.notify_all()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        after = int(request.query["after"])
        async with self._changed:
            await self._changed.wait_for(lambda: self._closing or self._newest["version"] > after)
            return web.json_response(self._newest)
