"""`elbow sandbox curl` and `addresses` against a folder's tables and a small HTTP server."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.main import cli

LB = "web-1.us-west-2.elb.amazonaws.com"


@dataclass
class Sandbox:
    """A folder with tables, and what was asked at the one server behind its addresses."""

    folder: Path
    asked: list[str] = field(default_factory=list)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["sandbox", arguments[0], "--dir", str(self.folder), *arguments[1:]])


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.asked.append(f"{self.command} {self.path} {self.headers['Host']} {self.headers['X-A']} {body!r}")
            self.send_response(503 if "broken" in self.path else 200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"yes")

        do_POST = do_HEAD = do_GET  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"127.0.0.1:{server.server_port}"
        (tmp_path / "load-balancers.json").write_text(json.dumps({f"{LB}:80": where, f"{LB}:81": "127.0.0.1:1"}))
        (tmp_path / "pods.json").write_text(json.dumps({"10.0.100.18:8080": where}))
        yield made
        server.shutdown()


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        pytest.param([f"http://{LB}/a?b=c"], f"GET /a?b=c {LB} None b''", id="a load balancer"),
        pytest.param([f"HTTP://{LB.upper()}"], f"GET / {LB} None b''", id="a load balancer in capitals"),
        pytest.param(["10.0.100.18:8080/x"], "GET /x 10.0.100.18:8080 None b''", id="a pod, without http://"),
        pytest.param(
            [f"http://{LB}/", "-H", "Host: web.test", "-H", "X-A: b"], "GET / web.test b b''", id="with headers"
        ),
        pytest.param([f"http://{LB}/", "-d", "e=f"], f"POST / {LB} None b'e=f'", id="with a body"),
        pytest.param([f"http://{LB}/", "-I"], f"HEAD / {LB} None b''", id="the head only"),
    ],
)
def test_requests(sandbox: Sandbox, arguments: list[str], asked: str) -> None:
    result = sandbox.run("curl", *arguments)
    assert (result.exit_code, sandbox.asked) == (0, [asked]), result.output


def test_the_body_is_the_output_and_the_head_comes_where_it_is_asked_for(sandbox: Sandbox) -> None:
    assert sandbox.run("curl", f"http://{LB}/").output == "yes"
    lines = sandbox.run("curl", "-i", f"http://{LB}/broken").output.split("\n")
    assert (lines[0], lines[-1]) == ("HTTP/1.0 503 Service Unavailable", "yes")


def test_answers_are_counted(sandbox: Sandbox) -> None:
    assert sandbox.run("curl", "--count", "3", f"http://{LB}/").output.split() == ["3", "200"]


def test_a_name_is_only_resolved(sandbox: Sandbox) -> None:
    result = sandbox.run("curl", "--resolve-only", f"http://{LB}:81/")
    assert (result.output, sandbox.asked) == ("127.0.0.1:1\n", [])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["http://other.test/"], 1, "nothing listens at other.test:80", id="an unknown name"),
        pytest.param([f"http://{LB}:81/"], 1, "Connection refused", id="a socket that is gone"),
        pytest.param(["ftp://x/"], 1, "is no URL of HTTP or HTTPS", id="another scheme"),
        pytest.param([f"http://{LB}:x/"], 1, "has no valid port", id="a port that is none"),
        pytest.param([f"http://{LB}/", "-H", "nonsense"], 2, "is no header", id="a header that is none"),
        pytest.param([f"http://{LB}/", "--client-address", "me"], 2, "is no IP address", id="a client that is none"),
        pytest.param(
            [f"http://{LB}/", "--client-address", "192.0.2.1"], 1, "carries traffic", id="a client without a data plane"
        ),
        pytest.param(
            ["http://10.0.100.18:8080/", "--client-address", "192.0.2.1"],
            1,
            "only a load balancer",
            id="a pod's client",
        ),
    ],
)
def test_what_cannot_be_done_is_said(sandbox: Sandbox, arguments: list[str], code: int, said: str) -> None:
    result = sandbox.run("curl", *arguments)
    assert result.exit_code == code
    assert said in result.output


def test_a_client_is_claimed_at_the_door(sandbox: Sandbox) -> None:
    heard: list[bytes] = []

    def door(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            heard.append(connection.recv(28 + 3 + len(LB) + 3))
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        (sandbox.folder / "traffic.json").write_text(json.dumps({"door": f"127.0.0.1:{server.getsockname()[1]}"}))
        thread = threading.Thread(target=door, args=(server,))
        thread.start()
        result = sandbox.run("curl", "-i", "--client-address", "192.0.2.1", f"http://{LB}/")
        thread.join()
    assert result.output.startswith("HTTP/1.1 204")
    assert heard[0][16:20] == bytes([192, 0, 2, 1])
    assert heard[0].endswith(f"{LB}:80".encode())


def test_addresses_are_listed(sandbox: Sandbox) -> None:
    lines = sandbox.run("addresses").output.split("\n")
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [f"{LB}:80", f"{LB}:81", "10.0.100.18:8080"]


def test_an_empty_sandbox_has_no_addresses(tmp_path: Path) -> None:
    assert Sandbox(tmp_path).run("addresses").output == "load balancers\n  none\npods and nodes\n  none\n"
