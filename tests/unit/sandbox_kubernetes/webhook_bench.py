"""A webhook of a test: an HTTPS server that keeps what it is asked and answers as it is told."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.contract.certificates import Authority

Json = dict[str, Any]
Answer = Callable[[Json], Json | web.Response]


def allowed(_: Json) -> Json:
    return {"allowed": True}


def patched(*operations: Json) -> Answer:
    """Allows, with a JSON patch."""
    patch = base64.b64encode(json.dumps(operations).encode()).decode()
    return lambda _: {"allowed": True, "patchType": "JSONPatch", "patch": patch}


def denied(message: str, code: int = 403) -> Answer:
    return lambda _: {"allowed": False, "status": {"code": code, "message": message, "reason": "Forbidden"}}


@dataclass
class Hook:
    """A served webhook. `asked`: the requests of all reviews, in order."""

    url: str
    bundle: str
    answer: Answer = allowed
    asked: list[Json] = field(default_factory=list)

    def webhook(self, name: str = "a.example.com", **over: Any) -> Json:
        """Its entry in a configuration: pods, at creation."""
        rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
        return {
            "name": name,
            "clientConfig": {"url": f"{self.url}/review", "caBundle": self.bundle},
            "rules": [rule],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            **over,
        }


@asynccontextmanager
async def serving(directory: Path) -> AsyncIterator[Hook]:
    """A webhook on a free port, with a certificate of an authority of its own."""
    authority = Authority(directory)
    files = authority.issue("webhook")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(str(files.cert), str(files.key))
    hook = Hook(url="", bundle=base64.b64encode(Path(str(files.ca)).read_bytes()).decode())

    async def review(request: web.Request) -> web.Response:
        body = await request.json()
        hook.asked.append(body["request"])
        said = hook.answer(body["request"])
        if isinstance(said, web.Response):
            return said
        response = {"uid": body["request"]["uid"], **said}
        return web.json_response({"apiVersion": body["apiVersion"], "kind": body["kind"], "response": response})

    application = web.Application()
    application.router.add_post("/review", review)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    assert site._server is not None
    hook.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield hook
    finally:
        await runner.cleanup()
