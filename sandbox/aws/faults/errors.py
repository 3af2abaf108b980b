"""The errors that calls fail with."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.aws.elbv2.limits import refusal_of
from sandbox.aws.requests import AwsRequest

_DENIED = {
    "elasticloadbalancing": ("AccessDenied", HTTPStatus.FORBIDDEN),
    "ec2": ("UnauthorizedOperation", HTTPStatus.FORBIDDEN),
    "sts": ("AccessDenied", HTTPStatus.FORBIDDEN),
    "iam": ("AccessDenied", HTTPStatus.FORBIDDEN),
}
"""Code and status with which services refuse a right (each service's page of common errors)."""
_DENIED_ELSEWHERE = ("AccessDeniedException", HTTPStatus.BAD_REQUEST)
_ACTION_PREFIXES = {"tagging": "tag"}
"""How IAM names services whose signing name is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """An error as AWS answers it."""

    code: str
    message: str
    status: int


class Reason(enum.StrEnum):
    """Why AWS refuses, where each service says it in its own words."""

    THROTTLED = "throttled"
    DENIED = "denied"


def answer_for(reason: Reason, request: AwsRequest) -> ErrorAnswer:
    """How the service of this call says it."""
    if reason is Reason.THROTTLED:
        refusal = refusal_of(request.service)
        return ErrorAnswer(code=refusal.code, message=refusal.message, status=refusal.status)
    code, status = _DENIED.get(request.service, _DENIED_ELSEWHERE)
    action = f"{_ACTION_PREFIXES.get(request.service, request.service)}:{request.operation}"
    message = (
        f"User: arn:aws:sts::123456789012:assumed-role/sandbox/sandbox is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
    return ErrorAnswer(code=code, message=message, status=status)
