"""A service as a process: ready file, signals, exit codes, and traces that are not lost at the end."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1 import watcher_service_pb2_grpc as stubs
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.runtime import telemetry
from services.runtime.channel import open_channel
from services.runtime.settings import TlsSettings

ROOT = Path(__file__).parents[2]
TRACE = "0af7651916cd43dd8448eb211c80319c"
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"
POLL_SECONDS = 0.02

pytestmark = pytest.mark.timeout(120)


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps every span that it receives over OTLP."""

    def __init__(self) -> None:
        self.spans: dict[str, Span] = {}
        self.service = ""

    async def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: object
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            names = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
            self.service = names["service.name"]
            self.spans |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
        return trace_service_pb2.ExportTraceServiceResponse()


async def start(*argv: str, environment: Mapping[str, str] | None = None) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contract.lamp_process", *argv),
        cwd=ROOT,
        env=dict(os.environ) | dict(environment or {}),
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(ready_file: Path, **environment: str) -> AsyncIterator[tuple[Process, grpc.aio.Channel]]:
    process = await start("--ready-file", str(ready_file), environment=environment)
    try:
        while not ready_file.exists():
            assert process.returncode is None
            await asyncio.sleep(POLL_SECONDS)
        ready = json.loads(ready_file.read_text())
        assert ready == {"address": ready["address"], "pid": process.pid}
        async with open_channel(ready["address"], TlsSettings(), service_name="planner") as channel:
            yield process, channel
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: Process) -> tuple[int | None, list[dict[str, object]]]:
    """Exit code and log lines."""
    _, errors = await process.communicate()
    return process.returncode, [json.loads(line) for line in errors.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_long_streams_and_ends_with_zero(tmp_path: Path, number: signal.Signals) -> None:
    async with running(tmp_path / "ready.json") as (process, channel):
        watching = stubs.WatcherServiceStub(channel).Watch()
        assert await watching.read() == wire.WatchResponse()
        process.send_signal(number)
        assert await watching.read() == wire.WatchResponse()
        assert await watching.read() == grpc.aio.EOF
        code, lines = await ended(process)
    assert code == 0
    assert [(line["message"], line["service"]) for line in lines] == [
        ("serving", "lamp"),
        ("stopping", "lamp"),
        ("stopped", "lamp"),
    ]
    assert lines[1]["signal"] == number.name


async def test_a_failed_background_task_ends_the_process_with_one() -> None:
    code, lines = await ended(await start("--break-lamp"))
    [failure] = [line for line in lines if line["message"] == "background task failed"]
    assert code == 1
    assert (failure["level"], failure["task"]) == ("error", "burn")
    assert str(failure["exception"]).endswith("ValueError: the lamp broke")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(
            ["--listen", "0.0.0.0:0"],
            "elbow-lamp: --listen 0.0.0.0:0 is reachable from other machines and no TLS files are given: "
            "give --tls-cert, --tls-key and --tls-ca, or say --insecure-listen to serve it to anyone\n",
            id="plain text for others",
        ),
        pytest.param(
            ["--listen", "192.0.2.1:1", "--insecure-listen"],
            "elbow-lamp: cannot listen on 192.0.2.1:1: is it in use, or not an address of this host?\n",
            id="an address of another host",
        ),
        pytest.param(
            ["--ready-file", "/no/such/folder/ready.json"],
            "elbow-lamp: --ready-file /no/such/folder/ready.json cannot be written: No such file or directory\n",
            id="a ready file in a folder that is not there",
        ),
    ],
)
async def test_what_cannot_start_says_so_and_ends_with_two(argv: list[str], message: str) -> None:
    process = await start(*argv, environment={"GRPC_VERBOSITY": "NONE"})
    _, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (2, message)


async def test_a_signal_while_the_service_is_being_made_ends_with_zero() -> None:
    process = await start("--slow-start")
    assert process.stderr is not None
    assert json.loads(await process.stderr.readline())["message"] == "starting slowly"
    process.terminate()
    assert await ended(process) == (0, [])


async def test_a_service_that_cannot_be_made_is_logged_and_ends_with_one() -> None:
    code, lines = await ended(await start("--faulty-start"))
    assert code == 1
    assert [line["message"] for line in lines] == ["the process cannot go on"]
    assert str(lines[0]["exception"]).endswith("ValueError: no lamp")


async def test_traces_are_continued_and_flushed_at_the_end(tmp_path: Path) -> None:
    collector, server = Collector(), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    async with running(tmp_path / "ready.json", **environment) as (process, channel):
        with telemetry.start_span("observe change", traceparent=GIVEN):
            await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest())
        process.terminate()
        code, _ = await ended(process)
    await server.stop(None)
    received, inner = collector.spans["WatcherService/Project"], collector.spans["compute plan"]
    assert (code, collector.service, sorted(collector.spans)) == (
        0,
        "elbow-lamp",
        ["WatcherService/Project", "compute plan"],
    )
    assert (received.trace_id.hex(), received.parent_span_id.hex()) == (TRACE, "b7ad6b7169203331")
    assert (inner.trace_id.hex(), inner.parent_span_id) == (TRACE, received.span_id)
    assert received.kind == Span.SPAN_KIND_SERVER
