"""The watcher put together: threads that fill the feed, and the service that streams it."""

from collections.abc import Callable
from functools import partial

from elbow.watcher.v1.watcher_service_pb2_grpc import add_WatcherServiceServicer_to_server

from services.runtime.service import Background, Registration, Service
from services.watcher.admission.opening import open_admission
from services.watcher.convert import copy_of
from services.watcher.core.secrets import SecretName, SecretState
from services.watcher.feed import Feed
from services.watcher.kube.access import open_client
from services.watcher.kube.secret_watch import SecretWatch
from services.watcher.kube.threads import ListWatchThreads
from services.watcher.secrets import Secrets, Stopped
from services.watcher.servicer import WatcherServicer
from services.watcher.settings import WatcherSettings

FULL_NAME = "elbow.watcher.v1.WatcherService"


async def build(settings: WatcherSettings) -> Service:
    """The service for these settings. It starts without the API server and waits for it; raises StartError when
    nothing says how to reach one.
    """
    client = open_client(settings.kubeconfig)
    feed = Feed()
    threads = ListWatchThreads(
        client,
        feed,
        partial(copy_of, quic_variable=settings.quic_environment_variable_name),
        page_size=settings.list_page_size,
        retry_seconds=settings.kind_retry_seconds,
        namespace=settings.watch_namespace,
        own_namespace=settings.namespace,
    )

    def open_watch(secret: SecretName, tell: Callable[[SecretState], None], stopped: Stopped) -> SecretWatch:
        return SecretWatch(client, secret, tell=tell, stopped=stopped, retry_seconds=settings.kind_retry_seconds)

    secrets = Secrets(open_watch)
    servicer = WatcherServicer(feed, secrets)
    admission = await open_admission(settings)

    async def drain() -> None:
        feed.close()
        secrets.close()
        if admission is not None:
            await admission.drain()

    async def close() -> None:
        if admission is not None:
            await admission.close()
        client.close()

    return Service(
        name="watcher",
        servicers=[
            Registration(add=lambda server: add_WatcherServiceServicer_to_server(servicer, server), full_name=FULL_NAME)
        ],
        background=[Background(name="list and watch", run=threads.run)],
        drain=drain,
        close=close,
    )
