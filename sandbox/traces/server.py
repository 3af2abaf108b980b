"""The trace store's two doors: OTLP over gRPC for the services, JSON over HTTP for the CLI and tests.

GET    /traces/<trace_id>                      {"spans": [...]}
GET    /spans?name=...&service=...&limit=...   {"spans": [...]}, the latest, oldest first
DELETE /traces                                 forget everything
"""

import grpc
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from sandbox.traces.otlp import spans_of
from sandbox.traces.store import Span, TraceStore

DEFAULT_LIMIT = 100
_HOST = "127.0.0.1"
_GRACE_SECONDS = 1.0


class TraceServer:
    """Both doors on loopback addresses. `store` may be read directly in the same process."""

    def __init__(self) -> None:
        self.store = TraceStore()
        self.otlp_url = ""
        """Where to send spans (OTEL_EXPORTER_OTLP_ENDPOINT), once started."""
        self.url = ""
        """Where to ask for them, once started."""
        self._grpc: grpc.aio.Server | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        self._grpc = grpc.aio.server()
        add_TraceServiceServicer_to_server(_Receiver(self.store), self._grpc)  # type: ignore[no-untyped-call]
        self.otlp_url = f"http://{_HOST}:{self._grpc.add_insecure_port(f'{_HOST}:0')}"
        await self._grpc.start()
        self._runner = web.AppRunner(_application(self.store), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _HOST, 0)
        await site.start()
        self.url = f"http://{_HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._grpc is not None:
            await self._grpc.stop(_GRACE_SECONDS)


class _Receiver(TraceServiceServicer):
    def __init__(self, store: TraceStore) -> None:
        self._store = store

    async def Export(
        self, request: ExportTraceServiceRequest, context: grpc.aio.ServicerContext[object, object]
    ) -> ExportTraceServiceResponse:
        self._store.add(spans_of(request.resource_spans))
        return ExportTraceServiceResponse()


def _application(store: TraceStore) -> web.Application:
    async def trace(request: web.Request) -> web.Response:
        return _answer(store.trace(request.match_info["trace_id"].lower()))

    async def spans(request: web.Request) -> web.Response:
        limit = request.query.get("limit", str(DEFAULT_LIMIT))
        if not limit.isdecimal() or int(limit) == 0:
            raise web.HTTPBadRequest(text=f"limit must be a positive number, not {limit!r}")
        return _answer(
            store.find(name=request.query.get("name"), service=request.query.get("service"), limit=int(limit))
        )

    async def clear(_: web.Request) -> web.Response:
        store.clear()
        return web.Response(status=204)

    application = web.Application()
    application.add_routes(
        [web.get("/traces/{trace_id}", trace), web.get("/spans", spans), web.delete("/traces", clear)]
    )
    return application


def _answer(spans: list[Span]) -> web.Response:
    return web.json_response({"spans": [span.as_json() for span in spans]})
