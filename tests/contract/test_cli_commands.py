"""The commands that report, against a planner that says what a test wants over a real channel."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import grpc.aio
import pytest
from click.testing import CliRunner, Result
from elbow.planner.v1 import planner_service_pb2 as wire
from elbow.planner.v1.planner_service_pb2_grpc import PlannerServiceServicer, add_PlannerServiceServicer_to_server

from services.cli.main import cli
from services.cli.state import ServiceState, StateFile, UpState
from tests.unit.cli.builders import a_stack, a_status

TRACE = "a" * 32
EXECUTED: Mapping[str, object] = {
    "trace_id": TRACE,
    "span_id": "1",
    "parent_id": None,
    "name": "execute plan",
    "service": "elbow-executor",
    "start_ns": 1,
    "end_ns": 2_000_001,
    "status": "ok",
    "links": [],
}


@dataclass(slots=True)
class Script:
    """What the planner says: the last status for ever, those before it once each."""

    statuses: list[wire.GetStatusResponse] = field(default_factory=lambda: [a_status()])
    stacks: Sequence[wire.StackStatus] = ()
    refusal: str = ""


class ScriptedPlanner(PlannerServiceServicer):
    def __init__(self, script: Script) -> None:
        self._script = script

    async def GetStatus(
        self,
        request: wire.GetStatusRequest,
        context: grpc.aio.ServicerContext[wire.GetStatusRequest, wire.GetStatusResponse],
    ) -> wire.GetStatusResponse:
        if self._script.refusal:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, self._script.refusal)
        statuses = self._script.statuses
        return statuses.pop(0) if len(statuses) > 1 else statuses[0]

    async def ListStacks(
        self, request: wire.ListStacksRequest, context: object
    ) -> AsyncIterator[wire.ListStacksResponse]:
        for stack in self._script.stacks:
            yield wire.ListStacksResponse(stacks=[stack])

    async def GetPlan(self, request: wire.GetPlanRequest, context: object) -> AsyncIterator[wire.GetPlanResponse]:
        raise AssertionError("no command asks for a plan")
        yield wire.GetPlanResponse()

    async def Preview(self, request: wire.PreviewRequest, context: object) -> AsyncIterator[wire.PreviewResponse]:
        raise AssertionError("no command that reports asks for a preview")
        yield wire.PreviewResponse()

    async def ReviewPod(self, request: wire.ReviewPodRequest, context: object) -> wire.ReviewPodResponse:
        raise AssertionError("no command asks for a review")

    async def CompleteBinding(
        self, request: wire.CompleteBindingRequest, context: object
    ) -> wire.CompleteBindingResponse:
        raise AssertionError("no command asks for a review")

    async def ReviewBinding(self, request: wire.ReviewBindingRequest, context: object) -> wire.ReviewBindingResponse:
        raise AssertionError("no command asks for a review")

    async def ReviewIngress(self, request: wire.ReviewIngressRequest, context: object) -> wire.ReviewIngressResponse:
        raise AssertionError("no command asks for a review")


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def address(script: Script) -> AsyncIterator[str]:
    server = grpc.aio.server()
    add_PlannerServiceServicer_to_server(ScriptedPlanner(script), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
def trace_store() -> Iterator[str]:
    """A store that knows one trace."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"spans": [EXECUTED] if self.path == f"/traces/{TRACE}" else []}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def elbow(*arguments: str) -> Result:
    """Beside the loop that the planner is served from."""
    return await asyncio.to_thread(CliRunner().invoke, cli, arguments)


async def test_status_of_a_planner_by_its_address(script: Script, address: str) -> None:
    script.stacks = [a_stack("ingress/shop/web"), a_stack("ingress/shop/api")]
    result = await elbow("status", "--planner-address", address)
    assert result.exit_code == 0, result.output
    assert result.stdout.index("ingress/shop/api") < result.stdout.index("ingress/shop/web")
    assert "\x1b" not in result.stdout


async def test_status_of_a_run(tmp_path: Path, address: str) -> None:
    state_file = StateFile(tmp_path / "state.json")
    services = {"planner": ServiceState(address=address, pid=77)}
    with state_file.held():
        state_file.write(UpState(identity="me", pid=1, services=services))
        result = await elbow("status", "--state-file", str(state_file.path))
    assert result.exit_code == 0, result.output
    assert "process 77" in result.stdout


async def test_status_as_json(script: Script, address: str) -> None:
    script.stacks = [a_stack()]
    result = await elbow("status", "--planner-address", address, "-o", "json")
    answer = json.loads(result.stdout)
    assert (answer["up"], answer["status"]["settled"], answer["stacks"][0]["state"]) == (None, True, "ready")


