"""A cluster without sockets, for tests of the API server's rules: calls in, objects or refusals out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.kubernetes.apiserver.api import Answer, Api, Request
from sandbox.kubernetes.apiserver.errors import ApiError
from sandbox.kubernetes.apiserver.negotiation import accepted
from sandbox.kubernetes.apiserver.routes import target_of, verb_of
from sandbox.kubernetes.apiserver.store import DEFAULT_WINDOW, encode
from sandbox.kubernetes.apiserver.watching import Watcher

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW_TEXT = "2026-01-02T03:04:05Z"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

NAMESPACED = "/api/v1/namespaces/default"
SERVICES = f"{NAMESPACED}/services"
PODS = f"{NAMESPACED}/pods"
CONFIG_MAPS = f"{NAMESPACED}/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Cluster:
    """Requests by method, path and body, as a client would make them."""

    def __init__(self, *, window: int = DEFAULT_WINDOW) -> None:
        self.api = Api(clock=lambda: NOW, history_window=window)

    async def answer(
        self, method: str, url: str, body: Any = None, *, content_type: str = "application/json", accept: str = ""
    ) -> Answer:
        return await self.api.answer(self._request(method, url, body, content_type, accept))

    async def call(
        self, method: str, url: str, body: Any = None, *, content_type: str = "application/json", accept: str = ""
    ) -> Any:
        """The decoded answer; raises the refusal."""
        return json.loads((await self.answer(method, url, body, content_type=content_type, accept=accept)).body)

    async def status(self, method: str, url: str, body: Any = None, *, content_type: str = "application/json") -> Any:
        """The Status with which a request is refused."""
        try:
            answer = await self.call(method, url, body, content_type=content_type)
        except ApiError as error:
            return error.to_status()
        raise AssertionError(f"not refused: {answer}")

    def watcher(self, url: str) -> Watcher:
        return self.api.watch(self._request("GET", url, None, "", ""))

    def _request(self, method: str, url: str, body: Any, content_type: str, accept: str) -> Request:
        path, _, text = url.partition("?")
        query = dict(part.split("=", 1) for part in text.split("&") if part)
        target = target_of(self.api.catalog, [segment for segment in path.split("/") if segment])
        verb = verb_of(method, target, watch="watch" in query)
        assert verb is not None
        return Request(
            target=target,
            verb=verb,
            query=query,
            content_type=content_type,
            user_agent="tester/1.0",
            body=b"" if body is None else encode(body),
            shape=accepted(accept),
        )


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    """A Deployment of one container; `spec` goes on top."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "web:1"}]}}
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], "selector": {"app": "web"}, **spec}}


def pod(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "web:1"}], **spec}}


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


def ingress(*paths: dict[str, Any], name: str = "web", **spec: Any) -> dict[str, Any]:
    rules = [{"http": {"paths": list(paths)}}] if paths else []
    return {"metadata": {"name": name}, "spec": {**({"rules": rules} if rules else {}), **spec}}


def path(value: str = "/", kind: str | None = "Prefix", **backend: Any) -> dict[str, Any]:
    target = backend or {"service": {"name": "web", "port": {"number": 80}}}
    return {"path": value, "backend": target, **({"pathType": kind} if kind else {})}


def plain(obj: dict[str, Any]) -> dict[str, Any]:
    """An object without what every write makes anew."""
    unstable = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
    metadata = {key: value for key, value in obj["metadata"].items() if key not in unstable}
    return {**obj, "metadata": metadata}


def causes(status: dict[str, Any]) -> list[tuple[str, str]]:
    return [(cause["field"], cause["message"]) for cause in status["details"]["causes"]]
