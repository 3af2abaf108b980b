"""Why a call to a peer failed. Used by both links, and by whoever calls the executor."""

import grpc
import grpc.aio

from services.planner.results import CallError


class SessionLostError(Exception):
    """There is no session, or it ended during the call."""


class CallFailedError(Exception):
    """The executor could not do what it was asked for; another session would not help."""

    def __init__(self, error: CallError) -> None:
        super().__init__(str(error))
        self.error = error


def describe(error: grpc.aio.AioRpcError) -> str:
    """The failure in words, for the log and the status."""
    return f"{error.code().name.lower().replace('_', ' ')}: {error.details()}"
