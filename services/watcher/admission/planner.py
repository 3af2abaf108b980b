"""What is asked of the planner about objects that are about to be written. Called by the handlers."""

from collections.abc import Awaitable
from typing import TypeVar

import grpc.aio
from elbow.cluster.v1 import objects_pb2
from elbow.planner.v1 import planner_service_pb2 as wire
from elbow.planner.v1.planner_service_pb2_grpc import PlannerServiceStub

from services.watcher.convert import message_of
from services.watcher.core.admission.reviews import Json
from services.watcher.core.fields import UnreadableObjectError
from services.watcher.core.kinds import Kind

T = TypeVar("T")

_SECONDS = 5.0
"""How long an answer may take: less than webhooks have by default, so that the reason can be told."""


class NoAnswerError(Exception):
    """Nobody could say; the text is for the API server's log."""


class Planner:
    """The planner, over its channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PlannerServiceStub(channel)

    async def gates(self, pod: Json) -> list[str]:
        """All readiness gates that the pod is to have."""
        request = wire.ReviewPodRequest(pod=_message(Kind.POD, pod))
        answer = await _asked(self._stub.ReviewPod(request, timeout=_SECONDS))
        return list(answer.readiness_gates)

    async def complete(self, binding: Json) -> wire.CompleteBindingResponse:
        """What the binding gets from its target group."""
        request = wire.CompleteBindingRequest(binding=_message(Kind.TARGET_GROUP_BINDING, binding))
        return await _asked(self._stub.CompleteBinding(request, timeout=_SECONDS))

    async def binding(self, binding: Json, old: Json | None) -> wire.ReviewBindingResponse:
        """Whether the binding may be written."""
        kind = Kind.TARGET_GROUP_BINDING
        request = wire.ReviewBindingRequest(binding=_message(kind, binding), old=_older(kind, old))
        return await _asked(self._stub.ReviewBinding(request, timeout=_SECONDS))

    async def ingress(self, ingress: Json, old: Json | None) -> wire.ReviewIngressResponse:
        """Whether the Ingress may be written."""
        request = wire.ReviewIngressRequest(ingress=_message(Kind.INGRESS, ingress), old=_older(Kind.INGRESS, old))
        return await _asked(self._stub.ReviewIngress(request, timeout=_SECONDS))


def _message(kind: Kind, raw: Json) -> objects_pb2.Object:
    try:
        return message_of(kind, raw)
    except UnreadableObjectError as error:
        raise NoAnswerError(f"the {kind} cannot be read: {error}") from error


def _older(kind: Kind, raw: Json | None) -> objects_pb2.Object | None:
    return None if raw is None else _message(kind, raw)


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise NoAnswerError(f"the planner does not answer: {error.code().name}: {error.details()}") from error
