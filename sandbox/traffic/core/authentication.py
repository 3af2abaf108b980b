"""Actions that let only known users or tokens through, as far as a sandbox without identity provider can be honest.

Nobody has a session here: a request is sent to the provider, refused, or let through as the action says. The way back
from a provider is not followed.
"""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox.traffic.configuration import Authenticate, Unauthenticated
from sandbox.traffic.core.answers import SERVER, Answer, error, note
from sandbox.traffic.core.requests import Request

CALLBACK = "/oauth2/idpresponse"


def unauthenticated(action: Authenticate, request: Request, *, state: str) -> Answer | None:
    """The answer to a request without session; None where it goes on to the next action."""
    if request.path == CALLBACK:
        return note(500, "the sandbox follows no identity provider's way back")
    match action.on_unauthenticated:
        case Unauthenticated.ALLOW:
            return None
        case Unauthenticated.DENY:
            return error(401, "no session")
    query = urlencode(
        {
            "client_id": action.client_id,
            "redirect_uri": f"https://{request.host}{CALLBACK}",
            "response_type": "code",
            "scope": action.scope,
            "state": state,
            **action.extra,
        }
    )
    separator = "&" if "?" in action.authorization_endpoint else "?"
    return Answer(
        status=302,
        headers=(("Server", SERVER), ("Location", f"{action.authorization_endpoint}{separator}{query}")),
        ended_in="authenticate action",
    )
