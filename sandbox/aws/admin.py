"""The HTTP interface to the endpoint's own record and switches, under `/__sandbox/`. The gateway routes to it.

| request | effect |
|---|---|
| `GET calls[?since=N]` | the calls with a number above N, as a list |
| `POST calls/clear` | forget them |
| `faults` | the faults that are on, as `sandbox.faults.desk` says; kinds: `hold`, `fail`, `delay`, `outage` |
| `POST faults/ID/release` {outcome} | let a held call go: `continue`, or `discard`: close its connection |
| `POST health` {state, reason, description, target_group_arn, new_targets} | hold the health of targets |
| `GET health`, `DELETE health[?target_group_arn=ARN]` | list and end such holds |
| `POST call` {service, operation, parameters} | an operation, called by the sandbox: no fault meets it |

`throttling` is explained in the module of the conditions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.aws import faults as aws_faults
from sandbox.aws.answers import Answer, json_answer
from sandbox.aws.calling import Caller
from sandbox.aws.conditions_admin import ConditionsAdmin, Route
from sandbox.aws.faults import Faults, Hold, Outcome
from sandbox.aws.health import HealthSwitch
from sandbox.aws.record import CallLog
from sandbox.faults import FaultDesk, Refused

PREFIX = "/__sandbox/"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class _ReleaseBody(_Body):
    outcome: Outcome = Outcome.CONTINUE


class _HealthBody(_Body):
    state: Literal["initial", "healthy", "unhealthy", "draining", "unused", "unavailable"]
    reason: str | None = None
    description: str | None = None
    target_group_arn: str | None = None
    new_targets: bool = True


class _CallBody(_Body):
    service: str
    operation: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class _Since(_Body):
    since: int = Field(default=0, ge=0)


class Admin:
    """Answers the requests under the prefix."""

    def __init__(
        self,
        *,
        log: CallLog,
        faults: Faults,
        health: HealthSwitch,
        conditions: ConditionsAdmin,
        caller: Caller,
    ) -> None:
        self._log = log
        self._faults = faults
        self._health = health
        self._caller = caller
        self._desk = FaultDesk(faults.board)
        aws_faults.teach(self._desk)
        self._routes: dict[str, Route] = {
            "GET calls": self._calls,
            "POST calls/clear": self._clear_calls,
            "GET health": self._list_health,
            "POST health": self._hold_health,
            "DELETE health": self._release_health,
            "POST call": self._call,
            **conditions.routes,
        }

    def answer(self, environ: Mapping[str, Any], body: bytes) -> Answer:
        """The answer to one request; what it does not understand is a 400 or 404 that says why."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(PREFIX).rstrip("/")
        query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        try:
            answer = self._answer(method, path, query, body)
            return answer if isinstance(answer, Answer) else json_answer(answer)
        except ValidationError as error:
            return _failed(HTTPStatus.BAD_REQUEST, str(error))
        except Refused as refused:
            return _failed(refused.status, str(refused))

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Any:
        route = self._routes.get(f"{method} {path}")
        if route is not None:
            return route(query, body or b"{}")
        released = re.fullmatch(r"faults/(\d+)/release", path)
        if released and method == "POST":
            return self._release(int(released[1]), body or b"{}")
        return self._desk.answer_now(method, path, query, body)

    def _calls(self, query: Mapping[str, str], _: bytes) -> Any:
        return [call.as_json() for call in self._log.calls(_Since.model_validate(query).since)]

    def _clear_calls(self, _query: Mapping[str, str], _body: bytes) -> Any:
        self._log.clear()
        return {}

    def _release(self, number: int, body: bytes) -> Any:
        hold = self._faults.board.fault(number)
        if not isinstance(hold, Hold):
            raise Refused(HTTPStatus.NOT_FOUND, f"there is no hold {number}")
        hold.release(_ReleaseBody.model_validate_json(body).outcome)
        return hold.shown()

    def _list_health(self, _query: Mapping[str, str], _body: bytes) -> Any:
        return [asdict(held) for held in self._health.holds()]

    def _hold_health(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _HealthBody.model_validate_json(body)
        return asdict(self._health.hold(**wanted.model_dump()))

    def _release_health(self, query: Mapping[str, str], _body: bytes) -> Any:
        self._health.release(query.get("target_group_arn"))
        return {}

    def _call(self, _query: Mapping[str, str], body: bytes) -> Any:
        wanted = _CallBody.model_validate_json(body)
        return self._caller.call(wanted.service, wanted.operation, wanted.parameters)


def _failed(status: HTTPStatus, why: str) -> Answer:
    return json_answer({"error": why}, status)
