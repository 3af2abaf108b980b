"""Runs the whole sandbox in one process: AWS, Kubernetes API, controllers, kubelet, trace store.

Only a real kube-apiserver and its etcd, if asked for, are processes of their own.
"""

import asyncio
import contextlib
import gc
import os
import platform
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.metadata import version
from typing import Any

import boto3
import botocore.config

from sandbox.address_table import AddressTable
from sandbox.aws import AwsServer, AwsWorld
from sandbox.aws.elbv2.conditions import Conditions, Network
from sandbox.aws.elbv2.throttling import ThrottlingSettings
from sandbox.clock import Clock
from sandbox.kubernetes.client import Client, write_kubeconfig
from sandbox.kubernetes.controllers import ControllerManager
from sandbox.kubernetes.kubelet import Kubelet
from sandbox.kubernetes.kubeproxy import KubeProxy
from sandbox.kubernetes.network import PodNetwork
from sandbox.kubernetes.real import RealApiServerError
from sandbox.launcher_cluster import furnish
from sandbox.launcher_files import SandboxFiles
from sandbox.launcher_kubernetes import KubernetesApi
from sandbox.launcher_traffic import TrafficProcess
from sandbox.open_files import raise_limit
from sandbox.settings import SandboxError, SandboxSettings
from sandbox.target_network import TargetNetwork
from sandbox.traces import TraceServer

HOST = "127.0.0.1"
KUBELET_KEY_ID = "sandbox-kubelet"
"""Access key id of the kubelet's AWS calls, by which they can be told from everyone else's."""
_KEY_ID = "sandbox"


class Sandbox:
    """One sandbox. `running` is its life: up inside the block, gone after it."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self.files = SandboxFiles(directory=settings.directory.absolute())
        self._kubernetes = KubernetesApi(
            host=HOST, port=settings.kube_port, assets=settings.assets, directory=self.files.kubernetes
        )
        self._traffic = TrafficProcess(self.files.directory, clock_factor=settings.clock_factor)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start everything and stop it at the end. Raises SandboxError when something cannot start."""
        _check_port("--aws-port", self._settings.aws_port)
        _check_port("--kube-port", self._settings.kube_port)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(self.files.held())
            try:
                await self._start(stack)
            except (RealApiServerError, OSError) as error:
                raise SandboxError(str(error)) from error
            yield

    async def broken(self) -> str:
        """Wait until a part that runs as a process of its own ends by itself; says which."""
        tasks = [asyncio.ensure_future(part.broken()) for part in (self._traffic, self._kubernetes)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return done.pop().result()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        raise_limit()
        stack.push_async_callback(self._kubernetes.stop)
        kubernetes = await self._kubernetes.start()
        access = kubernetes.access
        clock = Clock(self._settings.clock_factor)
        aws = AwsServer(
            self._settings.cluster_name,
            conditions=self._conditions(clock),
            throttling=ThrottlingSettings(on=self._settings.throttling),
        )
        # Nobody is served yet, so it may block; in a thread it could not be cancelled.
        world = aws.start(HOST, self._settings.aws_port)
        stack.callback(aws.stop)
        write_kubeconfig(self.files.kubeconfig, access)
        async with Client(access, user_agent="sandbox-launcher") as client:
            await furnish(client, world, self._settings.crds)
            kubernetes_version = (await client.request("GET", "/version"))["gitVersion"]
        controllers = ControllerManager(access, clock)
        await controllers.start()
        stack.push_async_callback(controllers.stop)
        network = PodNetwork(self.files.pods)
        network.start()
        stack.push_async_callback(network.stop)
        kubelet = Kubelet(
            access,
            _ec2(world),
            network=network,
            clock=clock,
            termination_seconds=self._settings.termination_seconds,
        )
        await kubelet.start()
        stack.push_async_callback(kubelet.stop)
        proxy = KubeProxy(access, network=network, clock=clock)
        await proxy.start()
        stack.push_async_callback(proxy.stop)
        if self._settings.traffic:
            await self._traffic.start(world.url)
            stack.push_async_callback(self._traffic.stop)
        traces = TraceServer()
        await traces.start()
        stack.push_async_callback(traces.stop)
        self.files.write_env(_variables(self.files, world, traces))
        self.files.write_world(_world(world))
        self.files.write_state(
            {
                "pid": os.getpid(),
                "aws_url": world.url,
                "kubernetes_url": access.url,
                "kubernetes_admin_url": kubernetes.admin_url,
                "trace_store_url": traces.url,
                "otlp_url": traces.otlp_url,
                "clock_factor": self._settings.clock_factor,
                "delays": self._settings.delays.as_json(),
                "versions": {
                    "sandbox": version("elbow"),
                    "kubernetes": kubernetes_version,
                    "moto": version("moto"),
                    "python": platform.python_version(),
                },
            }
        )

    def _conditions(self, clock: Clock) -> Conditions:
        """Under which the fake AWS works."""
        network = Network()
        if self._settings.health_checks:
            reached = {"ip", "instance"} | ({"alb"} if self._settings.traffic else set())
            network = TargetNetwork(AddressTable(self.files.pods), AddressTable(self.files.load_balancers), reached)
        return Conditions(
            clock=clock,
            delays=self._settings.delays,
            network=network,
            eager_checks=self._settings.eager_checks,
        )


async def run(settings: SandboxSettings, when_up: Callable[[SandboxFiles], None]) -> None:
    """Run a sandbox until SIGTERM or SIGINT; `when_up` is called once it is up.

    Raises SandboxError when it cannot start or a part of it ends by itself.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    life = asyncio.create_task(_live(Sandbox(settings), when_up))
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({life, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    life.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await life


async def _live(sandbox: Sandbox, when_up: Callable[[SandboxFiles], None]) -> None:
    async with sandbox.running():
        # The models of all the AWS services live to the end; collecting around them would cost a second at the exit.
        gc.freeze()
        when_up(sandbox.files)
        raise SandboxError(await sandbox.broken())


def _check_port(flag: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise SandboxError(f"port {port} of {flag} cannot be used: {reason}") from error


def _ec2(world: AwsWorld) -> Any:
    return boto3.client(
        "ec2",
        endpoint_url=world.url,
        region_name=world.region,
        aws_access_key_id=KUBELET_KEY_ID,
        aws_secret_access_key="sandbox",  # noqa: S106 - the endpoint checks no signature
        config=botocore.config.Config(max_pool_connections=32),
    )


def _world(world: AwsWorld) -> dict[str, Any]:
    """The world in the form of the conformance recordings: what was seeded, without where it is served."""
    served = ("url", "region", "cluster_name")
    return {name: value for name, value in world.as_json().items() if name not in served}


def _variables(files: SandboxFiles, world: AwsWorld, traces: TraceServer) -> Mapping[str, str]:
    return {
        "KUBECONFIG": str(files.kubeconfig),
        "AWS_ENDPOINT_URL": world.url,
        "AWS_REGION": world.region,
        "AWS_ACCESS_KEY_ID": _KEY_ID,
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_EC2_METADATA_DISABLED": "true",
        "ELBOW_CLUSTER_NAME": world.cluster_name,
        "ELBOW_VPC_ID": world.vpc,
        "OTEL_EXPORTER_OTLP_ENDPOINT": traces.otlp_url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "ELBOW_TRACE_STORE_URL": traces.url,
        # Where a proxy is set, calls to this machine must not go there.
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
    }
