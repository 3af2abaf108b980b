"""The Kubernetes API of a sandbox, its own or a real one, with the switches for what goes wrong in the cluster."""

import asyncio
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox.faults import Board, FaultDesk, cluster_api, loop_timer
from sandbox.faults.server import FaultServer
from sandbox.kubernetes.apiserver import ApiServer
from sandbox.kubernetes.client import Access
from sandbox.kubernetes.disasters import Disasters
from sandbox.kubernetes.real import RealApiServer

_REAL = "a real kube-apiserver has no such switch; a sandbox without --kube-assets has it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Where an API serves."""

    access: Access
    admin_url: str
    """Where the switches are, over plain HTTP."""
    desk: FaultDesk


class KubernetesApi:
    """One API, from `start` to `stop`."""

    def __init__(self, *, host: str, port: int, assets: Path | None, directory: Path) -> None:
        """`assets`: folder of a real kube-apiserver, whose data goes to `directory`; None for the sandbox's own."""
        self._host = host
        self._port = port
        self._assets = assets
        self._directory = directory
        self._stack = contextlib.AsyncExitStack()
        self._real: RealApiServer | None = None

    async def start(self) -> Serving:
        """Raises RealApiServerError or OSError when it cannot start; `stop` ends what has started."""
        serving = await (self._start_own() if self._assets is None else self._start_real(self._assets))
        disasters = Disasters(serving.access)
        await disasters.start()
        self._stack.push_async_callback(disasters.stop)
        disasters.teach(serving.desk)
        return serving

    async def stop(self) -> None:
        await self._stack.aclose()

    async def broken(self) -> str:
        """Wait until a part that runs as a process of its own ends by itself; says which."""
        if self._real is not None:
            return await self._real.broken()
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    async def _start_own(self) -> Serving:
        server = ApiServer()
        self._stack.push_async_callback(server.stop)
        url = await server.start(self._host, self._port)
        return Serving(access=Access(url=url), admin_url=url, desk=server.desk)

    async def _start_real(self, assets: Path) -> Serving:
        # An account starts empty each time, and so does the cluster on it.
        shutil.rmtree(self._directory, ignore_errors=True)
        self._real = RealApiServer(assets, self._directory, port=self._port)
        self._stack.push_async_callback(self._real.stop)
        access = await self._real.start()
        desk = FaultDesk(Board(loop_timer))
        cluster_api.teach(desk, cluster_api.NoSwitches(_REAL))
        switches = FaultServer(desk)
        self._stack.push_async_callback(switches.stop)
        return Serving(access=access, admin_url=await switches.start(), desk=desk)
