"""The boto3 clients: one per service, without retries of their own. Made once, by `app`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from services.executor.aws.roles import Credentials
from services.executor.core.operations import IAM_PREFIXES
from services.runtime.errors import StartError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How AWS is reached. `endpoint_url` empty: AWS's own endpoints. Times in seconds."""

    region: str
    endpoint_url: str = ""
    call_timeout_seconds: float = 10.0
    connections: int = 32


# What is called under an assumed role.
_UNDER_ROLES = ("elbv2", "ec2")


def make_clients(options: ClientOptions) -> Mapping[str, Any]:
    """A client per service of the operation table, by boto3's service name. Raises StartError."""
    session = boto3.session.Session(region_name=options.region)
    try:
        return _clients(session, options, IAM_PREFIXES)
    except (BotoCoreError, ValueError) as error:
        raise StartError(f"no AWS client: {error} (--aws-region, --aws-endpoint-url)") from error


def make_role_clients(options: ClientOptions, credentials: Credentials) -> Mapping[str, Any]:
    """Clients under an assumed role, for what is called under one."""
    session = boto3.session.Session(
        region_name=options.region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )
    return _clients(session, options, _UNDER_ROLES)


def _clients(session: Any, options: ClientOptions, services: Iterable[str]) -> Mapping[str, Any]:
    config = Config(
        # The budget and the attempts around it decide about retries: a second layer would spend tokens unseen.
        retries={"total_max_attempts": 1},
        connect_timeout=options.call_timeout_seconds,
        read_timeout=options.call_timeout_seconds,
        max_pool_connections=options.connections,
        tcp_keepalive=True,
        user_agent_extra="elbow",
    )
    return {
        service: session.client(service, endpoint_url=options.endpoint_url or None, config=config)
        for service in services
    }
