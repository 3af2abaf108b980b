"""What both ends of every Elbow channel agree on before the first message.

Read by the server's interceptors, by the channel, and by whoever has to cut a stream into messages.
"""

from typing import Final

WIRE_VERSION: Final = 1
"""Version of the wire contract (protos/elbow). It moves only when old and new peers can no longer understand each
other.
"""

WIRE_VERSION_KEY: Final = "elbow-wire-version"
"""Metadata key under which every call carries the caller's wire version."""

TRACEPARENT_KEY: Final = "traceparent"
"""Metadata key of the caller's trace context (W3C Trace Context, section 3.2)."""

REASON_KEY: Final = "elbow-reason"
"""Trailing metadata key that carries the reason code of a refused call."""

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""Largest message that a service may build, in bytes: snapshots, observations and plans are cut below it."""

MESSAGE_MARGIN_BYTES: Final = 64 * 1024
"""What the transport accepts above `MAX_MESSAGE_BYTES`, in bytes, so that an envelope around a full chunk still
passes.
"""

TRANSPORT_OPTIONS: Final = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES + MESSAGE_MARGIN_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES + MESSAGE_MARGIN_BYTES),
    # A peer that vanished without a FIN (a lost node) is noticed within 30 s, on idle streams too.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)
"""gRPC core arguments that server and channel share (gRPC, Keepalive User Guide)."""