async def test_a_service_that_is_away_is_exit_code_1(script: Script, address: str) -> None:
    script.statuses = [a_status(executor=wire.LinkStatus(address="127.0.0.1:1", error="connection refused"))]
    result = await elbow("status", "--planner-address", address)
    assert result.exit_code == 1
    assert "not connected  127.0.0.1:1     connection refused" in result.stdout


@pytest.mark.parametrize(
    "wait", [pytest.param([], id="one look"), pytest.param(["--wait", "--timeout=0"], id="waiting")]
)
async def test_a_planner_that_is_away(unused_tcp_port: int, wait: Sequence[str]) -> None:
    result = await elbow("status", "--planner-address", f"127.0.0.1:{unused_tcp_port}", *wait)
    assert result.exit_code == 1
    assert f"the planner at 127.0.0.1:{unused_tcp_port} does not answer: connection refused" in result.stderr


async def test_a_refusal_is_shown_as_it_is(script: Script, address: str) -> None:
    script.refusal = "the caller speaks wire version 2, this planner 1"
    result = await elbow("status", "--planner-address", address, "--wait")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: the planner at {address} refused: the caller speaks wire version 2, this planner 1\n",
    )


async def test_a_wait_ends_when_two_looks_find_everything_settled(script: Script, address: str) -> None:
    busy = a_status(settled=False, queued=1)
    script.statuses = [busy, a_status(), busy, a_status(), a_status()]
    result = await elbow("status", "--planner-address", address, "--wait")
    assert result.exit_code == 0, result.output
    assert len(script.statuses) == 1


async def test_a_wait_that_runs_out_of_time_says_what_is_left(script: Script, address: str) -> None:
    script.statuses = [a_status(settled=False, queued=2)]
    script.stacks = [a_stack(state="working")]
    result = await elbow("status", "--planner-address", address, "--wait", "--timeout=0")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: not settled within 0 s:\n  2 queued\n  ingress/shop/web is working\n",
    )


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["status"], id="status"),
        pytest.param(["status", "--wait"], id="a wait does not wait for who is not there"),
        pytest.param(["trace", "shop/web"], id="trace"),
    ],
)
async def test_who_is_not_up(tmp_path: Path, command: Sequence[str]) -> None:
    result = await elbow(*command, "--state-file", str(tmp_path / "state.json"))
    assert result.exit_code == 1
    assert "elbow is not up" in result.stderr


async def test_down_without_up(tmp_path: Path) -> None:
    result = await elbow("down", "--state-file", str(tmp_path / "state.json"))
    assert (result.exit_code, result.stdout) == (0, f"elbow is not up (state file {tmp_path / 'state.json'})\n")


async def test_the_trace_of_an_object(script: Script, address: str, trace_store: str) -> None:
    script.stacks = [a_stack()]
    result = await elbow("trace", "shop/web", "--planner-address", address, "--trace-store-url", trace_store)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].startswith("execute plan  executor")


async def test_a_trace_by_its_id_needs_no_planner(tmp_path: Path, trace_store: str) -> None:
    store = ["--trace-store-url", trace_store, "--state-file", str(tmp_path / "none.json")]
    result = await elbow("trace", TRACE, *store)
    assert result.exit_code == 0, result.output
    assert TRACE in result.stdout


async def test_all_traces_of_an_object(script: Script, address: str, trace_store: str) -> None:
    script.stacks = [a_stack()]
    store = ["--planner-address", address, "--trace-store-url", trace_store]
    result = await elbow("trace", "Ingress/shop/web", "--all", *store)
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.stdout.splitlines()] == [TRACE, "b" * 32]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["shop/api"], "elbow handles no object shop/api", id="an object that is not handled"),
        pytest.param(["shop/web"], "no trace store is known: set ELBOW_TRACE_STORE_URL", id="no store"),
        pytest.param(
            ["shop/web", "--trace-store-url", "file:///etc"],
            "http:// or https:// address",
            id="an address that is none",
        ),
        pytest.param(
            ["shop/web", "--trace-store-url", "http://127.0.0.1:9"], "does not answer", id="a store that is away"
        ),
    ],
)
async def test_traces_that_cannot_be_shown(
    script: Script, address: str, arguments: Sequence[str], message: str
) -> None:
    script.stacks = [a_stack()]
    result = await elbow("trace", *arguments, "--planner-address", address)
    assert result.exit_code == 1
    assert message in result.stderr


async def test_a_trace_that_is_not_in_the_store(tmp_path: Path, trace_store: str) -> None:
    arguments = ("--trace-store-url", trace_store, "--timeout=0", "--state-file", str(tmp_path / "none.json"))
    result = await elbow("trace", "c" * 32, *arguments)
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: trace {'c' * 32} is not in the trace store: not there yet, forgotten, or sent elsewhere\n",
    )


async def test_what_is_no_object_is_a_wrong_command_line() -> None:
    result = await elbow("trace", "web")
    assert result.exit_code == 2
