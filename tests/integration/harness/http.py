"""JSON over HTTP, one request at a time, without any client's own ideas about retries."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_SECONDS = 30.0


class RefusedError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body[:2000]}")
        self.status = status


@cache
def _opener(tls: ssl.SSLContext | None) -> urllib.request.OpenerDirector:
    own = [urllib.request.HTTPSHandler(context=tls)] if tls else []
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *own)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonHttp:
    """One server that speaks JSON."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Any:
        """The decoded answer, None for an empty one. Raises RefusedError when it is not a success."""
        address = f"{self.url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", **self.headers}
        if data is not None:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(address, data=data, headers=headers, method=method)
        try:
            with _opener(self.tls).open(request, timeout=_SECONDS) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise RefusedError(error.code, error.read().decode(errors="replace")) from error
        return json.loads(content) if content else None
