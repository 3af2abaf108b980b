"""The gRPC server of a service: health, reflection, interceptors and limits around its servicers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.runtime import interceptors, tls
from services.runtime.errors import StartError
from services.runtime.settings import ServerSettings
from services.runtime.wire import TRANSPORT_OPTIONS

_OPTIONS = (
    *TRANSPORT_OPTIONS,
    # Pings as frequent as our channels send them, with room for jitter, are no attack.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # A second process on the same port is a mistake, not a way to share load.
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One gRPC service of a process."""

    add: Callable[[grpc.aio.Server], None]
    """Registers the servicer; usually `lambda server: add_XServicer_to_server(servicer, server)`."""

    full_name: str
    """Name with its package, as in the .proto file; health is reported under it."""


class Server:
    """Serves the registrations from `start` until `stop`."""

    def __init__(self, name: str, registrations: Sequence[Registration], settings: ServerSettings) -> None:
        """Opens nothing yet. Raises StartError when the TLS files and the address do not allow it."""
        self._credentials = tls.server_credentials(settings)
        self._listen = settings.listen
        self._names = [registration.full_name for registration in registrations]
        self._server = grpc.aio.server(
            interceptors=(
                interceptors.Around(interceptors.wire_version(name)),
                interceptors.Around(interceptors.answered(name)),
            ),
            options=_OPTIONS,
        )
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for registration in registrations:
            registration.add(self._server)
        reflection.enable_server_reflection((*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)

    async def start(self) -> str:
        """Begins to serve, as healthy, and returns host:port (or the unix: path) that peers can dial.

        Raises StartError when the address cannot be bound.
        """
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(self._listen)
            else:
                port = self._server.add_secure_port(self._listen, self._credentials)
        except RuntimeError as error:
            raise StartError(
                f"cannot listen on {self._listen}: is it in use, or not an address of this host?"
            ) from error
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        if self._listen.startswith("unix:"):
            return self._listen
        return f"{self._listen.rpartition(':')[0]}:{port}"

    async def stop(self, grace_seconds: float) -> None:
        """Reports itself as not serving, refuses new calls at once, and waits for those in flight; cuts them after
        the grace.
        """
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)
