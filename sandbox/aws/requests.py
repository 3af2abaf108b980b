"""What a request to the endpoint asks for: service, operation and decoded parameters. The gateway decodes each one."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import botocore.exceptions
import botocore.model
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.utils import get_service_model
from werkzeug.wrappers import Request

from sandbox.aws.elbv2 import wire
from sandbox.faults import is_part

_PATH_PARAMETER = re.compile(r"\{[^}]+\}")
READING = re.compile(r"(Describe|Get|List|Search|Lookup|Check|BatchGet|Admin(Get|List))")
MODEL_NAMES = {"elasticloadbalancing": "elbv2", "tagging": "resourcegroupstaggingapi"}
"""Signing names whose service model has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsRequest:
    """One call of an AWS operation."""

    service: str
    """The signing name: `elasticloadbalancing`, `ec2`, `acm`, `wafv2`, `tagging` and so on."""
    operation: str
    parameters: dict[str, Any]
    """As the service model names them; lists and structures are nested."""
    protocol: str
    """The wire form of the answer: query, ec2, json, rest-json or rest-xml."""
    caller: str = ""
    """The access key id of the signature: it tells the sandbox's own parts from whoever else calls."""
    region: str = ""
    """The Region that the signature is for."""
    version: str = ""
    """The version of the API, where it tells load balancing from its classic predecessor."""

    @property
    def from_sandbox(self) -> bool:
        """Whether a part of the sandbox calls, such as its kubelet, which stands for the VPC CNI."""
        return is_part(self.caller)

    @property
    def mutating(self) -> bool:
        """Whether the operation changes something, by its name."""
        return not READING.match(self.operation)


def decode(environ: Mapping[str, Any], body: bytes) -> AwsRequest:
    """Read a request by the service's model.

    What no model explains (an unknown service or operation, malformed parameters) is given as it was sent: the answer
    says what is wrong with it.
    """
    service, caller, region = _scope(environ)
    if service == "elasticloadbalancing":
        call = wire.parse(body)
        if call is not None:
            return AwsRequest(
                service=service,
                operation=call[0],
                parameters=call[1],
                protocol="query",
                caller=caller,
                region=region,
                version=wire.VERSION,
            )
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    text = body.decode(errors="replace")
    form = urllib.parse.parse_qs(text, keep_blank_values=True)
    operation = target.rpartition(".")[2] or form.get("Action", [environ.get("PATH_INFO", "/")])[0]
    try:
        model = get_service_model(MODEL_NAMES.get(service, service))
        operation = _operation_of_path(model, environ) if operation.startswith("/") else operation
        protocol = determine_request_protocol(model, environ.get("CONTENT_TYPE", ""))
        parameters = _parse(model, operation, protocol, environ, body)
    except (
        botocore.exceptions.BotoCoreError,
        botocore.model.OperationNotFoundError,
        NotImplementedError,
        KeyError,
        ValueError,
        TypeError,
    ):
        protocol = "json" if target else "query"
        parameters = _as_sent(text, form) if body else {}
    return AwsRequest(
        service=service,
        operation=operation,
        parameters=parameters,
        protocol=protocol,
        caller=caller,
        region=region,
    )


def _operation_of_path(model: Any, environ: Mapping[str, Any]) -> str:
    """The operation of a REST service, which says by method and path what it wants; the path itself where none fits."""
    path: str = environ.get("PATH_INFO", "/")
    for name in model.operation_names:
        http = model.operation_model(name).http
        pattern = _PATH_PARAMETER.sub("[^/]+", http["requestUri"].partition("?")[0].rstrip("/"))
        if http["method"] == environ.get("REQUEST_METHOD") and re.fullmatch(pattern, path.rstrip("/")):
            return str(name)
    return path


_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")


def _scope(environ: Mapping[str, Any]) -> tuple[str, str, str]:
    """Service, access key id and Region, from the credential scope of the signature (Signature Version 4)."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (scope[3].lower(), scope[1], scope[2]) if scope else ("unsigned", "", "")


def _parse(model: Any, operation: str, protocol: str, environ: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    request = Request({**environ, "wsgi.input": BytesIO(body)})
    parser = PROTOCOL_PARSERS[protocol](model.operation_model(operation))
    parsed = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": {},
        }
    )
    plain: dict[str, Any] = _plain(parsed)
    return plain


def _plain(value: Any) -> Any:
    """Dicts, lists and JSON scalars only."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _as_sent(text: str, form: Mapping[str, list[str]]) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {key: values[0] for key, values in form.items() if key not in ("Action", "Version")}
    return value if isinstance(value, dict) else {"body": value}
