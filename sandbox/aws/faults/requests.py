"""How the admin interface asks for the faults of the AWS endpoint: one body a kind."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sandbox.aws.faults.errors import ErrorAnswer, Reason
from sandbox.aws.faults.failures import Failure
from sandbox.aws.faults.faults import Delay
from sandbox.aws.faults.holds import Hold
from sandbox.aws.faults.selecting import Selector
from sandbox.aws.record import Phase
from sandbox.faults import FaultBody, FaultDesk, Outage


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


class _Selected(FaultBody):
    operation: Annotated[str, AfterValidator(_is_pattern)] = ".*"
    mutating: bool = False
    match: str = ""

    def selector(self) -> Selector:
        return Selector(operation=re.compile(self.operation), mutating=self.mutating, match=self.match)


class HoldBody(_Selected):
    """The n-th such call stops until it is released."""

    mutating: bool = True
    nth: int = Field(default=1, ge=1)
    when: Phase = Phase.BEFORE

    def fault(self) -> Hold:
        return Hold(selector=self.selector(), nth=self.nth, when=self.when)


class FailBody(_Selected):
    """Such calls fail: with an error if `code` or `reason` is given, otherwise without an answer."""

    code: str | None = None
    reason: Reason | None = None
    message: str = "Injected by the sandbox"
    status: int = Field(default=HTTPStatus.BAD_REQUEST, ge=400, le=599)
    when: Phase = Phase.BEFORE
    nth: int = Field(default=1, ge=1)
    times: int | None = Field(default=None, ge=1)
    share: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0

    @model_validator(mode="after")
    def _has_an_error(self) -> FailBody:
        if self.code is None and self.model_fields_set & {"message", "status"}:
            raise ValueError("message and status belong to an error, which has a code")
        if self.code is not None and self.reason is not None:
            raise ValueError("a reason has its own code in each service")
        return self

    def fault(self) -> Failure:
        code, message, status = self.code, self.message, self.status
        return Failure(
            selector=self.selector(),
            error=self.reason if code is None else ErrorAnswer(code=code, message=message, status=status),
            when=self.when,
            nth=self.nth,
            times=self.times,
            share=self.share,
            seed=self.seed,
        )


class DelayBody(_Selected):
    """Such calls come later."""

    delay_seconds: float = Field(gt=0)

    def fault(self) -> Delay:
        return Delay(selector=self.selector(), delay_seconds=self.delay_seconds)


def teach(desk: FaultDesk) -> None:
    """Lets a desk take requests for these faults."""
    desk.teach(Hold.kind, HoldBody, HoldBody.fault)
    desk.teach(Failure.kind, FailBody, FailBody.fault)
    desk.teach(Delay.kind, DelayBody, DelayBody.fault)
    desk.teach(Outage.kind, FaultBody, lambda _: Outage())
