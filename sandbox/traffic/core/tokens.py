"""The jwt-validation action: who comes without a token is refused."""

from __future__ import annotations

import re

from sandbox.traffic.configuration import ValidateToken
from sandbox.traffic.core.answers import Answer, error, note
from sandbox.traffic.core.requests import Request

_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.IGNORECASE)


def without_token(action: ValidateToken, request: Request) -> Answer:
    """The answer to a request at an action that validates tokens.

    Without a token in its Authorization header it is a 401. The sandbox has no network to fetch keys from, so that a
    token that could be good gets what an unreachable key set gets.
    """
    if not _BEARER.fullmatch((request.first("authorization") or "").strip()):
        return error(401, "no token")
    return note(500, f"the sandbox does not reach the keys at {action.jwks_endpoint}")
