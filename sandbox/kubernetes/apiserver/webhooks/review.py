"""The review of one request by webhooks, around writes that are whole in one step.

A write asks while it is worked on and cannot wait. So what it asks for the first time ends it; the webhook is called,
and the write is worked on again from the start, with the object as it is by then. An answer counts for exactly what was
asked: when the object has changed in between, the webhook is asked again, as a real API server does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sandbox.kubernetes.apiserver.decoding import Mismatch, decode
from sandbox.kubernetes.apiserver.errors import ApiError
from sandbox.kubernetes.apiserver.kinds.registry import Kinds
from sandbox.kubernetes.apiserver.metadata import Birth
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy, without
from sandbox.kubernetes.apiserver.patches import json_patch
from sandbox.kubernetes.apiserver.resources import Catalog
from sandbox.kubernetes.apiserver.reviews import Asked
from sandbox.kubernetes.apiserver.store import Store, encode
from sandbox.kubernetes.apiserver.webhooks.calls import Caller, CallFailedError, Verdict
from sandbox.kubernetes.apiserver.webhooks.configurations import Configurations, Match, Phase

_LOGGER = logging.getLogger(__name__)
_ROUNDS = 20
T = TypeVar("T")


class _PendingError(Exception):
    """Webhooks have to be called before the write can go on."""

    def __init__(self, phase: Phase, key: bytes, asked: Asked) -> None:
        super().__init__(phase)
        self.phase = phase
        self.key = key
        self.asked = asked


class Webhooks:
    """All webhooks of a cluster."""

    def __init__(self, *, store: Store, catalog: Catalog, kinds: Kinds) -> None:
        self.configurations = Configurations(store, catalog)
        self.caller = Caller(store)
        self.kinds = kinds

    def review(self) -> WebhookReview:
        """The review of one request."""
        return WebhookReview(self)

    async def close(self) -> None:
        """Closes the connections."""
        await self.caller.close()


class WebhookReview:
    """Answers a request's writes, and calls what they wait for. `birth` is that of the object it may make."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._answers: dict[bytes, JsonObject | None] = {}
        self.birth = Birth()
        self.warnings: list[str] = []

    async def settled(self, write: Callable[[], T]) -> T:
        """What the write gives once every webhook has been asked; ApiError for a refusal."""
        for _ in range(_ROUNDS):
            try:
                return write()
            except _PendingError as pending:
                if pending.phase is Phase.MUTATING:
                    self._answers[pending.key] = await self._mutate(pending.asked)
                else:
                    await self._validate(pending.asked)
                    self._answers[pending.key] = None
        raise _internal("the object changed each time it had been reviewed")

    def mutate(self, asked: Asked, with_defaults: Callable[[], JsonObject | None]) -> JsonObject | None:
        """As Review has it."""
        if not self._webhooks.configurations.matches(Phase.MUTATING, asked):
            return None
        shown = replace(asked, object=with_defaults())
        return deep_copy(self._answer(Phase.MUTATING, shown))  # type: ignore[no-any-return]

    def validate(self, asked: Asked) -> None:
        """As Review has it."""
        if self._webhooks.configurations.matches(Phase.VALIDATING, asked):
            self._answer(Phase.VALIDATING, asked)

    def _answer(self, phase: Phase, asked: Asked) -> JsonObject | None:
        key = _key(phase, asked)
        if key not in self._answers:
            raise _PendingError(phase, key, asked)
        return self._answers[key]

    async def _mutate(self, asked: Asked) -> JsonObject | None:
        """One after the other, each on what the one before has made."""
        obj = asked.object
        for match in self._webhooks.configurations.matches(Phase.MUTATING, asked):
            now = _with_object(match, obj)
            verdict = await self._call(now)
            if verdict is None:
                continue
            self._require(match, verdict)
            if verdict.patch and now.asked.object is not None:
                obj = self._patched(match, now.asked.object, verdict)
        return obj

    async def _validate(self, asked: Asked) -> None:
        """All at once; of several refusals the first one counts."""
        matches = self._webhooks.configurations.matches(Phase.VALIDATING, asked)
        verdicts = await asyncio.gather(*map(self._call, matches), return_exceptions=True)
        for match, verdict in zip(matches, verdicts, strict=True):
            if isinstance(verdict, BaseException):
                raise verdict
            if verdict is not None:
                self._require(match, verdict)

    async def _call(self, match: Match) -> Verdict | None:
        """The verdict; None for a webhook that fails and may (failurePolicy)."""
        name = match.webhook["name"]
        try:
            verdict = await self._webhooks.caller.call(match)
        except CallFailedError as error:
            if match.webhook["failurePolicy"] == "Ignore":
                _LOGGER.warning("failed calling webhook, failing open", extra={"webhook": name, "error": str(error)})
                return None
            raise _internal(f'failed calling webhook "{name}": {error}') from error
        self.warnings.extend(text for text in verdict.warnings if text not in self.warnings)
        return verdict

    def _patched(self, match: Match, obj: JsonObject, verdict: Verdict) -> JsonObject:
        resource = match.asked.resource
        try:
            patched = json_patch(obj, verdict.patch)
            return decode(self._webhooks.kinds.schema(resource), patched, typed=not resource.custom).object
        except (ApiError, Mismatch) as error:
            raise _internal(str(error)) from error

    @staticmethod
    def _require(match: Match, verdict: Verdict) -> None:
        if verdict.allowed:
            return
        status = verdict.status
        denied = f'admission webhook "{match.webhook["name"]}" denied the request'
        why = status.get("message") or status.get("reason")
        raise ApiError(
            code=max(int(status.get("code") or 0), 400),
            reason=status.get("reason") or "",
            message=f"{denied}: {why}" if why else f"{denied} without explanation",
            details=status.get("details"),
        )


def _with_object(match: Match, obj: JsonObject | None) -> Match:
    asked = match.asked
    if obj is None or asked.object is None:
        return match
    fitting = {**obj, "apiVersion": asked.resource.group_version}
    return replace(match, asked=replace(asked, object=fitting))


def _internal(why: str) -> ApiError:
    return ApiError(
        code=500,
        reason="InternalError",
        message=f"Internal error occurred: {why}",
        details={"causes": [{"message": why}]},
    )


def _key(phase: Phase, asked: Asked) -> bytes:
    """What an answer counts for: all but the times at which the write was worked on."""
    return encode(
        {
            "phase": phase,
            "operation": asked.operation,
            "name": [
                asked.resource.group_version,
                asked.resource.plural,
                asked.subresource,
                asked.namespace,
                asked.name,
            ],
            "object": _timeless(asked.object),
            "old": (asked.old_object or {}).get("metadata", {}).get("resourceVersion", ""),
        }
    )


def _timeless(obj: JsonObject | None) -> JsonObject | None:
    if obj is None:
        return None
    return {**obj, "metadata": without(obj["metadata"], "creationTimestamp", "managedFields")}
