"""What one attempt through boto3 means, by what botocore raises."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from services.executor.aws.wire import send
from services.executor.core.operations import OPERATIONS
from services.executor.core.steps import ErrorClass

CREATE = OPERATIONS["elbv2", "CreateTargetGroup"]
DELETE = OPERATIONS["elbv2", "DeleteListener"]
READ = OPERATIONS["elbv2", "DescribeTags"]
URL = "http://127.0.0.1:1"


class Client:
    """Answers every method in one way."""

    def __init__(self, outcome: Exception | dict[str, Any]) -> None:
        self._outcome = outcome

    def __getattr__(self, _: str) -> Callable[..., dict[str, Any]]:
        def call(**_: Any) -> dict[str, Any]:
            if isinstance(self._outcome, Exception):
                raise self._outcome
            return self._outcome

        return call


def refusal(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "text"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r-1"},
    }
    return ClientError(response, "Any")


@pytest.mark.parametrize(
    ("error", "error_class", "lost"),
    [
        pytest.param(EndpointConnectionError(endpoint_url=URL), ErrorClass.TRANSIENT, False, id="refused connection"),
        pytest.param(ConnectTimeoutError(endpoint_url=URL), ErrorClass.TRANSIENT, False, id="no connection in time"),
        pytest.param(ReadTimeoutError(endpoint_url=URL), ErrorClass.TRANSIENT, True, id="no answer in time"),
        pytest.param(ConnectionClosedError(endpoint_url=URL), ErrorClass.TRANSIENT, True, id="cut connection"),
        pytest.param(ResponseParserError("html"), ErrorClass.TRANSIENT, True, id="unreadable answer"),
        pytest.param(ParamValidationError(report="no"), ErrorClass.PERMANENT, False, id="wrong parameters"),
        pytest.param(NoCredentialsError(), ErrorClass.DENIED, False, id="no credentials"),
        pytest.param(refusal("InternalFailure", 500), ErrorClass.TRANSIENT, True, id="server error"),
        pytest.param(refusal("Throttling", 400), ErrorClass.THROTTLED, False, id="throttle"),
        pytest.param(refusal("TooManyTargetGroups", 400), ErrorClass.QUOTA, False, id="quota"),
    ],
)
def test_a_failed_attempt(error: Exception, error_class: ErrorClass, lost: bool) -> None:
    attempt = send(Client(error), CREATE, {}).attempt
    assert attempt.error is not None
    assert (attempt.error.error_class, attempt.lost) == (error_class, lost)


def test_a_read_is_never_lost() -> None:
    assert not send(Client(ReadTimeoutError(endpoint_url=URL)), READ, {}).attempt.lost


def test_an_answer_is_plain_json_without_metadata() -> None:
    created = datetime(2026, 5, 1, 12, tzinfo=UTC)
    answer = {"Items": [{"CreatedTime": created}], "ResponseMetadata": {"RequestId": "r-1"}}
    answered = send(Client(answer), CREATE, {})
    assert answered.attempt.answer == {"Items": [{"CreatedTime": "2026-05-01T12:00:00+00:00"}]}
    assert answered.request_id == "r-1"


def test_a_refusal_that_means_success_is_an_empty_answer() -> None:
    attempt = send(Client(refusal("ListenerNotFound", 400)), DELETE, {}).attempt
    assert (attempt.answer, attempt.error) == ({}, None)
