"""The HTTP interface to the endpoint's own record and switches, under `/__sandbox/`. The gateway routes to it.

| request | effect |
|---|---|
| `GET calls[?since=N]` | the calls with a number above N, as a list |
| `POST calls/clear` | forget them |
| `POST holds` {operation, mutating, nth, when, match} | hold the n-th such call, `before` or `after` its effect |
| `GET holds` | all holds, with their state and call |
| `POST holds/ID/release` {outcome} | `continue`, or `discard`: close its connection without an answer |
| `DELETE holds` | remove all holds; held calls continue |
| `POST errors` {operation, mutating, match, code, message, status, times} | answer the next such calls with it |
| `GET errors`, `DELETE errors` | list and remove them |
| `POST down`, `DELETE down` | close every connection without an answer, and answer again |
| `POST health` {state, reason, description, target_group_arn, new_targets} | hold the health of targets |
| `GET health`, `DELETE health[?target_group_arn=ARN]` | list and end such holds |

`throttling` is explained in the module of the conditions.

`operation` is a regular expression that matches the operation's whole name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sandbox.aws.answers import Answer, json_answer
from sandbox.aws.conditions_admin import ConditionsAdmin
from sandbox.aws.faults import Faults, Outcome, Selector
from sandbox.aws.health import HealthSwitch
from sandbox.aws.record import CallLog, Phase

PREFIX = "/__sandbox/"


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class _Selected(_Body):
    operation: Annotated[str, AfterValidator(_is_pattern)] = ".*"
    mutating: bool = False
    match: str = ""

    def selector(self) -> Selector:
        return Selector(operation=re.compile(self.operation), mutating=self.mutating, match=self.match)


class _HoldBody(_Selected):
    mutating: bool = True
    nth: int = Field(default=1, ge=1)
    when: Phase = Phase.BEFORE


class _ReleaseBody(_Body):
    outcome: Outcome = Outcome.CONTINUE


class _ErrorBody(_Selected):
    code: str
    message: str = "Injected by the sandbox"
    status: int = Field(default=400, ge=400, le=599)
    times: int = Field(default=1, ge=1)


class _HealthBody(_Body):
    state: Literal["initial", "healthy", "unhealthy", "draining", "unused", "unavailable"]
    reason: str | None = None
    description: str | None = None
    target_group_arn: str | None = None
    new_targets: bool = True


class Admin:
    """Answers the requests under the prefix."""

    def __init__(self, *, log: CallLog, faults: Faults, health: HealthSwitch, conditions: ConditionsAdmin) -> None:
        self._log = log
        self._faults = faults
        self._health = health
        self._routes = {
            "GET calls": self._calls,
            "POST calls/clear": self._clear_calls,
            "GET holds": self._list_holds,
            "POST holds": self._add_hold,
            "DELETE holds": self._clear_holds,
            "GET errors": self._list_errors,
            "POST errors": self._add_error,
            "DELETE errors": self._clear_errors,
            "GET down": self._is_down,
            "POST down": self._go_down,
            "DELETE down": self._come_up,
            "GET health": self._list_health,
            "POST health": self._hold_health,
            "DELETE health": self._release_health,
            **conditions.routes,
        }

    def answer(self, environ: Mapping[str, Any], body: bytes) -> Answer:
        """The answer to one request; what it does not understand is a 400 or 404 that says why."""
        path = environ["PATH_INFO"].removeprefix(PREFIX).rstrip("/")
        query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        released = re.fullmatch(r"holds/(\d+)/release", path)
        try:
            if released and environ["REQUEST_METHOD"] == "POST":
                return self._release(int(released[1]), body)
            route = self._routes.get(f"{environ['REQUEST_METHOD']} {path}")
            if route is None:
                return _failed(HTTPStatus.NOT_FOUND, f"there is no {environ['REQUEST_METHOD']} {path}")
            return json_answer(route(query, body or b"{}"))
        except ValidationError as error:
            return _failed(HTTPStatus.BAD_REQUEST, str(error))

    def _calls(self, query: Mapping[str, str], _: bytes) -> Any:
        return [call.as_json() for call in self._log.calls(_Since.model_validate(query).since)]

    def _clear_calls(self, _query: Mapping[str, str], _body: bytes) -> Any:
        self._log.clear()
        return {}

    def _list_holds(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return [hold.as_json() for hold in self._faults.holds()]

    def _add_hold(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _HoldBody.model_validate_json(body)
        return {"id": self._faults.add_hold(wanted.selector(), nth=wanted.nth, when=wanted.when).id}

    def _clear_holds(self, _query: Mapping[str, str], _body: bytes) -> Any:
        self._faults.clear_holds()
        return {}

    def _release(self, hold_id: int, body: bytes) -> Answer:
        hold = self._faults.release(hold_id, _ReleaseBody.model_validate_json(body or b"{}").outcome)
        if hold is None:
            return _failed(HTTPStatus.NOT_FOUND, f"there is no hold {hold_id}")
        return json_answer(hold.as_json())

    def _list_errors(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return [error.as_json() for error in self._faults.errors()]

    def _add_error(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _ErrorBody.model_validate_json(body)
        error = self._faults.add_error(
            wanted.selector(), code=wanted.code, message=wanted.message, status=wanted.status, times=wanted.times
        )
        return {"id": error.id}

    def _clear_errors(self, _query: Mapping[str, str], _body: bytes) -> Any:
        self._faults.clear_errors()
        return {}

    def _is_down(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return {"down": self._faults.down}

    def _go_down(self, _query: Mapping[str, str], _body: bytes) -> Any:
        self._faults.down = True
        return {"down": True}

    def _come_up(self, _query: Mapping[str, str], _body: bytes) -> Any:
        self._faults.down = False
        return {"down": False}

    def _list_health(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return [asdict(held) for held in self._health.holds()]

    def _hold_health(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _HealthBody.model_validate_json(body)
        return asdict(self._health.hold(**wanted.model_dump()))

    def _release_health(self, query: Mapping[str, str], _body: bytes) -> Any:
        self._health.release(query.get("target_group_arn"))
        return {}


class _Since(_Body):
    since: int = Field(default=0, ge=0)


def _failed(status: HTTPStatus, why: str) -> Answer:
    return json_answer({"error": why}, status)
