"""HTTP calls to the Kubernetes API, as plain JSON: one call in a thread, attempts around it, a span each.

Used by everything else in this folder that talks to the API server.
"""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from services.executor.attempts import Attempt, Attempts
from services.executor.core.error_classes import of_kubernetes
from services.executor.core.steps import CallError, CallResult, ErrorClass, Json
from services.executor.spans import call_span, mark
from services.executor.stopping import StopSignal

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"

# The connection never stood: nothing was sent.
_NEVER_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `verb` and `kind` name its span; `repeatable`: sending it twice does no harm."""

    method: str
    path: str
    verb: str
    kind: str
    body: Json = None
    content_type: str = JSON
    repeatable: bool = True


def object_path(api_version: str, resource: str, *, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """The URL path of an object; of its collection when there is no name (Kubernetes API concepts, resource URIs)."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    parts = [root, *(("namespaces", namespace) if namespace else ()), resource]
    return "/".join(part for part in (*parts, name, subresource) if part)


class KubeClient:
    """Sends requests in threads."""

    def __init__(self, api: client.ApiClient, attempts: Attempts, *, timeout_seconds: float, threads: int) -> None:
        self._api = api
        self._attempts = attempts
        self._timeout_seconds = timeout_seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kube")

    async def call(self, request: Request, stop: StopSignal | None = None) -> CallResult:
        """Sends a request until there is an answer to keep; after `stop`, what waits for a retry counts as not sent."""

        async def send(number: int) -> Attempt:
            with call_span(f"kube {request.verb} {request.kind}", {"elbow.attempt": number}) as span:
                attempt = await asyncio.get_running_loop().run_in_executor(self._pool, self._send, request)
                mark(span, attempt.error)
            return attempt

        return await self._attempts.run(send, repeatable=request.repeatable, stop=stop or StopSignal())

    async def get(self, path: str, kind: str) -> CallResult:
        """Reads one object."""
        return await self.call(Request(method="GET", path=path, verb="get", kind=kind))

    def close(self) -> None:
        """Gives the threads and connections up."""
        self._pool.shutdown(wait=False)
        self._api.close()

    def _send(self, request: Request) -> Attempt:
        mutating = request.method != "GET"
        try:
            status, body = self._exchange(request)
        except _NEVER_SENT as error:
            return _failed(error)
        except ApiException as error:
            return _failed(error)  # a TLS handshake that failed; the client raises nothing else here
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return _failed(error, lost=mutating)
        if status < 300:
            return Attempt(answer=body)
        reason = str(body.get("reason") or "")
        error_class = of_kubernetes(body, status)
        failure = CallError(
            error_class=error_class,
            code=reason or f"HTTP{status}",
            message=str(body.get("message") or f"{request.method} {request.path}: HTTP {status}"),
        )
        return Attempt(error=failure, lost=mutating and error_class is ErrorClass.TRANSIENT)

    def _exchange(self, request: Request) -> tuple[int, dict[str, Any]]:
        method, url, headers, body, _ = self._api.param_serialize(
            request.method,
            request.path,
            header_params={"Accept": JSON, "Content-Type": request.content_type},
            body=request.body,
            auth_settings=["BearerToken"],
        )
        response = self._api.call_api(
            method, url, header_params=headers, body=body, _request_timeout=self._timeout_seconds
        )
        return response.status, _decoded(response.read())


def _decoded(raw: bytes) -> dict[str, Any]:
    """The body as an object; what is no JSON object (a proxy's page) says nothing."""
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _failed(error: Exception, *, lost: bool = False) -> Attempt:
    failure = CallError(error_class=ErrorClass.TRANSIENT, code=type(error).__name__, message=str(error))
    return Attempt(error=failure, lost=lost)


def metadata_of(obj: Mapping[str, Json]) -> Mapping[str, Json]:
    """The object's metadata, empty when it has none."""
    metadata = obj.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
