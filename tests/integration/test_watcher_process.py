"""The watcher as a process, against the sandbox's API server as another."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import grpc.aio
import pytest
import yaml
from elbow.cluster.v1 import objects_pb2 as pb
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1 import watcher_service_pb2_grpc as stubs

from services.runtime.channel import open_channel
from services.runtime.settings import TlsSettings

pytestmark = pytest.mark.integration

CRD_KINDS = {pb.KIND_TARGET_GROUP_BINDING, pb.KIND_INGRESS_CLASS_PARAMS}
ALL_KINDS = set(pb.Kind.values()) - {pb.KIND_UNSPECIFIED}
CRDS = Path(__file__).parents[2] / "deploy" / "crds"
SERVICES = "/api/v1/namespaces/default/services"
CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

Call = grpc.aio.StreamStreamCall[wire.WatchRequest, wire.WatchResponse]


@dataclass
class Cluster:
    """The API server's process and a client of it."""

    port: int
    session: aiohttp.ClientSession
    process: asyncio.subprocess.Process

    async def send(self, method: str, path: str, body: object = None) -> None:
        async with self.session.request(method, f"http://127.0.0.1:{self.port}{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def fault(self, kind: str, **wanted: object) -> None:
        await self.send("POST", "/__sandbox/faults", {"kind": kind, **wanted})

    async def create_service(self, name: str, path: str = SERVICES) -> None:
        spec = {"ports": [{"port": 80}], "selector": {"app": name}}
        await self.send("POST", path, {"kind": "Service", "metadata": {"name": name}, "spec": spec})

    async def create_crds(self) -> None:
        for path in sorted(CRDS.glob("*.yaml")):
            await self.send("POST", CRD_PATH, yaml.safe_load(path.read_text()))

    def kubeconfig(self, folder: Path) -> Path:
        path = folder / "kubeconfig"
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}
        context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [cluster],
            "contexts": [context],
            "users": [{"name": "u", "user": {"token": "any"}}],
            "current-context": "x",
        }
        path.write_text(json.dumps(config))
        return path


