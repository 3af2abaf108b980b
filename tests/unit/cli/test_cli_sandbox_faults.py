"""`elbow sandbox fault` and `call`: what each asks of the sandbox's switches, and what it says."""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.main import cli


class Switchboard:
    """A sandbox's switches that take everything and remember it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[str, Any] = {"GET faults": [], "GET health": [], "GET throttling": {"on": False}}
        self.refusal = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method != "GET":
            self.asked.append((method, path, body))
        if self.refusal:
            return 400, {"error": self.refusal}
        return 200, self.answers.get(f"{method} {path}", {"id": 7})


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard()


@pytest.fixture
def folder(switchboard: Switchboard, tmp_path: Path) -> Iterator[Path]:
    """The folder of a sandbox that is up and has these switches on both sides."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.removeprefix("/__sandbox/")
            status, value = switchboard.answer(self.command, path, json.loads(content) if content else None)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the standard library

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    state = {"pid": 1, "aws_url": url, "kubernetes_admin_url": url}
    (tmp_path / "sandbox.json").write_text(json.dumps(state))
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path
    server.shutdown()
    server.server_close()


def run(folder: Path, *arguments: str) -> Result:
    command, *rest = arguments
    words = [command] if command == "call" else ["fault", command]
    return CliRunner().invoke(cli, ["sandbox", *words, "--dir", str(folder), *rest])


FAIL = {"kind": "fail", "operation": ".*", "share": 1.0, "seed": 0}


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        pytest.param(
            ["throttle", "--share", "0.3", "--for", "5"],
            {**FAIL, "reason": "throttled", "share": 0.3, "seconds": 5.0},
            id="throttle: a share of the calls, for a while",
        ),
        pytest.param(
            ["error", "TooManyRules", "--operation", "CreateRule", "--times", "2", "--when", "after"],
            {
                **FAIL,
                "code": "TooManyRules",
                "operation": "CreateRule",
                "times": 2,
                "when": "after",
                "status": 400,
                "message": "Injected by the sandbox",
            },
            id="error: its code and how often",
        ),
        pytest.param(
            ["fail", "--nth", "3", "--when", "after"],
            {"kind": "fail", "operation": ".*", "nth": 3, "when": "after", "times": 1, "mutating": True},
            id="fail: once, without an answer, and only calls that change something count",
        ),
        pytest.param(
            ["fail", "--reads", "--code", "InternalFailure", "--status", "500"],
            {
                "kind": "fail",
                "operation": ".*",
                "nth": 1,
                "when": "before",
                "times": 1,
                "mutating": False,
                "code": "InternalFailure",
                "status": 500,
            },
            id="fail: with an error, reads too",
        ),
        pytest.param(
            ["deny", "ec2:.*"],
            {"kind": "fail", "reason": "denied", "operation": "ec2:.*"},
            id="deny: actions as in IAM",
        ),
        pytest.param(
            ["delay", "0.5", "--operation", "Describe.*"],
            {"kind": "delay", "delay_seconds": 0.5, "operation": "Describe.*"},
            id="delay: seconds and operations",
        ),
        pytest.param(["freeze"], {"kind": "freeze"}, id="freeze: all watches"),
        pytest.param(["freeze", "pods"], {"kind": "freeze", "resource": "pods"}, id="freeze: those of a resource"),
        pytest.param(["drop", "pods"], {"kind": "drop", "resource": "pods"}, id="drop: watches of a resource"),
        pytest.param(["forget"], {"kind": "forget"}, id="forget: history"),
        pytest.param(
            ["refuse", "ingresses.networking.k8s.io", "--verb", "list", "--verb", "watch"],
            {"kind": "refuse", "resource": "ingresses.networking.k8s.io", "verbs": ["list", "watch"]},
            id="refuse: verbs",
        ),
        pytest.param(["refuse", "pods"], {"kind": "refuse", "resource": "pods"}, id="refuse: everything"),
        pytest.param(
            ["kill", "web-1", "-n", "shop"],
            {"kind": "kill", "pod": "web-1", "namespace": "shop", "delete": False},
            id="kill: the containers of a pod",
        ),
        pytest.param(
            ["kill", "web-1", "--delete"],
            {"kind": "kill", "pod": "web-1", "namespace": "default", "delete": True},
            id="kill: the pod itself",
        ),
        pytest.param(
            ["cut", "us-west-2a", "--for", "9"],
            {"kind": "zone", "zone": "us-west-2a", "seconds": 9.0},
            id="cut: a zone for a while",
        ),
        pytest.param(["outage", "aws"], {"kind": "outage"}, id="outage: of AWS"),
        pytest.param(["outage", "kubernetes"], {"kind": "outage"}, id="outage: of Kubernetes"),
    ],
)
def test_each_fault_is_asked_for(folder: Path, switchboard: Switchboard, arguments: list[str], body: Any) -> None:
    result = run(folder, *arguments)
    assert (result.exit_code, switchboard.asked) == (0, [("POST", "faults", body)])
    side = "aws" if arguments[0] in {"throttle", "error", "fail", "deny", "delay"} else "kubernetes"
    side = arguments[1] if arguments[0] == "outage" else side
    assert result.output == f"{side}/7 is on; end it with: elbow sandbox fault end {side}/7\n"


