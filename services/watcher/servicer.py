"""WatcherService: the feed as a stream, the projection as a call."""

import json
import logging
from collections.abc import AsyncIterator

import grpc
from elbow.cluster.v1 import objects_pb2
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1.watcher_service_pb2_grpc import WatcherServiceServicer

from services.runtime.errors import InvalidRequestError
from services.watcher.convert import message_of, response_of
from services.watcher.core.fields import UnreadableObjectError
from services.watcher.core.projection import UnknownKindError, kind_of
from services.watcher.feed import Feed

UNKNOWN_KIND_REASON = "UnknownKind"
UNREADABLE_OBJECT_REASON = "UnreadableObject"

_LOGGER = logging.getLogger(__name__)


class WatcherServicer(WatcherServiceServicer):
    """Answers planners and whoever previews."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def Watch(
        self,
        request_iterator: AsyncIterator[wire.WatchRequest],
        context: grpc.aio.ServicerContext[wire.WatchRequest, wire.WatchResponse],
    ) -> AsyncIterator[wire.WatchResponse]:
        """Streams until the receiver goes or the watcher stops. Begins when the receiver has said who it is."""
        name = ""
        async for request in request_iterator:
            name = request.receiver
            break
        fields = {"receiver": name, "peer": context.peer()}
        _LOGGER.info("receiver connected", extra=fields)
        try:
            with self._feed.receiver() as receiver:
                while events := await receiver.next():
                    for event in events:
                        # Each message waits until HTTP/2 flow control lets it through; meanwhile changes fold.
                        yield response_of(event)
        finally:
            _LOGGER.info("receiver gone", extra=fields)

    async def Project(
        self,
        request: wire.ProjectRequest,
        context: grpc.aio.ServicerContext[wire.ProjectRequest, wire.ProjectResponse],
    ) -> wire.ProjectResponse:
        """Projects as Watch does. Raises InvalidRequestError that names the object and what is wrong with it."""
        return wire.ProjectResponse(objects=[_projected(place, text) for place, text in enumerate(request.objects)])


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
