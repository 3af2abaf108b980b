"""Every operation of the API with its compiled functions, and the statuses of its errors. The service and the gateway's
decoder use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
from botocore.model import OperationModel, ServiceModel

from sandbox.aws.elbv2.wire.parsing import Node, Parse, nested, parser
from sandbox.aws.elbv2.wire.serialising import Write, writer
from sandbox.aws.elbv2.wire.validation import Check, report, validator

_MODEL = ServiceModel(botocore.session.Session().get_component("data_loader").load_service_model("elbv2", "service-2"))
_NAMESPACE = _MODEL.metadata["xmlNamespace"]
VERSION = _MODEL.api_version
"""The version that a request names; classic load balancers share the endpoint under another."""

_parsers: dict[str, Parse] = {}
_validators: dict[str, Check] = {}
_writers: dict[str, Write] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class WireOperation:
    """One operation as it goes over the wire."""

    name: str
    _parse: Parse
    _check: Check
    _write: Write | None
    _result: str
    """The element that holds the result."""

    def parse(self, sent: Node) -> dict[str, Any]:
        """The parameters under the names of the model."""
        parameters: dict[str, Any] = self._parse(sent)
        return parameters

    def problem(self, parameters: Mapping[str, Any]) -> str | None:
        """What the model does not allow in these parameters, as AWS says it; None where all is well."""
        return report(self._check(parameters, ""))

    def serialise(self, result: Mapping[str, Any], request_id: str) -> bytes:
        """The body of an answer. Members of `result` are those of the output shape; None is left out."""
        out = [f'<{self.name}Response xmlns="{_NAMESPACE}">']
        if self._write is not None:
            out.append(f"<{self._result}>")
            self._write(result, out)
            out.append(f"</{self._result}>")
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{self.name}Response>")
        return "".join(out).encode()


def _compiled(model: OperationModel) -> WireOperation:
    output = model.output_shape
    return WireOperation(
        name=model.name,
        _parse=parser(model.input_shape, _parsers),
        _check=validator(model.input_shape, _validators),
        _write=writer(output, _writers) if output is not None else None,
        _result=output.serialization.get("resultWrapper", f"{model.name}Result") if output is not None else "",
    )


OPERATIONS: Mapping[str, WireOperation] = {
    name: _compiled(_MODEL.operation_model(name)) for name in _MODEL.operation_names
}
"""All operations of the model by name."""

_STATUSES = {
    shape.metadata["error"]["code"]: int(shape.metadata["error"]["httpStatusCode"])
    for shape in (_MODEL.shape_for(name) for name in _MODEL.shape_names)
    if shape.metadata.get("exception") and "error" in shape.metadata
}


def error_status(code: str) -> int:
    """The HTTP status of an error code; 400 for those that the model does not list."""
    return _STATUSES.get(code, 400)


def parse(body: bytes) -> tuple[str, dict[str, Any]] | None:
    """Operation and parameters of a request; None for a request of another API than this one."""
    sent = nested(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    operation = OPERATIONS.get(str(sent.pop("Action", "")))
    if operation is None or sent.pop("Version", VERSION) != VERSION:
        return None
    return operation.name, operation.parse(sent)
