"""Carries out what probes and hooks ask of a pod, the way a kubelet does: from the node, by the pod's address."""

import asyncio
import contextlib
from dataclasses import dataclass

import aiohttp
from yarl import URL

from sandbox.address_table import Place
from sandbox.clock import Clock
from sandbox.kubernetes.kubelet.probes import Action, Exec, HttpGet, TcpSocket, Unknown
from sandbox.kubernetes.network import PodNetwork

_USER_AGENT = "kube-probe/1.36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    succeeded: bool
    text: str = ""
    """Why not, in a kubelet's words."""


class Prober:
    """Use it between `start` and `stop`: it holds an HTTP client."""

    def __init__(self, network: PodNetwork, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        # Like a kubelet's, each probe has a connection of its own, and no certificate is checked.
        connector = aiohttp.TCPConnector(ssl=False, limit=0, force_close=True)
        self._session = aiohttp.ClientSession(connector=connector)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def run(self, action: Action, address: str, timeout: float) -> Result:  # noqa: ASYNC109 - sandbox seconds
        """The result of one probe or hook; `address` is the pod's."""
        match action:
            case HttpGet():
                return await self._get(action, action.host or address, timeout)
            case TcpSocket():
                return await self._connect(Place(host=action.host or address, port=action.port), timeout)
            case Exec():
                await self._clock.sleep(min(action.outcome.seconds, timeout))
                if action.outcome.seconds > timeout:
                    return Result(succeeded=False, text=f"command timed out after {timeout:g}s")
                return Result(succeeded=action.outcome.succeeds)
            case Unknown():
                return Result(succeeded=True)

    async def _get(self, action: HttpGet, host: str, timeout: float) -> Result:  # noqa: ASYNC109
        scheme = "https" if action.tls else "http"
        path = action.path if action.path.startswith("/") else f"/{action.path}"
        asked = f'Get "{scheme}://{host}:{action.port}{path}"'
        socket = self._network.resolve(Place(host=host, port=action.port))
        if socket is None:
            return _refused(f"{asked}: ", host, action.port)
        headers = {"User-Agent": _USER_AGENT, "Accept": "*/*", "Host": f"{host}:{action.port}", **dict(action.headers)}
        assert self._session is not None, "the prober was not started"  # noqa: S101
        try:
            async with self._session.get(
                URL(f"{scheme}://{socket[0]}:{socket[1]}{path}", encoded=True),
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._clock.real(timeout)),
            ) as response:
                status = response.status
        except TimeoutError:
            waited = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            return Result(succeeded=False, text=f"{asked}: {waited}")
        except aiohttp.ClientConnectorError:
            return _refused(f"{asked}: ", host, action.port)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Result(succeeded=False, text=f"{asked}: {_reason(error)}")
        if 200 <= status < 400:
            return Result(succeeded=True)
        return Result(succeeded=False, text=f"HTTP probe failed with statuscode: {status}")

    async def _connect(self, place: Place, timeout: float) -> Result:  # noqa: ASYNC109
        socket = self._network.resolve(place)
        if socket is None:
            return _refused("", place.host, place.port)
        try:
            async with asyncio.timeout(self._clock.real(timeout)):
                _, writer = await asyncio.open_connection(*socket)
        except TimeoutError:
            return Result(succeeded=False, text=f"dial tcp {place}: i/o timeout")
        except OSError:
            return _refused("", place.host, place.port)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return Result(succeeded=True)


def _refused(before: str, host: str, port: int) -> Result:
    return Result(succeeded=False, text=f"{before}dial tcp {host}:{port}: connect: connection refused")


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "EOF"
    if isinstance(error, ConnectionResetError):
        return "read: connection reset by peer"
    return str(error) or type(error).__name__
