"""What happens around every call of a server: wire version, telemetry, errors.

Put together by `server.Server`; each concern is an async context manager that one `Around` interceptor runs a
handler in.
"""

import inspect
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from services.runtime import telemetry
from services.runtime.errors import ServiceError
from services.runtime.wire import REASON_KEY, TRACEPARENT_KEY, WIRE_VERSION, WIRE_VERSION_KEY

Context = grpc.aio.ServicerContext[Any, Any]

WIRE_VERSION_REASON = "WireVersionMismatch"
INTERNAL_REASON = "InternalError"

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as a concern sees it."""

    method: str
    """Full name, "/elbow.planner.v1.PlannerService/Preview"."""

    unary: bool
    """Whether it is one message in and one out."""

    context: Context

    @property
    def of_grpc_itself(self) -> bool:
        """Health and reflection: their callers are probes and grpcurl, not Elbow."""
        return self.method.startswith("/grpc.")

    def metadata(self, key: str) -> str:
        """The last value of a metadata key, "" when the caller sent none."""
        values = [value for name, value in self.context.invocation_metadata() or () if name == key]
        return values[-1] if values and isinstance(values[-1], str) else ""


Concern = Callable[[Call], AbstractAsyncContextManager[None]]


class Around(grpc.aio.ServerInterceptor):
    """Runs every call inside one concern. Handlers are coroutines or async generators."""

    def __init__(self, concern: Concern) -> None:
        self._concern = concern

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Replaces the handler's behaviour by one that runs inside the concern; an unknown method stays unknown."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        unary = not (handler.request_streaming or handler.response_streaming)
        behaviour, rebuild = _taken_apart(handler)
        return rebuild(
            self._inside(str(handler_call_details.method), behaviour, unary=unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _inside(self, method: str, behaviour: Callable[..., Any], *, unary: bool) -> Callable[..., Any]:
        def concern(context: Context) -> AbstractAsyncContextManager[None]:
            return self._concern(Call(method=method, unary=unary, context=context))

        if inspect.isasyncgenfunction(behaviour):

            async def stream(request: object, context: Context) -> AsyncIterator[object]:
                async with concern(context), aclosing(behaviour(request, context)) as messages:
                    async for message in messages:
                        yield message

            return stream

        async def single(request: object, context: Context) -> object:
            async with concern(context):
                return await behaviour(request, context)

        return single


def _taken_apart(handler: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    if handler.request_streaming and handler.response_streaming:
        return handler.stream_stream, grpc.stream_stream_rpc_method_handler
    if handler.request_streaming:
        return handler.stream_unary, grpc.stream_unary_rpc_method_handler
    if handler.response_streaming:
        return handler.unary_stream, grpc.unary_stream_rpc_method_handler
    return handler.unary_unary, grpc.unary_unary_rpc_method_handler


def wire_version(service: str) -> Concern:
    """Refuses a caller of another wire version, or of none, with FAILED_PRECONDITION and what to do about it."""

    @asynccontextmanager
    async def checked(call: Call) -> AsyncIterator[None]:
        theirs = call.metadata(WIRE_VERSION_KEY)
        if theirs != str(WIRE_VERSION) and not call.of_grpc_itself:
            spoken = f"wire version {theirs}" if theirs else "no wire version"
            await call.context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"this {service} speaks wire version {WIRE_VERSION}, the caller sent {spoken}: "
                f"run all of Elbow from one release [{WIRE_VERSION_REASON}]",
                ((REASON_KEY, WIRE_VERSION_REASON),),
            )
        yield

    return checked


def answered(service: str) -> Concern:
    """Gives a call its span, and turns what a handler raises into a status.

    A ServiceError gives its own status, anything else INTERNAL: that is logged whole under an id, and the caller
    learns the id only. The span "PlannerService/Preview" continues the caller's trace; streams get none, they
    outlive every change.
    """

    @asynccontextmanager
    async def mapped(call: Call) -> AsyncIterator[None]:
        with _span(call) as span:
            try:
                yield
                return
            except grpc.aio.AbortError:
                raise  # the handler has answered already
            except ServiceError as error:
                reason, status, text = error.reason, error.grpc_status, error.explain()
                _LOGGER.info("call refused", extra={"method": call.method, "reason": reason, "detail": error.message})
            except Exception:
                error_id = secrets.token_hex(4)
                reason, status = INTERNAL_REASON, grpc.StatusCode.INTERNAL
                text = f"internal error of the {service}; its log has it as error_id {error_id}"
                _LOGGER.exception("call failed", extra={"method": call.method, "error_id": error_id})
            telemetry.record_error(span, reason, text)
        await call.context.abort(status, text, ((REASON_KEY, reason),))

    return mapped


def _span(call: Call) -> AbstractContextManager[telemetry.Span]:
    if not call.unary or call.of_grpc_itself:
        return nullcontext(telemetry.NO_SPAN)
    service, _, name = call.method.removeprefix("/").rpartition("/")
    return telemetry.start_span(
        f"{service.rpartition('.')[2]}/{name}",
        traceparent=call.metadata(TRACEPARENT_KEY),
        kind=telemetry.SpanKind.SERVER,
        attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": name},
    )