def test_what_is_done_at_once_says_so(folder: Path, switchboard: Switchboard) -> None:
    switchboard.answers["POST faults"] = {"id": None}
    assert run(folder, "drop").output == "done\n"


@pytest.mark.parametrize("state", ["on", "off"])
def test_the_limits_of_aws_are_a_switch_of_their_own(folder: Path, switchboard: Switchboard, state: str) -> None:
    assert run(folder, "throttle", "--limits", state).output == f"AWS's request limits are {state}\n"
    assert switchboard.asked == [("PUT", "throttling", {"on": state == "on"})]


def test_what_is_on_is_listed(folder: Path, switchboard: Switchboard) -> None:
    assert run(folder, "list").output == "nothing is switched on\n"
    fault = {"id": 3, "kind": "fail", "seconds_left": 4.4, "operation": "CreateRule", "match": "", "seen": 0}
    switchboard.answers.update(
        {
            "GET faults": [{**fault, "error": {"code": "Throttling", "message": "m", "status": 400}}],
            "GET health": [{"state": "initial", "target_group_arn": None}],
            "GET throttling": {"on": True},
        }
    )
    assert run(folder, "list").output.splitlines() == [
        "ID            KIND        ENDS IN  ABOUT",
        "aws/3         fail        4 s      operation=CreateRule, seen=0, error=Throttling",
        "kubernetes/3  fail        4 s      operation=CreateRule, seen=0, error=Throttling",
        "-             health      -        state=initial",
        "-             throttling  -        limits=those of AWS",
    ]


def test_a_fault_is_ended_by_its_id(folder: Path, switchboard: Switchboard) -> None:
    assert run(folder, "end", "aws/3", "kubernetes/4").exit_code == 0
    assert switchboard.asked == [("DELETE", "faults/3", None), ("DELETE", "faults/4", None)]


def test_a_reset_ends_everything(folder: Path, switchboard: Switchboard) -> None:
    assert run(folder, "reset").output == "nothing was switched on\n"
    assert switchboard.asked == [
        ("DELETE", "faults", None),
        ("DELETE", "faults", None),
        ("DELETE", "health", None),
        ("PUT", "throttling", {"on": False}),
    ]


def test_an_operation_is_called_and_its_answer_printed(folder: Path, switchboard: Switchboard) -> None:
    switchboard.answers["POST call"] = {"Rules": []}
    result = run(folder, "call", "elbv2", "describe-rules", '{"PageSize": 1}')
    assert json.loads(result.output) == {"Rules": []}
    body = {"service": "elbv2", "operation": "describe-rules", "parameters": {"PageSize": 1}}
    assert switchboard.asked == [("POST", "call", body)]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["throttle", "--share", "0"], id="no share"),
        pytest.param(["throttle", "--limits", "on", "--for", "5"], id="limits for a while"),
        pytest.param(["fail", "--status", "500"], id="a status without an error"),
        pytest.param(["delay", "0"], id="no delay"),
        pytest.param(["outage", "mars"], id="an unknown side"),
        pytest.param(["end"], id="no fault"),
        pytest.param(["call", "elbv2", "describe-rules", "["], id="parameters that are no JSON"),
        pytest.param(["call", "elbv2", "describe-rules", "[]"], id="parameters that are no object"),
    ],
)
def test_a_wrong_command_line_asks_for_nothing(folder: Path, switchboard: Switchboard, arguments: list[str]) -> None:
    assert (run(folder, *arguments).exit_code, switchboard.asked) == (2, [])


def test_a_refusal_is_told_in_the_words_of_the_sandbox(folder: Path, switchboard: Switchboard) -> None:
    switchboard.refusal = "there is no node in zone mars"
    result = run(folder, "cut", "mars")
    assert (result.exit_code, result.output) == (1, "Error: there is no node in zone mars\n")


def test_an_id_that_is_none_is_told(folder: Path, switchboard: Switchboard) -> None:
    result = run(folder, "end", "3")
    assert (result.exit_code, switchboard.asked) == (1, [])
    assert "a fault is named like aws/3, not '3'" in result.output


def test_without_a_sandbox_nothing_is_asked(tmp_path: Path) -> None:
    result = run(tmp_path, "list")
    assert (result.exit_code, f"no sandbox is up in {tmp_path}" in result.output) == (1, True)


def test_a_sandbox_that_does_not_answer_is_told(folder: Path) -> None:
    (folder / "sandbox.json").write_text('{"pid": 1, "aws_url": "http://127.0.0.1:1"}')
    result = run(folder, "deny", "ec2:.*")
    assert (result.exit_code, "the sandbox does not answer at http://127.0.0.1:1" in result.output) == (1, True)
    assert "does not say where its kubernetes switches are" in run(folder, "drop").output
