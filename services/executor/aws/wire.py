"""One attempt of one AWS call through boto3: what was answered, or what its failure means. Blocks; runs in a thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from services.executor.attempts import Attempt
from services.executor.core.error_classes import of_aws
from services.executor.core.operations import IAM_PREFIXES, Operation
from services.executor.core.steps import CallError, ErrorClass, Json

# The connection never stood: nothing was sent.
_NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An attempt and AWS's id of the request, empty when AWS did not answer."""

    attempt: Attempt
    request_id: str = ""


def send(client: Any, operation: Operation, parameters: Mapping[str, Json]) -> Answered:
    """Sends the call once. A refusal that means success (`satisfied_by`) is an empty answer."""
    try:
        answer = getattr(client, xform_name(operation.name))(**parameters)
    except ClientError as error:
        return _refusal(operation, error)
    except _NEVER_SENT as error:
        return _failed(ErrorClass.TRANSIENT, error)
    except (HTTPClientError, ResponseParserError) as error:
        return _failed(ErrorClass.TRANSIENT, error, lost=operation.mutating)
    except (ParamValidationError, TypeError) as error:
        return _failed(ErrorClass.PERMANENT, error)
    except (NoCredentialsError, PartialCredentialsError) as error:
        return _failed(ErrorClass.DENIED, error)
    except BotoCoreError as error:
        return _failed(ErrorClass.TRANSIENT, error, lost=operation.mutating)
    metadata = answer.pop("ResponseMetadata", {})
    return Answered(attempt=Attempt(answer=_plain(answer)), request_id=metadata.get("RequestId", ""))


def _refusal(operation: Operation, error: ClientError) -> Answered:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    request_id = metadata.get("RequestId", "")
    code = details.get("Code") or "Unknown"
    if code in operation.satisfied_by:
        return Answered(attempt=Attempt(answer={}), request_id=request_id)
    error_class = of_aws(code, metadata.get("HTTPStatusCode", 0))
    message = details.get("Message") or ""
    if error_class is ErrorClass.DENIED:
        message = f"the executor's role lacks {IAM_PREFIXES[operation.service]}:{operation.name}: {message}"
    return Answered(
        attempt=Attempt(
            error=CallError(error_class=error_class, code=code, message=message),
            lost=operation.mutating and error_class is ErrorClass.TRANSIENT,
        ),
        request_id=request_id,
    )


def _failed(error_class: ErrorClass, error: Exception, *, lost: bool = False) -> Answered:
    failure = CallError(error_class=error_class, code=type(error).__name__, message=str(error))
    return Answered(attempt=Attempt(error=failure, lost=lost))


def _plain(value: Any) -> Json:
    """The answer as JSON: times as ISO 8601."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