async def start(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", *arguments, **options)


async def end(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    return await process.wait()


async def api_server(port: int = 0) -> tuple[asyncio.subprocess.Process, int]:
    process = await start("sandbox.kubernetes.apiserver", "--port", str(port), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    return process, int(url.rpartition(":")[2])


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    process, port = await api_server()
    async with aiohttp.ClientSession() as session:
        cluster = Cluster(port=port, session=session, process=process)
        yield cluster
    await end(cluster.process)


@asynccontextmanager
async def watcher(
    kubeconfig: Path, folder: Path, *flags: str
) -> AsyncIterator[tuple[Call, asyncio.subprocess.Process]]:
    """A watcher process with further flags, and a stream of it that has just begun."""
    ready = folder / "ready.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "ELBOW_"))}
    process = await start(
        "services.watcher",
        "--ready-file",
        str(ready),
        "--kubeconfig",
        str(kubeconfig),
        "--kind-retry-seconds",
        "0.1",
        *flags,
        env=environment,
    )
    try:
        while not ready.exists():
            assert process.returncode is None, "the watcher did not start"
            await asyncio.sleep(0.02)
        address = json.loads(ready.read_text())["address"]
        async with open_channel(address, TlsSettings(), service_name="planner") as channel:
            call: Call = stubs.WatcherServiceStub(channel).Watch()
            await call.write(wire.WatchRequest(receiver="test"))
            yield call, process
            call.cancel()
    finally:
        await end(process)


async def until(call: Call, enough: Callable[[list[wire.WatchResponse]], bool]) -> list[wire.WatchResponse]:
    messages: list[wire.WatchResponse] = []
    while not enough(messages):
        message = await call.read()
        assert isinstance(message, wire.WatchResponse), f"the stream ended after {messages}"
        messages.append(message)
    return messages


def stand(
    state: "wire.KindState.ValueType", kinds: "set[pb.Kind.ValueType]"
) -> Callable[[list[wire.WatchResponse]], bool]:
    """That the last report of each of these kinds is this state."""

    def enough(messages: list[wire.WatchResponse]) -> bool:
        states = {message.kind_report.kind: message.kind_report.state for message in messages}
        return all(states.get(kind) == state for kind in kinds)

    return enough


def changes_of(messages: list[wire.WatchResponse], name: str) -> list[wire.Change]:
    changes = (change for message in messages for change in message.changes.changes)
    return [change for change in changes if change.object.metadata.name == name]


def tells_of(name: str, *, deleted: bool = False) -> Callable[[list[wire.WatchResponse]], bool]:
    def enough(messages: list[wire.WatchResponse]) -> bool:
        return any(change.deleted == deleted for change in changes_of(messages, name))

    return enough


def states_in(messages: list[wire.WatchResponse]) -> set[int]:
    return {message.kind_report.state for message in messages if message.HasField("kind_report")}


async def in_sync(call: Call, before: list[wire.WatchResponse] | None = None) -> None:
    """Reads on until all that there is has been told; `before` is what was read already."""
    told = before or []

    def enough(messages: list[wire.WatchResponse]) -> bool:
        known = stand(wire.KIND_STATE_SYNCED, ALL_KINDS - CRD_KINDS)
        return known(told + messages) and stand(wire.KIND_STATE_MISSING, CRD_KINDS)(told + messages)

    await until(call, enough)


async def test_it_streams_what_is_there_what_happens_and_kinds_that_appear(cluster: Cluster, tmp_path: Path) -> None:
    await cluster.create_service("before")
    async with watcher(cluster.kubeconfig(tmp_path), tmp_path) as (call, process):
        first = await until(call, tells_of("before"))
        await in_sync(call, first)
        await cluster.create_service("after")
        live = await until(call, tells_of("after"))
        await cluster.create_crds()
        appeared = await until(call, stand(wire.KIND_STATE_SYNCED, CRD_KINDS))
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    [listed], [created] = changes_of(first, "before"), changes_of(live, "after")
    assert (listed.snapshot, created.snapshot) == (True, False)
    assert [port.port for port in created.object.service.ports] == [80]
    assert {message.synced.kind for message in appeared if message.HasField("synced")} == CRD_KINDS


async def test_a_cut_watch_is_resumed_without_a_word(cluster: Cluster, tmp_path: Path) -> None:
    async with watcher(cluster.kubeconfig(tmp_path), tmp_path) as (call, _):
        await in_sync(call)
        await cluster.create_service("one")
        await until(call, tells_of("one"))
        await cluster.fault("drop")
        await cluster.create_service("two")
        messages = await until(call, tells_of("two"))
        assert changes_of(messages, "one") == []


async def test_a_deletion_that_no_watch_can_tell_any_more_is_told(cluster: Cluster, tmp_path: Path) -> None:
    async with watcher(cluster.kubeconfig(tmp_path), tmp_path) as (call, _):
        await in_sync(call)
        await cluster.create_service("doomed")
        await until(call, tells_of("doomed"))
        await cluster.fault("freeze")
        await cluster.send("DELETE", f"{SERVICES}/doomed")
        await cluster.fault("forget")
        await cluster.send("DELETE", "/__sandbox/faults")
        await cluster.fault("drop")
        messages = await until(call, tells_of("doomed", deleted=True))
        [change] = changes_of(messages, "doomed")
        assert change.object.metadata.namespace == "default"


async def test_a_kind_that_is_refused_says_so_and_deletes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    async with watcher(cluster.kubeconfig(tmp_path), tmp_path) as (call, _):
        await in_sync(call)
        await cluster.create_service("kept")
        await until(call, tells_of("kept"))
        await cluster.fault("refuse", resource="services", verbs=["list", "watch"])
        refused = await until(call, stand(wire.KIND_STATE_REFUSED, {pb.KIND_SERVICE}))
        await cluster.send("DELETE", "/__sandbox/faults?kind=refuse")
        allowed = await until(call, stand(wire.KIND_STATE_SYNCED, {pb.KIND_SERVICE}))
        assert changes_of(refused + allowed, "kept") == []


async def test_an_api_server_that_comes_late_or_goes_away_is_waited_for(cluster: Cluster, tmp_path: Path) -> None:
    await end(cluster.process)
    async with watcher(cluster.kubeconfig(tmp_path), tmp_path) as (call, _):
        await until(call, stand(wire.KIND_STATE_LOST, ALL_KINDS))
        cluster.process, _ = await api_server(cluster.port)
        await in_sync(call)
        await cluster.create_service("first")
        await until(call, tells_of("first"))
        await end(cluster.process)
        await until(call, stand(wire.KIND_STATE_LOST, ALL_KINDS))
        # It comes back with other objects: what is not there any more is told as deleted.
        cluster.process, _ = await api_server(cluster.port)
        back = await until(call, tells_of("first", deleted=True))
        assert states_in(back) <= {
            wire.KIND_STATE_LOST,
            wire.KIND_STATE_SYNCING,
            wire.KIND_STATE_SYNCED,
            wire.KIND_STATE_MISSING,
        }


async def test_without_access_it_says_what_to_give(tmp_path: Path) -> None:
    process = await start("services.watcher", "--kubeconfig", str(tmp_path / "none"), stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert f"no kubeconfig at {tmp_path}/none: check --kubeconfig or KUBECONFIG" in said.decode()


async def test_of_one_namespace_only_its_own_objects_are_told_and_those_of_the_cluster(
    cluster: Cluster, tmp_path: Path
) -> None:
    await cluster.create_service("elsewhere")
    async with watcher(cluster.kubeconfig(tmp_path), tmp_path, "--watch-namespace=shop") as (call, _):
        told = await until(call, stand(wire.KIND_STATE_SYNCED, ALL_KINDS - CRD_KINDS))
        await cluster.send("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
        await cluster.create_service("elsewhere-too")
        await cluster.create_service("here", "/api/v1/namespaces/shop/services")
        told += await until(call, tells_of("here"))
    assert changes_of(told, "elsewhere") == changes_of(told, "elsewhere-too") == []
    assert changes_of(told, "shop") != []
