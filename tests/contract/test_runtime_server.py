"""The runtime over a real channel: what a caller sees of wire version, errors, health, limits and TLS."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
import pytest
from elbow.cluster.v1 import objects_pb2
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1 import watcher_service_pb2_grpc as stubs
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.runtime import telemetry
from services.runtime.channel import open_channel
from services.runtime.errors import NotFoundError, StartError
from services.runtime.server import Registration, Server
from services.runtime.settings import ServerSettings, TlsSettings
from services.runtime.wire import MAX_MESSAGE_BYTES, REASON_KEY, TRACEPARENT_KEY, WIRE_VERSION_KEY
from tests.contract.certificates import Authority

WATCHER = "elbow.watcher.v1.WatcherService"
GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Echo(stubs.WatcherServiceServicer):
    """Answers Project as its first object says, and echoes Watch."""

    def __init__(self) -> None:
        self.metadata: dict[str, str | bytes] = {}
        self.ended = asyncio.Event()

    async def Project(
        self, request: wire.ProjectRequest, context: grpc.aio.ServicerContext[wire.ProjectRequest, wire.ProjectResponse]
    ) -> wire.ProjectResponse:
        self.metadata = dict(context.invocation_metadata() or ())
        match request.objects[0] if request.objects else "":
            case "refuse":
                raise NotFoundError("ObjectNotFound", "there is no such object")
            case "fail":
                raise RuntimeError("password=hunter2")
            case "abort":
                await context.abort(grpc.StatusCode.ALREADY_EXISTS, "my own words")
        return wire.ProjectResponse(objects=[objects_pb2.Object() for _ in request.objects])

    async def Watch(
        self, request_iterator: AsyncIterator[wire.WatchRequest], context: object
    ) -> AsyncIterator[wire.WatchResponse]:
        try:
            async for request in request_iterator:
                if request.receiver == "refuse":
                    raise NotFoundError("ObjectNotFound", "there is no such receiver")
                yield wire.WatchResponse()
        finally:
            self.ended.set()


@asynccontextmanager
async def serving(echo: Echo, settings: ServerSettings) -> AsyncIterator[str]:
    registration = Registration(
        add=lambda server: stubs.add_WatcherServiceServicer_to_server(echo, server), full_name=WATCHER
    )
    server = Server("watcher", [registration], settings)
    address = await server.start()
    try:
        yield address
    finally:
        await server.stop(0)


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def address(echo: Echo) -> AsyncIterator[str]:
    async with serving(echo, ServerSettings()) as address:
        yield address


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(address, TlsSettings(), service_name="planner") as channel:
        yield channel


async def test_a_call_of_the_same_wire_version_is_answered(channel: grpc.aio.Channel, echo: Echo) -> None:
    answer = await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(objects=["{}"]))
    assert answer == wire.ProjectResponse(objects=[objects_pb2.Object()])
    assert echo.metadata[WIRE_VERSION_KEY] == "1"
    assert str(echo.metadata["user-agent"]).startswith("elbow-planner ")


async def test_a_given_trace_context_reaches_the_handler_although_telemetry_is_off(
    channel: grpc.aio.Channel, echo: Echo
) -> None:
    with telemetry.start_span("observe change", traceparent=GIVEN):
        await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(), metadata=(("mine", "kept"),))
    assert (echo.metadata[TRACEPARENT_KEY], echo.metadata["mine"]) == (GIVEN, "kept")


@pytest.mark.parametrize(
    ("asked", "status", "detail", "reason"),
    [
        pytest.param(
            "refuse",
            grpc.StatusCode.NOT_FOUND,
            "there is no such object [ObjectNotFound]",
            "ObjectNotFound",
            id="a service error keeps its status, words and reason",
        ),
        pytest.param(
            "abort",
            grpc.StatusCode.ALREADY_EXISTS,
            "my own words",
            None,
            id="what a handler answered by itself is left alone",
        ),
    ],
)
async def test_errors_reach_the_caller(
    channel: grpc.aio.Channel, asked: str, status: grpc.StatusCode, detail: str, reason: str | None
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(objects=[asked]))
    trailing = dict(caught.value.trailing_metadata() or ())
    assert (caught.value.code(), caught.value.details(), trailing.get(REASON_KEY)) == (status, detail, reason)


async def test_an_unexpected_error_is_logged_whole_and_leaks_nothing(
    channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(objects=["fail"]))
    [record] = [record for record in caplog.records if record.message == "call failed"]
    assert caught.value.code() == grpc.StatusCode.INTERNAL
    assert (
        caught.value.details()
        == f"internal error of the watcher; its log has it as error_id {vars(record)['error_id']}"
    )
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


async def test_an_error_in_a_stream_keeps_its_status(channel: grpc.aio.Channel) -> None:
    call = stubs.WatcherServiceStub(channel).Watch()
    await call.write(wire.WatchRequest(receiver="planner"))
    assert await call.read() == wire.WatchResponse()
    await call.write(wire.WatchRequest(receiver="refuse"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert (caught.value.code(), caught.value.details()) == (
        grpc.StatusCode.NOT_FOUND,
        "there is no such receiver [ObjectNotFound]",
    )


async def test_a_handler_hears_of_a_stream_that_the_caller_cut(channel: grpc.aio.Channel, echo: Echo) -> None:
    call = stubs.WatcherServiceStub(channel).Watch()
    await call.write(wire.WatchRequest(receiver="planner"))
    await call.read()
    call.cancel()
    await asyncio.wait_for(echo.ended.wait(), timeout=30)


@pytest.mark.parametrize(
    ("metadata", "sent"),
    [
        pytest.param(((WIRE_VERSION_KEY, "2"),), "wire version 2", id="a newer caller"),
        pytest.param((), "no wire version", id="a caller that says nothing"),
    ],
)
async def test_another_wire_version_is_refused_plainly(
    address: str, metadata: tuple[tuple[str, str], ...], sent: str
) -> None:
    async with grpc.aio.insecure_channel(address) as plain:
        stub = stubs.WatcherServiceStub(plain)
        calls = (stub.Watch(metadata=metadata), stub.Project(wire.ProjectRequest(), metadata=metadata))
        answers = [(await call.code(), await call.details()) for call in calls]
    refusal = (
        grpc.StatusCode.FAILED_PRECONDITION,
        f"this watcher speaks wire version 1, the caller sent {sent}: run all of Elbow from one release"
        " [WireVersionMismatch]",
    )
    assert answers == [refusal, refusal]


@pytest.mark.parametrize("service", [pytest.param("", id="the process"), pytest.param(WATCHER, id="its service")])
async def test_health_is_served_to_callers_without_a_wire_version(address: str, service: str) -> None:
    async with grpc.aio.insecure_channel(address) as plain:
        stub: Any = health_pb2_grpc.HealthStub(plain)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    assert answer == health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


async def test_reflection_lists_the_services_to_callers_without_a_wire_version(address: str) -> None:
    async with grpc.aio.insecure_channel(address) as plain:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", plain))
        call = stub.ServerReflectionInfo()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        answer = await call.read()
    assert sorted(service.name for service in answer.list_services_response.service) == [
        WATCHER,
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ]


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(MAX_MESSAGE_BYTES, grpc.StatusCode.OK, id="a full chunk in its envelope passes"),
        pytest.param(MAX_MESSAGE_BYTES * 2, grpc.StatusCode.RESOURCE_EXHAUSTED, id="twice the limit is refused"),
    ],
)
async def test_message_size_is_limited(channel: grpc.aio.Channel, size: int, status: grpc.StatusCode) -> None:
    call = stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(objects=["x" * size]))
    assert await call.code() == status


async def test_an_address_in_use_is_named(address: str) -> None:
    with pytest.raises(StartError, match=f"^cannot listen on {address}: "):
        async with serving(Echo(), ServerSettings(listen=address)):
            pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("elbow"))


async def test_peers_of_one_authority_talk_over_tls(authority: Authority, echo: Echo) -> None:
    server, client = authority.issue("watcher"), authority.issue("planner")
    async with (
        serving(echo, ServerSettings(tls=server)) as address,
        open_channel(address, client, service_name="planner") as channel,
    ):
        assert await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest()) == wire.ProjectResponse()


async def test_a_caller_without_a_certificate_of_the_authority_is_not_answered(
    authority: Authority, tmp_path: Path, echo: Echo
) -> None:
    stranger = Authority(tmp_path).issue("planner").model_copy(update={"ca": authority.ca})
    async with (
        serving(echo, ServerSettings(tls=authority.issue("watcher"))) as address,
        open_channel(address, stranger, service_name="planner") as channel,
    ):
        call = stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest())
        assert await call.code() == grpc.StatusCode.UNAVAILABLE
    assert echo.metadata == {}
