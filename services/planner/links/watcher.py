"""The watcher's stream: opened, read, folded, and opened again when it breaks. One background task of the planner."""

import asyncio
import logging
from collections.abc import Callable

import grpc.aio
from elbow.watcher.v1 import watcher_service_pb2 as pb
from elbow.watcher.v1 import watcher_service_pb2_grpc as rpc

from services.planner.convert.watch import to_events
from services.planner.links.failures import describe
from services.planner.outage import Outage
from services.planner.view.events import Event
from services.planner.view.objects import Name

_LOGGER = logging.getLogger(__name__)


class WatcherLink:
    """Hands every event of the stream to `on_event`, in order, and tells `on_change` that the stream came or broke.

    What a message says is folded before the next one is read, so HTTP/2 flow control holds a fast watcher back.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        receiver: str,
        on_event: Callable[[Event], None],
        on_change: Callable[[bool], None],
        secrets: Callable[[], frozenset[Name]],
    ) -> None:
        """`secrets`: the Secrets that are needed now."""
        self._stub = rpc.WatcherServiceStub(channel)
        self._receiver = receiver
        self._on_event = on_event
        self._on_change = on_change
        self._secrets = secrets
        self.outage = Outage(
            _LOGGER,
            name="watcher",
            meaning="the view stays as it was, nothing is concluded from it",
            clock=asyncio.get_running_loop().time,
        )

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            wait = self.outage.goes_on(await self._watch())
            self._on_change(False)
            await asyncio.sleep(wait)

    async def _watch(self) -> str:
        """Reads one stream to its end and answers why it ended."""
        call = self._stub.Watch()
        try:
            asked = self._secrets()
            await call.write(self._request(asked))
            async for message in call:
                if not self.outage.connected:
                    self.outage.ends()
                    self._on_change(True)
                for event in to_events(message):
                    self._on_event(event)
                needed = self._secrets()
                if needed != asked:
                    asked = needed
                    await call.write(self._request(asked))
        except grpc.aio.AioRpcError as error:
            return describe(error)
        except ValueError as error:
            return f"it sent what this planner does not understand: {error}"
        finally:
            call.cancel()
        return "it ended the stream"

    def _request(self, secrets: frozenset[Name]) -> pb.WatchRequest:
        names = [pb.SecretName(namespace=namespace, name=name) for namespace, name in sorted(secrets)]
        return pb.WatchRequest(receiver=self._receiver, secrets=names)
