"""The part of the HTTP interface about the conditions under which the account works.

| request | effect |
|---|---|
| `GET throttling` | which request limits hold |
| `PUT throttling` {on, account_wide, describe} | change what is named; all buckets are full again |
| `GET quotas` | every quota of load balancing: name, maximum, the error over it, whether it is enforced |
| `PUT quotas` {name, maximum, enforced} | change one |
| `DELETE quotas` | all as they were at first |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sandbox.aws.elbv2.quotas import QUOTA_NAMES, Quotas
from sandbox.aws.elbv2.throttling import Throttling

Route = Callable[[Mapping[str, str], bytes], Any]
"""Takes the query and the body, and gives JSON data. Raises pydantic's ValidationError for a body it cannot take."""


class _ThrottlingBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: bool | None = None
    account_wide: bool | None = None
    describe: Literal["published", "older"] | None = None


def _is_quota(name: str) -> str:
    if name not in QUOTA_NAMES:
        raise ValueError(f"not one of {', '.join(QUOTA_NAMES)}")
    return name


class _QuotaBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_is_quota)]
    maximum: int | None = Field(default=None, ge=0)
    enforced: bool | None = None


class ConditionsAdmin:
    """Reads and sets the conditions."""

    def __init__(self, throttling: Throttling, quotas: Quotas) -> None:
        self._throttling = throttling
        self._quotas = quotas
        self.routes: Mapping[str, Route] = {
            "GET throttling": self._show_throttling,
            "PUT throttling": self._set_throttling,
            "GET quotas": self._show_quotas,
            "PUT quotas": self._set_quota,
            "DELETE quotas": self._reset_quotas,
        }
        """By method and path below the prefix."""

    def _show_throttling(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return asdict(self._throttling.settings)

    def _set_throttling(self, query: Mapping[str, str], body: bytes) -> Any:
        wanted = _ThrottlingBody.model_validate_json(body).model_dump(exclude_none=True)
        self._throttling.settings = replace(self._throttling.settings, **wanted)
        return self._show_throttling(query, body)

    def _show_quotas(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return [asdict(quota) for quota in self._quotas.all()]

    def _set_quota(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _QuotaBody.model_validate_json(body)
        return asdict(self._quotas.change(wanted.name, maximum=wanted.maximum, enforced=wanted.enforced))

    def _reset_quotas(self, query: Mapping[str, str], body: bytes) -> Any:
        self._quotas.reset()
        return self._show_quotas(query, body)
