"""The data plane's own interface: its figures."""

from __future__ import annotations

from aiohttp import web

from sandbox.traffic.environment import Environment

PATH = "/_sandbox/traffic"


class Admin:
    """Serves `GET /_sandbox/traffic`: the figures, and the version of the configuration in force."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on a free port; the URL."""
        application = web.Application()
        application.router.add_get(PATH, self._figures)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _figures(self, _: web.Request) -> web.Response:
        fleet = self._environment.fleet
        figures = self._environment.figures.as_json(fleet.names(), fleet.outstanding())
        return web.json_response(
            {
                "version": fleet.configuration.version,
                "clockFactor": self._environment.clock.factor,
                **figures,
            }
        )
