"""An HTTP server that answers list and watch requests from a script, in order, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubernetes import client

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: its lines as chunks, then the end, or a cut in place of the end."""

    status: int = 200
    lines: tuple[bytes, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    held: threading.Event | None = None
    """The answer is neither ended nor cut before this is set."""


def pod(name: str, revision: int, **more: Any) -> Raw:
    return {"metadata": {"namespace": "game-2048", "name": name, "uid": name, "resourceVersion": str(revision)}, **more}


def page(*items: Raw, revision: int, following: str = "") -> Answer:
    metadata = {"resourceVersion": str(revision), **({"continue": following} if following else {})}
    return Answer(lines=(json.dumps({"kind": "PodList", "metadata": metadata, "items": items}).encode(),))


def event(type_: str, item: Raw) -> bytes:
    return json.dumps({"type": type_, "object": item}).encode() + b"\n"


def bookmark(revision: int) -> bytes:
    return event("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(revision)}})


def error(code: int, message: str) -> bytes:
    return event("ERROR", {"kind": "Status", "code": code, "message": message})


def watch(*lines: bytes, cut: bool = False) -> Answer:
    return Answer(lines=lines, cut=cut)


def refusal(status: int, message: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, lines=(json.dumps({"kind": "Status", "message": message}).encode(),), headers=named)


class ScriptedApi:
    """The server's two ends: what it will say and what it was asked."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    @property
    def exhausted(self) -> bool:
        with self._lock:
            return not self._answers

    def next(self, target: str) -> Answer:
        split = urlsplit(target)
        with self._lock:
            self.asked.append((split.path, dict(parse_qsl(split.query))))
            return self._answers.pop(0) if self._answers else Answer(status=500, lines=(b"the script has ended",))

    def client(self) -> client.ApiClient:
        configuration = client.Configuration(host=self.url)
        configuration.retries = False
        return client.ApiClient(configuration)


@contextmanager
def scripted_api(*answers: Answer) -> Iterator[ScriptedApi]:
    """Serves on a loopback port while the block lasts."""
    api = ScriptedApi(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = api.next(self.path)
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Connection", "close")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for line in answer.lines:
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            if answer.held is not None:
                self.wfile.flush()
                answer.held.wait()
            if not answer.cut:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Says nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
