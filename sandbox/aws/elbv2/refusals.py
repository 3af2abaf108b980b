"""The error that an operation raises where AWS refuses a call. All of this package uses it; the service answers it.

Codes and their HTTP statuses: Elastic Load Balancing API reference, "Errors" of each operation.
"""

from __future__ import annotations


class RefusedError(Exception):
    """A call that AWS refuses; it changed nothing."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> RefusedError:
    """A value that is wrong by itself."""
    return RefusedError("ValidationError", message)


def misconfigured(message: str) -> RefusedError:
    """A value that does not go with the resource or with other values."""
    return RefusedError("InvalidConfigurationRequest", message)
