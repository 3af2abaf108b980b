"""Why a call to a peer failed, from its gRPC status. Used by both links."""

import grpc
import grpc.aio

from services.runtime.wire import REASON_KEY


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The reason code that the peer gave, empty when it gave none."""
    for key, value in error.trailing_metadata() or ():
        if key == REASON_KEY:
            return value if isinstance(value, str) else value.decode()
    return ""


def describe(error: grpc.aio.AioRpcError) -> str:
    """The failure in words, for the log and the status."""
    return f"{error.code().name.lower().replace('_', ' ')}: {error.details()}"
