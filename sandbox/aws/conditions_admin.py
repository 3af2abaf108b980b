"""The part of the HTTP interface about the conditions under which the account works.

| request | effect |
|---|---|
| `GET throttling` | which request limits hold |
| `PUT throttling` {on, account_wide, describe} | change what is named; all buckets are full again |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sandbox.aws.elbv2.throttling import Throttling

Route = Callable[[Mapping[str, str], bytes], Any]
"""Takes the query and the body, and gives JSON data. Raises pydantic's ValidationError for a body it cannot take."""


class _ThrottlingBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: bool | None = None
    account_wide: bool | None = None
    describe: Literal["published", "older"] | None = None


class ConditionsAdmin:
    """Reads and sets the conditions."""

    def __init__(self, throttling: Throttling) -> None:
        self._throttling = throttling
        self.routes: Mapping[str, Route] = {
            "GET throttling": self._show_throttling,
            "PUT throttling": self._set_throttling,
        }
        """By method and path below the prefix."""

    def _show_throttling(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return asdict(self._throttling.settings)

    def _set_throttling(self, query: Mapping[str, str], body: bytes) -> Any:
        wanted = _ThrottlingBody.model_validate_json(body).model_dump(exclude_none=True)
        self._throttling.settings = replace(self._throttling.settings, **wanted)
        return self._show_throttling(query, body)
