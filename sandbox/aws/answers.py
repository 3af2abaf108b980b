"""Answers on the wire: errors in the form of each AWS protocol, and what moto answers. Used by the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from io import BytesIO
from typing import Any
from uuid import uuid4

from werkzeug.test import run_wsgi_app

from sandbox.aws.requests import AwsRequest

StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP response, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error_code(self) -> str | None:
        """The AWS error code that this answer carries; None where it is no error."""
        if self.status < HTTPStatus.BAD_REQUEST:
            return None
        text = self.body.decode(errors="replace")
        found = re.search(r"<Code>(.*?)</Code>", text) or re.search(
            r'"(?:__type|code)"\s*:\s*"(?:[^"]*#)?([^"]+)"', text
        )
        return found[1] if found else str(self.status)

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Send it through a WSGI server."""
        headers = {**self.headers, "Content-Length": str(len(self.body))}
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(headers.items()))
        return [self.body]


def json_answer(value: Any, status: int = HTTPStatus.OK) -> Answer:
    return Answer(status=status, headers={"Content-Type": "application/json"}, body=json.dumps(value).encode())


def error_answer(request: AwsRequest, *, code: str, message: str, status: int) -> Answer:
    """An error as the SDKs expect it from this service (Smithy, AWS Query, EC2 Query and JSON protocols)."""
    if request.protocol in ("json", "rest-json"):
        body = json.dumps({"__type": code, "message": message})
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        return Answer(status=status, headers=headers, body=body.encode())
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if request.protocol == "ec2":
        body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{uuid4()}</RequestID></Response>"
    else:
        kind = "Sender" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{kind}</Type>{error}</Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
        )
    return Answer(status=status, headers={"Content-Type": "text/xml"}, body=body.encode())


def answer_of(application: Any, environ: Mapping[str, Any], body: bytes) -> Answer:
    """What a WSGI application answers to this request."""
    chunks, status, headers = run_wsgi_app(application, {**environ, "wsgi.input": BytesIO(body)}, buffered=True)
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return Answer(status=int(status.split(" ", 1)[0]), headers=kept, body=b"".join(chunks))
