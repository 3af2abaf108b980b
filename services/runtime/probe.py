"""Asks the service in this container whether it serves: `python -m services.runtime.probe`, exit code 0 when it does.

Run by Kubernetes as an exec probe: the kubelet's own gRPC probe speaks no TLS. It starts often, so it takes the
service's variables (`ELBOW_LISTEN`, `ELBOW_TLS_CERT`, `ELBOW_TLS_KEY`, `ELBOW_TLS_CA`) as they are and leaves out
settings and telemetry, which take longer to load than the question to answer.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2

_ANSWER_SECONDS = 3.0  # less than the probe's own time-out in the chart, so that the reason is still written


def problem(environment: Mapping[str, str], *, answer_seconds: float = _ANSWER_SECONDS) -> str:
    """Why the service that these variables describe does not count as serving; empty when it serves.

    The service is dialled as `localhost`, so with TLS its certificate has to name that too.
    """
    port = environment.get("ELBOW_LISTEN", "").rpartition(":")[2]
    if not port.isdecimal() or port == "0":
        return "ELBOW_LISTEN names no port"
    try:
        channel = _channel(f"localhost:{port}", environment)
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}"
    with channel:
        try:
            answer = _check(channel)(health_pb2.HealthCheckRequest(), timeout=answer_seconds)
        except grpc.RpcError as error:
            return str(error.details() if isinstance(error, grpc.Call) else error)
    status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return "" if answer.status == health_pb2.HealthCheckResponse.SERVING else f"it answers {status}"


def _check(channel: grpc.Channel) -> Callable[..., health_pb2.HealthCheckResponse]:
    return channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )


def _channel(address: str, environment: Mapping[str, str]) -> grpc.Channel:
    options = (("grpc.enable_http_proxy", 0),)
    files = [environment.get(f"ELBOW_TLS_{name}") for name in ("CERT", "KEY", "CA")]
    if not any(files):
        return grpc.insecure_channel(address, options)
    cert, key, ca = (Path(file or "").read_bytes() for file in files)
    credentials = grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=cert)
    return grpc.secure_channel(address, credentials, options)


def main() -> int:
    """Exit code 0 when the service serves; otherwise 1, with the reason on standard error."""
    found = problem(os.environ)
    if found:
        sys.stderr.write(f"not serving: {found}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
