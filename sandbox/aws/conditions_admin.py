"""The part of the HTTP interface about the conditions under which the account works.

| request | effect |
|---|---|
| `GET throttling` | which request limits hold |
| `PUT throttling` {on, account_wide, describe} | change what is named; all buckets are full again |
| `GET delays` | how long AWS takes for what it does by itself, in sandbox seconds by name |
| `PUT delays` {table, values} | take a whole table, `immediate` or `realistic`, and change single values |
| `GET dataplane[?after=N]` | the load balancers and targets as their nodes know them; once newer than version N |
| `GET quotas` | every quota of load balancing: name, maximum, the error over it, whether it is enforced |
| `PUT quotas` {name, maximum, enforced} | change one |
| `DELETE quotas` | all as they were at first |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from sandbox.aws.answers import Answer
from sandbox.aws.elbv2.delays import IMMEDIATE, TABLES, DelayError
from sandbox.aws.elbv2.quotas import QUOTA_NAMES
from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.elbv2.throttling import Throttling

LONGEST_POLL_SECONDS = 20.0
"""How long a question for newer configuration waits, in seconds of the wall."""
Route = Callable[[Mapping[str, str], bytes], Any]
"""Takes the query and the body, and gives JSON data or a whole answer. Raises pydantic's ValidationError."""


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


class _DelaysBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table: Literal["immediate", "realistic"] | None = None
    values: dict[str, float] = Field(default_factory=dict)

    @field_validator("values")
    @classmethod
    def _are_delays(cls, values: dict[str, float]) -> dict[str, float]:
        try:
            IMMEDIATE.with_values(values)
        except DelayError as error:
            raise ValueError(str(error)) from error
        return values


class _AfterQuery(BaseModel):
    after: int | None = None


class ConditionsAdmin:
    """Reads and sets the conditions."""

    def __init__(self, throttling: Throttling, elbv2: Elbv2) -> None:
        self._throttling = throttling
        self._elbv2 = elbv2
        self._quotas = elbv2.quotas
        self.routes: Mapping[str, Route] = {
            "GET throttling": self._show_throttling,
            "PUT throttling": self._set_throttling,
            "GET delays": self._show_delays,
            "PUT delays": self._set_delays,
            "GET dataplane": self._dataplane,
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

    def _show_delays(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return self._elbv2.conditions.delays.as_json()

    def _set_delays(self, query: Mapping[str, str], body: bytes) -> Any:
        wanted, conditions = _DelaysBody.model_validate_json(body), self._elbv2.conditions
        table = TABLES[wanted.table] if wanted.table else conditions.delays
        conditions.delays = table.with_values(wanted.values)
        if wanted.table is not None:
            conditions.eager_checks = wanted.table == "immediate"
        self._elbv2.conditions_changed()
        return self._show_delays(query, body)

    def _dataplane(self, query: Mapping[str, str], _body: bytes) -> Any:
        after = _AfterQuery.model_validate(query).after
        dataplane = self._elbv2.dataplane
        text = dataplane.now() if after is None else dataplane.newer(after, LONGEST_POLL_SECONDS)
        return Answer(status=HTTPStatus.OK, headers={"Content-Type": "application/json"}, body=text.encode())

    def _show_quotas(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return [asdict(quota) for quota in self._quotas.all()]

    def _set_quota(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _QuotaBody.model_validate_json(body)
        return asdict(self._quotas.change(wanted.name, maximum=wanted.maximum, enforced=wanted.enforced))

    def _reset_quotas(self, query: Mapping[str, str], body: bytes) -> Any:
        self._quotas.reset()
        return self._show_quotas(query, body)
