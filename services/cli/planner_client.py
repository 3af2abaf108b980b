"""Asks a planner where it stands. Used by every command that reports."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import grpc.aio
from elbow.planner.v1 import planner_service_pb2 as wire
from elbow.planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.cli.errors import CliError
from services.runtime.channel import open_channel
from services.runtime.errors import StartError
from services.runtime.settings import TlsSettings
from services.runtime.wire import REASON_KEY

CALL_SECONDS = 5.0
"""Longest that one answer may take: it is read from memory."""


PREVIEW_SECONDS = 120.0
"""Longest that a preview may take: it waits for what it asks AWS, behind everything that is more urgent."""


class PlannerSilentError(CliError):
    """The planner gave no answer; asking again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a planner said in one look."""

    status: wire.GetStatusResponse
    stacks: Sequence[wire.StackStatus]
    """By key."""


class _ClientSettings(BaseSettings):
    """The services' own TLS variables: who runs them with TLS asks them with TLS."""

    model_config = SettingsConfigDict(
        env_prefix="ELBOW_", env_nested_delimiter="_", env_nested_max_split=1, frozen=True, extra="ignore"
    )

    tls: TlsSettings = TlsSettings()


class PlannerClient:
    """Questions to one planner. Each raises PlannerSilentError when no answer comes and CliError for a refusal."""

    def __init__(self, channel: grpc.aio.Channel, address: str) -> None:
        self._stub = PlannerServiceStub(channel)
        self._address = address

    async def status(self) -> wire.GetStatusResponse:
        """Where it stands."""
        try:
            answer: wire.GetStatusResponse = await self._stub.GetStatus(wire.GetStatusRequest(), timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise self._explained(error) from error
        return answer

    async def stacks(self) -> Sequence[wire.StackStatus]:
        """All stacks, by key."""
        stacks: list[wire.StackStatus] = []
        try:
            async for part in self._stub.ListStacks(wire.ListStacksRequest(), timeout=CALL_SECONDS):
                stacks.extend(part.stacks)
        except grpc.aio.AioRpcError as error:
            raise self._explained(error) from error
        return sorted(stacks, key=lambda stack: stack.key.name)

    async def preview(self, request: wire.PreviewRequest) -> AsyncIterator[wire.PreviewResponse]:
        """Parts of the plans that would follow, in order; AWS may be read for them."""
        try:
            async for part in self._stub.Preview(request, timeout=PREVIEW_SECONDS):
                yield part
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE and reason_given(error):
                raise CliError(f"no preview: {error.details()}") from error
            raise self._explained(error) from error

    async def report(self) -> Report:
        """Status and stacks."""
        return Report(status=await self.status(), stacks=await self.stacks())

    def _explained(self, error: grpc.aio.AioRpcError) -> CliError:
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            return PlannerSilentError(f"the planner at {self._address} does not answer: {_reason(error)}")
        return CliError(f"the planner at {self._address} refused: {error.details()}")


def client_tls() -> TlsSettings:
    """The TLS files of the environment, as the services take them."""
    return _ClientSettings().tls


@asynccontextmanager
async def open_planner(address: str) -> AsyncIterator[PlannerClient]:
    """A connection to the planner at host:port, by the TLS files of the environment where there are any."""
    try:
        channel = open_channel(address, client_tls(), service_name="cli")
    except StartError as error:
        raise CliError(str(error)) from error
    async with channel:
        yield PlannerClient(channel, address)


def reason_given(error: grpc.aio.AioRpcError) -> bool:
    """Whether the service itself refused, with a reason code, and not the connection."""
    return any(key == REASON_KEY for key, _ in error.trailing_metadata() or ())


def _reason(error: grpc.aio.AioRpcError) -> str:
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"no answer within {CALL_SECONDS:g} seconds"
    details = error.details() or "connection lost"
    return "connection refused" if "Connection refused" in details else details
