"""Clients under a role of another account, for target groups whose TargetGroupBinding names one (targets and readiness,
section 6). Kept until shortly before their credentials expire. Used by the AWS caller.

Calls under a role count against the buckets of the executor's own account too: a little slow is better than a second
budget for each account.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from services.executor.core.steps import AssumedRole, CallError, CallResult, Json, Outcome

_RENEW_BEFORE = timedelta(minutes=5)
_LONGEST_SESSION_NAME = 64  # STS API reference, AssumeRole

Clients = Mapping[str, Any]
"""boto3 clients by boto3's service name."""

Assume = Callable[[Mapping[str, Json]], Awaitable[CallResult]]
"""Sends AssumeRole with these parameters, as the executor itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Temporary credentials of an assumed role."""

    access_key_id: str
    secret_access_key: str
    session_token: str


class Bindings(Protocol):
    """Knows which role a TargetGroupBinding names."""

    async def role_refusal(self, role: AssumedRole) -> CallError | None:
        """Why the role may not be assumed, None when its binding names it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assumed:
    clients: Clients
    good_until: datetime


class AssumedRoles:
    """The roles that were assumed; only ones that their binding names."""

    def __init__(
        self,
        bindings: Bindings,
        make_clients: Callable[[Credentials], Clients],
        *,
        cluster: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bindings = bindings
        self._make_clients = make_clients
        self._session_name = f"AWS-LBC-{cluster}"[:_LONGEST_SESSION_NAME]
        self._now = now
        self._assumed: dict[tuple[str, str], _Assumed] = {}
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}

    async def clients(self, role: AssumedRole, assume: Assume) -> Clients | CallResult:
        """The clients of a role, or the result of the call that could not be made for want of them."""
        if (error := await self._bindings.role_refusal(role)) is not None:
            return CallResult(outcome=Outcome.REFUSED, error=error)
        name = role.arn, role.external_id
        async with self._turns.setdefault(name, asyncio.Lock()):
            standing = self._assumed.get(name)
            if standing is not None and self._now() < standing.good_until:
                return standing.clients
            result = await assume(self._parameters(role))
            if result.outcome is not Outcome.ACCEPTED:
                return result
            made = await asyncio.to_thread(self._made, result.answer["Credentials"])
            self._assumed[name] = made
            if standing is not None:
                _close(standing)
            return made.clients

    def close(self) -> None:
        """Gives the connections up."""
        for assumed in self._assumed.values():
            _close(assumed)

    def _parameters(self, role: AssumedRole) -> Mapping[str, Json]:
        external = {"ExternalId": role.external_id} if role.external_id else {}
        return {"RoleArn": role.arn, "RoleSessionName": self._session_name, **external}

    def _made(self, answered: Mapping[str, Json]) -> _Assumed:
        credentials = Credentials(
            access_key_id=answered["AccessKeyId"],
            secret_access_key=answered["SecretAccessKey"],
            session_token=answered["SessionToken"],
        )
        expires = datetime.fromisoformat(answered["Expiration"])
        return _Assumed(clients=self._make_clients(credentials), good_until=expires - _RENEW_BEFORE)


def _close(assumed: _Assumed) -> None:
    """Gives up connections that nobody uses just now; calls in flight end on theirs."""
    for client in assumed.clients.values():
        client.close()
