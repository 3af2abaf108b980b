"""How a patch takes the place of a piece of moto, and how it goes again. Used by every module of this package."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One ELBv2 call as a handler sees it."""

    backend: Any
    """moto's ELBv2 state of the account and region that the call is for."""
    params: Mapping[str, Any]
    """The decoded parameters, under the names of the service model."""
    moto: Callable[[], Any]
    """Lets moto answer; gives its result, not yet serialised."""


Handler = Callable[[Call], Mapping[str, Any] | None]


class Patches:
    """What is replaced in moto at the moment. `undo` puts everything back, newest first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, replacement: Any) -> Any:
        """Set `owner.name` and give what it was, None where there was no such thing."""
        original = vars(owner)[name] if name in vars(owner) else getattr(owner, name, None)
        inherited = name not in vars(owner)
        setattr(owner, name, replacement)
        self._undo.append(lambda: delattr(owner, name) if inherited else setattr(owner, name, original))
        return original

    def answer(self, operation: str, handler: Handler) -> None:
        """Let `handler` answer an ELBv2 operation; None stands for an empty answer."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        original = getattr(ELBV2Response, name, _unknown)

        def method(response: Any) -> Any:
            call = Call(
                backend=response.elbv2_backend,
                params=response._get_params(),
                moto=lambda: original(response).result,
            )
            result = handler(call)
            return EmptyResult() if result is None else ActionResult(result)

        self.replace(ELBV2Response, name, method)

    def undo(self) -> None:
        """Put back everything that was replaced."""
        while self._undo:
            self._undo.pop()()


def _unknown(response: Any) -> Any:
    """moto's answer to an operation that it does not know."""
    raise NotImplementedError


def refusal(code: str, message: str) -> Exception:
    """The error of an ELBv2 call that AWS refuses with this code (Elastic Load Balancing API reference, "Errors")."""
    error: Exception = ELBClientError(code, message)
    return error
