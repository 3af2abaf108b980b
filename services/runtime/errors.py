"""The base of every error that a service answers a caller with.

Raised by servicers and adapters, turned into a gRPC status by the error interceptor, shown by the CLI as it is.
"""

from typing import ClassVar

import grpc


class ServiceError(Exception):
    """A refusal with a reason code and a message that a user can act on.

    A service derives its own errors from this class and sets `grpc_status`. `reason` is a CamelCase constant that
    appears unchanged in logs, Events, conditions and metric labels; `message` is one sentence without secrets.
    """

    grpc_status: ClassVar[grpc.StatusCode] = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return self.explain()

    def explain(self) -> str:
        """The error as a user reads it: the message, then the reason code in brackets."""
        return f"{self.message} [{self.reason}]"


class InvalidRequestError(ServiceError):
    """The caller sent something that no state of the service could make acceptable."""

    grpc_status = grpc.StatusCode.INVALID_ARGUMENT


class NotFoundError(ServiceError):
    """What the caller asks about is not known here."""

    grpc_status = grpc.StatusCode.NOT_FOUND


class UnavailableError(ServiceError):
    """The service cannot answer now; the same call may succeed later."""

    grpc_status = grpc.StatusCode.UNAVAILABLE


class StartError(Exception):
    """The process cannot start as it was asked to; the text says what to change. Exit code 2."""
