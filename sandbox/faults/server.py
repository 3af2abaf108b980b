"""A desk as a server of its own, for what has no HTTP interface that it could stand in."""

from __future__ import annotations

from aiohttp import web

from sandbox.faults.desk import FaultDesk
from sandbox.faults.web import PREFIX, serve

_HOST = "127.0.0.1"


class FaultServer:
    """Serves one desk on the loopback address."""

    def __init__(self, desk: FaultDesk) -> None:
        self._application = web.Application()
        self._application.router.add_route("*", PREFIX + "{path:.*}", serve(desk))
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listens on a free port and returns the URL."""
        self._runner = web.AppRunner(self._application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, 0).start()
        return f"http://{_HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
