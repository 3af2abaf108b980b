"""A small Kubernetes API for the executor's contract tests: objects by URL path.

It keeps what the executor relies on: resource versions, UIDs, preconditions of patches and deletes, AlreadyExists,
merge patches, and the merge of pod conditions by type.
"""

import json
import threading
import uuid
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]


class ApiError(Exception):
    """An error that is answered as a Status."""

    def __init__(self, status: int, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.details = {"causes": [{"reason": "FieldValueInvalid", "field": field}]} if field else {}


class FakeKubernetes:
    """Serves on loopback. `objects` by path; `requests` as they came: method, path, body; `fail`: errors to answer."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.fail: dict[tuple[str, str], list[ApiError]] = {}
        self._lock = threading.Lock()
        self._version = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="fake-kubernetes", daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put(self, path: str, obj: Object) -> Object:
        """Sets an object, with a new resource version and, where it has none, a UID."""
        with self._lock:
            return self._store(path, deepcopy(obj))

    def writes(self, method: str, path: str) -> list[Any]:
        """Bodies of the requests with that method and path."""
        return [body for each, where, body in self.requests if (each, where) == (method, path)]

    def write_kubeconfig(self, folder: Path) -> Path:
        """A kubeconfig for this server."""
        path = folder / "kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "fake", "user": {"token": "fake"}}],
        }
        path.write_text(yaml.safe_dump(config))
        return path

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Object]:
        """One request."""
        with self._lock:
            self.requests.append((method, path, body))
            try:
                if pending := self.fail.get((method, path)):
                    raise pending.pop(0)
                return (201 if method == "POST" else 200), self._act(method, path, body)
            except ApiError as error:
                status = {
                    "kind": "Status",
                    "reason": error.reason,
                    "message": f"{method} {path}: {error.reason}",
                    "details": error.details,
                }
                return error.status, status

    def _act(self, method: str, path: str, body: Any) -> Object:
        if method == "POST":
            name = f"{path}/{body['metadata']['name']}"
            if name in self.objects:
                raise ApiError(409, "AlreadyExists")
            return self._store(name, body)
        path = path.removesuffix("/status")
        if path not in self.objects:
            raise ApiError(404, "NotFound")
        standing = self.objects[path]
        if method == "DELETE":
            self._check(standing, (body or {}).get("preconditions") or {})
            return self.objects.pop(path)
        if method == "PATCH":
            if (body.get("metadata") or {}).get("uid") not in {None, standing["metadata"]["uid"]}:
                raise ApiError(422, "Invalid", "metadata.uid")  # as the real one answers it
            self._check(standing, body.get("metadata") or {})
            return self._store(path, _merged(standing, body))
        return standing

    def _check(self, standing: Object, given: Object) -> None:
        for key in ("uid", "resourceVersion"):
            if given.get(key) not in {None, standing["metadata"][key]}:
                raise ApiError(409, "Conflict")

    def _store(self, path: str, obj: Object) -> Object:
        self._version += 1
        metadata = obj.setdefault("metadata", {})
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata["resourceVersion"] = str(self._version)
        self.objects[path] = obj
        return obj

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                status, answer = fake.answer(self.command, self.path, body)
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the standard library

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name of the standard library
                """Says nothing."""

        return Handler


def _merged(standing: Any, patch: Any) -> Any:
    """RFC 7386, but conditions merge by type as in a strategic merge patch."""
    if not isinstance(patch, dict) or not isinstance(standing, dict):
        return patch
    merged = dict(standing)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif key == "conditions":
            by_type = {each["type"]: each for each in merged.get(key) or ()}
            for condition in value:
                by_type[condition["type"]] = by_type.get(condition["type"], {}) | condition
            merged[key] = list(by_type.values())
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged
