"""Admission put together from the settings. Called by `app`."""

import secrets
import time
from dataclasses import dataclass

import grpc.aio

from services.runtime.channel import open_channel
from services.runtime.errors import StartError
from services.watcher.admission.certificates import Certificates
from services.watcher.admission.handlers import Handlers
from services.watcher.admission.planner import Planner
from services.watcher.admission.server import AdmissionServer
from services.watcher.core.admission.server_ids import SEQUENCES, WORKERS, ServerIds
from services.watcher.settings import WatcherSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What runs."""

    server: AdmissionServer
    channel: grpc.aio.Channel
    address: str
    """host:port on which it serves."""

    async def drain(self) -> None:
        """Takes no review any more."""
        await self.server.stop()

    async def close(self) -> None:
        """Ends what is left."""
        await self.channel.close()


async def open_admission(settings: WatcherSettings) -> Admission | None:
    """Serves webhooks where an address is set. Raises StartError."""
    asked = settings.admission
    if asked.address is None:
        return None
    if asked.cert_dir is None or asked.planner is None:
        lacking = "--admission-cert-dir" if asked.cert_dir is None else "--admission-planner"
        raise StartError(f"--admission-address needs {lacking}")
    certificates = Certificates(asked.cert_dir, asked.client_ca)
    channel = open_channel(asked.planner, settings.tls, service_name="watcher")
    ids = ServerIds(
        # The reference controller counts workers in a ConfigMap; a watcher writes nothing, and among so many a number
        # by chance is not met twice within a millisecond.
        worker=secrets.randbelow(WORKERS),
        now_ms=lambda: time.time_ns() // 1_000_000,
        first=lambda: secrets.randbelow(SEQUENCES),
    )
    handlers = Handlers(
        planner=Planner(channel),
        server_ids=ids,
        own_class=settings.load_balancer_class,
        id_variable=settings.quic_environment_variable_name,
    )
    server = AdmissionServer(handlers.by_path(), certificates.context)
    try:
        address = await server.start(asked.address)
    except StartError:
        await channel.close()
        raise
    return Admission(server=server, channel=channel, address=address)
