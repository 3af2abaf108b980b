"""The health check port of a Service with the external traffic policy Local, on one node."""

import asyncio
import json
import socket

from aiohttp import web

HOST = "127.0.0.1"


class HealthServer:
    """Answers 200 while the node has ready endpoints, else 503, as kube-proxy does."""

    def __init__(self, namespace: str, name: str) -> None:
        self.endpoints = 0
        """May be changed while it runs."""
        self._service = {"namespace": namespace, "name": name}
        self._http: web.Server | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> tuple[str, int]:
        """Open it; where it listens."""
        sock = socket.create_server((HOST, 0))
        self._http = web.Server(self._answer, access_log=None)
        self._server = await asyncio.get_running_loop().create_server(self._http, sock=sock)
        place: tuple[str, int] = sock.getsockname()
        return place

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._http is not None:
            await self._http.shutdown(0)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        body = {"service": self._service, "localEndpoints": self.endpoints, "serviceProxyHealthy": True}
        return web.Response(
            status=200 if self.endpoints else 503,
            text=json.dumps(body),
            content_type="application/json",
            headers={"X-Load-Balancing-Endpoint-Weight": str(self.endpoints)},
        )
