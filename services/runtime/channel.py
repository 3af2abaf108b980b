"""Channels to other Elbow services, for services and for the CLI."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
import grpc.aio

from services.runtime import telemetry, tls
from services.runtime.settings import TlsSettings
from services.runtime.wire import TRACEPARENT_KEY, TRANSPORT_OPTIONS, WIRE_VERSION, WIRE_VERSION_KEY

_OPTIONS = (
    *TRANSPORT_OPTIONS,
    # A service that was restarted is found again within a second or two, not after gRPC's default of up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Services talk to each other directly; a proxy set for AWS or for downloads is not for them.
    ("grpc.enable_http_proxy", 0),
)


def open_channel(address: str, tls_settings: TlsSettings, *, service_name: str) -> grpc.aio.Channel:
    """A channel to host:port whose calls carry the wire version and, where there is one, the current trace context.

    It connects with the first call. `service_name` is the caller's own name, which the peer sees in the user agent.
    With TLS files the peer must show a certificate of the same authority for the host of `address`. Raises
    StartError when files lack or do not fit.
    """
    credentials = tls.channel_credentials(tls_settings)
    options = (*_OPTIONS, ("grpc.primary_user_agent", f"elbow-{service_name}"))
    if credentials is None:
        return _StampedChannel(grpc.aio.insecure_channel(address, options))
    return _StampedChannel(grpc.aio.secure_channel(address, credentials, options))


class _StampedChannel(grpc.aio.Channel):
    """Adds Elbow's metadata to every call of a channel.

    Not by client interceptors: grpc.aio puts a queue and two tasks between caller and wire for each intercepted
    stream, and the streams here are the hot path.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def __aenter__(self) -> "_StampedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._channel.channel_ready()

    def unary_unary(self, *args: Any, **options: Any) -> Any:
        return _stamped(self._channel.unary_unary(*args, **options))

    def unary_stream(self, *args: Any, **options: Any) -> Any:
        return _stamped(self._channel.unary_stream(*args, **options))

    def stream_unary(self, *args: Any, **options: Any) -> Any:
        return _stamped(self._channel.stream_unary(*args, **options))

    def stream_stream(self, *args: Any, **options: Any) -> Any:
        return _stamped(self._channel.stream_stream(*args, **options))


def _stamped(start: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, metadata: Sequence[tuple[str, str | bytes]] | None = None, **options: Any) -> Any:
        return start(*args, metadata=(*(metadata or ()), *_stamp()), **options)

    return call


def _stamp() -> tuple[tuple[str, str], ...]:
    version = (WIRE_VERSION_KEY, str(WIRE_VERSION))
    current = telemetry.traceparent()
    return (version, (TRACEPARENT_KEY, current)) if current else (version,)
