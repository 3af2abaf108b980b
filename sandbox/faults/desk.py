"""The HTTP interface of a board, without its HTTP: each server's own routes hand requests in here.

| request | effect |
|---|---|
| `GET faults` | all faults that are on |
| `POST faults` {kind, seconds, ...} | switch one on, for `seconds` of the wall's clock if given; answers {id} |
| `DELETE faults/ID` | switch one off |
| `DELETE faults[?kind=KIND]` | switch all off, or all of a kind; answers {ended: [ids]} |

What happens at once and leaves nothing behind answers an id of null.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from inspect import isawaitable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sandbox.faults.board import Board, Fault

COLLECTION = "faults"


class FaultBody(BaseModel):
    """What every request for a fault may say."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(gt=0)] | None = None
    """After which it ends by itself."""


class Refused(Exception):  # noqa: N818 - named after the answer that it becomes
    """What was asked for cannot be; the text says why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


BodyT = TypeVar("BodyT", bound=FaultBody)
Started = Fault | None
"""What a request became: a fault for the board, or nothing when it was done at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault: the form of its body, and what makes it."""

    body: type[FaultBody]
    start: Callable[[Any], Started | Awaitable[Started]]


class FaultDesk:
    """Answers for one board. Kinds that need to wait are for `answer` only; the others are answered at once as well."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._kinds: dict[str, Kind] = {}

    def teach(self, name: str, body: type[BodyT], start: Callable[[BodyT], Started | Awaitable[Started]]) -> None:
        """Lets the desk take requests for a kind of fault."""
        self._kinds[name] = Kind(body=body, start=start)

    async def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Any:
        """The answer to a request below the server's prefix, as JSON data. Raises Refused."""
        if (method, path) == ("POST", COLLECTION):
            kind, wanted = self._read(body)
            started = kind.start(wanted)
            return self._put(await started if isawaitable(started) else started, wanted)
        return self._others(method, path, query)

    def answer_now(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Any:
        """As `answer`, for a server without an event loop."""
        if (method, path) == ("POST", COLLECTION):
            kind, wanted = self._read(body)
            started = kind.start(wanted)
            if isawaitable(started):
                raise TypeError(f"{type(wanted).__name__} needs an event loop")
            return self._put(started, wanted)
        return self._others(method, path, query)

    def _read(self, body: bytes) -> tuple[Kind, FaultBody]:
        try:
            said = _ANY.validate_json(body or b"{}")
            name = said.pop("kind", None)
            kind = self._kinds.get(name) if isinstance(name, str) else None
            if kind is None:
                raise Refused(HTTPStatus.BAD_REQUEST, f"kind is one of {', '.join(sorted(self._kinds))}, not {name!r}")
            return kind, kind.body.model_validate(said)
        except ValidationError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, _told(error)) from error

    def _put(self, fault: Started, wanted: FaultBody) -> Any:
        return {"id": None if fault is None else self.board.switch_on(fault, wanted.seconds)}

    def _others(self, method: str, path: str, query: Mapping[str, str]) -> Any:
        collection, _, number = path.partition("/")
        if collection == COLLECTION and not number and method == "GET":
            return self.board.listed()
        if collection == COLLECTION and not number and method == "DELETE":
            return {"ended": self.board.reset(query.get("kind"))}
        if collection == COLLECTION and number.isdigit() and method == "DELETE":
            if not self.board.switch_off(int(number)):
                raise Refused(HTTPStatus.NOT_FOUND, f"there is no fault {number}")
            return {"ended": [int(number)]}
        raise Refused(HTTPStatus.NOT_FOUND, f"there is no {method} {path}")


_ANY: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def _told(error: ValidationError) -> str:
    """What is wrong with a body, in one line."""
    places = ((".".join(str(part) for part in each["loc"]), each["msg"]) for each in error.errors())
    return "; ".join(f"{place}: {message}" if place else message for place, message in places)
