"""WatcherService: the feed as a stream, the projection as a call."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
from elbow.cluster.v1 import objects_pb2
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1.watcher_service_pb2_grpc import WatcherServiceServicer

from services.runtime.errors import InvalidRequestError
from services.watcher.convert import message_of, response_of, secret_name_of, secret_response_of
from services.watcher.core.fields import UnreadableObjectError
from services.watcher.core.projection import UnknownKindError, kind_of
from services.watcher.feed import Feed, Receiver
from services.watcher.secrets import SecretReceiver, Secrets

UNKNOWN_KIND_REASON = "UnknownKind"
UNREADABLE_OBJECT_REASON = "UnreadableObject"

_LOGGER = logging.getLogger(__name__)


class WatcherServicer(WatcherServiceServicer):
    """Answers planners and whoever previews."""

    def __init__(self, feed: Feed, secrets: Secrets) -> None:
        self._feed = feed
        self._secrets = secrets

    async def Watch(
        self,
        request_iterator: AsyncIterator[wire.WatchRequest],
        context: grpc.aio.ServicerContext[wire.WatchRequest, wire.WatchResponse],
    ) -> AsyncIterator[wire.WatchResponse]:
        """Streams until the receiver goes or the watcher stops. Begins when the receiver has said who it is."""
        first = await anext(aiter(request_iterator), wire.WatchRequest())
        fields = {"receiver": first.receiver, "peer": context.peer()}
        _LOGGER.info("receiver connected", extra=fields)
        tasks: set[asyncio.Task[Any]] = set()
        try:
            with self._feed.receiver() as receiver, self._secrets.receiver() as secrets:
                secrets.want(map(secret_name_of, first.secrets))
                tasks.add(asyncio.create_task(_follow(request_iterator, secrets)))
                # Each message waits until HTTP/2 flow control lets it through; meanwhile changes fold.
                async for response in _merged(receiver, secrets, tasks):
                    yield response
        finally:
            for task in tasks:
                task.cancel()
            _LOGGER.info("receiver gone", extra=fields)

    async def Project(
        self,
        request: wire.ProjectRequest,
        context: grpc.aio.ServicerContext[wire.ProjectRequest, wire.ProjectResponse],
    ) -> wire.ProjectResponse:
        """Projects as Watch does. Raises InvalidRequestError that names the object and what is wrong with it."""
        return wire.ProjectResponse(objects=[_projected(place, text) for place, text in enumerate(request.objects)])


async def _follow(requests: AsyncIterator[wire.WatchRequest], secrets: SecretReceiver) -> None:
    """Which Secrets the receiver needs, as it says so."""
    async for request in requests:
        secrets.want(map(secret_name_of, request.secrets))


async def _merged(
    receiver: Receiver, secrets: SecretReceiver, tasks: set[asyncio.Task[Any]]
) -> AsyncIterator[wire.WatchResponse]:
    """What the feed says and how the Secrets are, until the feed is closed."""
    events, states = asyncio.create_task(receiver.next()), asyncio.create_task(secrets.next())
    while True:
        tasks |= {events, states}
        await asyncio.wait((events, states), return_when=asyncio.FIRST_COMPLETED)
        if states.done():
            tasks.discard(states)
            for state in states.result():
                yield secret_response_of(state)
            states = asyncio.create_task(secrets.next())
        if events.done():
            tasks.discard(events)
            if not events.result():
                return
            for event in events.result():
                yield response_of(event)
            events = asyncio.create_task(receiver.next())


def _projected(place: int, text: str) -> objects_pb2.Object:
    try:
        raw = json.loads(text)
        return message_of(kind_of(raw), raw)
    except UnknownKindError as error:
        raise InvalidRequestError(UNKNOWN_KIND_REASON, f"object {place}: {error}") from error
    except UnreadableObjectError as error:
        raise InvalidRequestError(UNREADABLE_OBJECT_REASON, f"object {place}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(UNREADABLE_OBJECT_REASON, f"object {place}: not JSON: {error}") from error
