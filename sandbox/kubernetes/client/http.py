"""One request at a time to a Kubernetes API: verbs, errors and the lines of a watch."""

import json
from collections.abc import AsyncIterator
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import aiohttp

from sandbox.kubernetes.client.access import Access
from sandbox.kubernetes.client.objects import Object
from sandbox.kubernetes.client.resources import Resource

LIST_PAGE = 500
"""Objects per page of a list, the size that client-go and kubectl ask for."""
_REQUEST_SECONDS = 30


class ApiError(Exception):
    """An answer that is not a success, with what the API's Status object says (API concepts, "Status")."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        """HTTP status code."""
        self.reason = reason
        """Machine-readable reason, such as AlreadyExists; empty where the server gave none."""
        self.message = message

    @property
    def is_conflict(self) -> bool:
        return self.reason == "Conflict"

    @property
    def is_not_found(self) -> bool:
        return self.status == 404

    @property
    def is_gone(self) -> bool:
        """The asked resource version or continuation is no longer kept: list again."""
        return self.status == 410


class PatchType(StrEnum):
    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


class Client:
    """An async HTTP client of one API server. Use it as a context manager: it holds open connections."""

    def __init__(self, access: Access, *, user_agent: str) -> None:
        headers = {"Accept": "application/json", "User-Agent": user_agent}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        self._access = access
        self._headers = headers
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # Each watch keeps a connection, so their number is not limited.
        connector = aiohttp.TCPConnector(ssl=self._access.tls(), limit=0)
        self._session = aiohttp.ClientSession(self._access.url, headers=self._headers, connector=connector)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Object:
        """Send one request and decode the answer. Raises ApiError if refused, aiohttp.ClientError without an answer."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": content_type} if data is not None else None
        async with self._open().request(
            method,
            path,
            params=query,
            data=data,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=_REQUEST_SECONDS),
        ) as response:
            content = await response.read()
            if response.status >= 400:
                raise _error(response.status, content)
            decoded: Object = json.loads(content)
            return decoded

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        return await self.request("GET", resource.path(namespace=namespace, name=name))

    async def list(self, resource: Resource, namespace: str = "", **query: str) -> tuple[list[Object], str]:
        """All objects, page by page, and the resource version the list is consistent with.

        Items of a list carry no kind; it is put back, so that an object is the same from a list and from a watch.
        """
        items: list[Object] = []
        asked = {"limit": str(LIST_PAGE), **query}
        while True:
            page = await self.request("GET", resource.path(namespace=namespace), query=asked)
            for item in page.get("items") or []:
                items.append({"apiVersion": resource.api_version, "kind": resource.kind, **item})
            token = page["metadata"].get("continue")
            if not token:
                return items, page["metadata"]["resourceVersion"]
            asked["continue"] = token

    async def create(self, resource: Resource, namespace: str, body: Object) -> Object:
        return await self.request("POST", resource.path(namespace=namespace), body=body)

    async def create_subresource(
        self, resource: Resource, namespace: str, name: str, subresource: str, body: Object
    ) -> Object:
        path = resource.path(namespace=namespace, name=name, subresource=subresource)
        return await self.request("POST", path, body=body)

    async def update(self, resource: Resource, body: Object, *, subresource: str = "") -> Object:
        """Replace the object; its resourceVersion makes the server refuse a change based on an older one."""
        meta = body["metadata"]
        path = resource.path(namespace=meta.get("namespace", ""), name=meta["name"], subresource=subresource)
        return await self.request("PUT", path, body=body)

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Any,
        *,
        kind: PatchType = PatchType.MERGE,
        subresource: str = "",
        query: dict[str, str] | None = None,
    ) -> Object:
        path = resource.path(namespace=namespace, name=name, subresource=subresource)
        return await self.request("PATCH", path, query=query, body=body, content_type=kind)

    async def delete(self, resource: Resource, namespace: str, name: str, options: Object | None = None) -> Object:
        """Delete with DeleteOptions; the answer is the object, or a Status when it is gone already."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **(options or {})}
        return await self.request("DELETE", resource.path(namespace=namespace, name=name), body=body)

    async def delete_collection(self, resource: Resource, namespace: str, options: Object) -> None:
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        await self.request("DELETE", resource.path(namespace=namespace), body=body)

    async def watch(self, resource: Resource, version: str, seconds: int) -> AsyncIterator[Object]:
        """Events after a resource version, bookmarks among them, until the server or the time limit ends the watch.

        Raises ApiError also for an ERROR event, which is how the server says mid-stream that a version is gone.
        """
        query = {
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
        }
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_REQUEST_SECONDS, sock_read=seconds + _REQUEST_SECONDS)
        async with self._open().get(resource.path(), params=query, timeout=timeout) as response:
            if response.status >= 400:
                raise _error(response.status, await response.read())
            async for line in _lines(response.content):
                event: Object = json.loads(line)
                if event["type"] == "ERROR":
                    raise _status_error(event["object"])
                yield event

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is used outside its context")
        return self._session


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    # aiohttp's own readline refuses lines over its buffer's size; objects may be larger.
    rest = b""
    async for chunk in stream.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line:
                yield line


def _error(status: int, content: bytes) -> ApiError:
    try:
        decoded = json.loads(content)
    except ValueError:
        return ApiError(status, "", content.decode(errors="replace")[:500])
    if isinstance(decoded, dict) and decoded.get("kind") == "Status":
        return _status_error({"code": status, **decoded})
    return ApiError(status, "", str(decoded)[:500])


def _status_error(status: Object) -> ApiError:
    return ApiError(int(status.get("code", 500)), status.get("reason", ""), status.get("message", ""))
