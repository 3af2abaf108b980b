"""WatcherService over a real channel: snapshots, live changes, a slow receiver, traces, and Project."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest
from elbow.cluster.v1 import objects_pb2 as pb
from elbow.watcher.v1 import watcher_service_pb2 as wire
from elbow.watcher.v1 import watcher_service_pb2_grpc as stubs
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime import telemetry
from services.runtime.channel import open_channel
from services.runtime.server import Registration, Server
from services.runtime.settings import ServerSettings, TlsSettings
from services.runtime.wire import MAX_MESSAGE_BYTES, REASON_KEY
from services.watcher.app import FULL_NAME
from services.watcher.convert import copy_of
from services.watcher.core.events import KindState, Report
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Copy
from services.watcher.core.secrets import SecretName, SecretState
from services.watcher.feed import Feed
from services.watcher.secrets import Secrets, Stopped, Watching
from services.watcher.servicer import WatcherServicer

Call = grpc.aio.StreamStreamCall[wire.WatchRequest, wire.WatchResponse]


def params(name: str, revision: int, *, text: str = "", uid: str = "") -> Copy:
    """A copy of a small object, whose size `text` sets."""
    metadata = {"name": name, "uid": uid or name, "resourceVersion": str(revision)}
    return copy_of(Kind.INGRESS_CLASS_PARAMS, {"metadata": metadata, "spec": {"text": text}})


def node(name: str, revision: int) -> Copy:
    return copy_of(Kind.NODE, {"metadata": {"name": name, "uid": name, "resourceVersion": str(revision)}})


def changed(
    kind: "pb.Kind.ValueType", name: str, revision: str, body: dict[str, Any], **more: Any
) -> wire.WatchResponse:
    metadata = pb.Metadata(name=name, uid=name, resource_version=revision)
    change = wire.Change(kind=kind, object=pb.Object(metadata=metadata, **body), revision=revision, **more)
    return wire.WatchResponse(changes=wire.Changes(changes=[change]))


def reported(kind: "pb.Kind.ValueType", state: "wire.KindState.ValueType", message: str = "") -> wire.WatchResponse:
    return wire.WatchResponse(kind_report=wire.KindReport(kind=kind, state=state, message=message))


def begun(kind: "pb.Kind.ValueType") -> wire.WatchResponse:
    return wire.WatchResponse(snapshot_begin=wire.SnapshotBegin(kind=kind))


def synced(kind: "pb.Kind.ValueType", revision: str) -> wire.WatchResponse:
    return wire.WatchResponse(synced=wire.Synced(kind=kind, resource_version=revision))


def progress(kind: "pb.Kind.ValueType", revision: str) -> wire.WatchResponse:
    return wire.WatchResponse(progress=wire.Progress(kind=kind, resource_version=revision))


def fill(feed: Feed, copies: Iterable[Copy], revision: int) -> None:
    for kind in KINDS:
        feed.listed(kind, {copy.key: copy for copy in copies if copy.key.kind is kind}, revision)
        feed.report(Report(kind=kind, state=KindState.SYNCED))


KINDS = (Kind.NODE, Kind.INGRESS_CLASS_PARAMS)


class Secretive:
    """Watches Secrets that say what the test has them say."""

    def __init__(self) -> None:
        self.tell: dict[SecretName, Callable[[SecretState], None]] = {}
        self.stopped: dict[SecretName, Stopped] = {}
        self.opened: asyncio.Queue[SecretName] = asyncio.Queue()

    def open(self, secret: SecretName, tell: Callable[[SecretState], None], stopped: Stopped) -> Watching:
        self.tell[secret], self.stopped[secret] = tell, stopped
        self.opened.put_nowait(secret)
        return self

    def run(self) -> None:
        """Says nothing by itself."""

    def interrupt(self) -> None:
        """Reads nothing."""


@pytest.fixture
async def secretive() -> Secretive:
    return Secretive()


@pytest.fixture
async def feed() -> Feed:
    return Feed(KINDS)


@pytest.fixture
async def channel(feed: Feed, secretive: Secretive) -> AsyncIterator[grpc.aio.Channel]:
    servicer = WatcherServicer(feed, Secrets(secretive.open))
    registration = Registration(
        add=lambda server: stubs.add_WatcherServiceServicer_to_server(servicer, server), full_name=FULL_NAME
    )
    server = Server("watcher", [registration], ServerSettings())
    address = await server.start()
    async with open_channel(address, TlsSettings(), service_name="planner") as channel:
        yield channel
    await server.stop(0)


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Telemetry switched on for one test; the process-wide provider is left alone."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_TRACER", provider.get_tracer("elbow"))
    yield exporter
    provider.shutdown()


async def watching(channel: grpc.aio.Channel) -> Call:
    call: Call = stubs.WatcherServiceStub(channel).Watch()
    await call.write(wire.WatchRequest(receiver="planner-0"))
    return call


async def until(call: Call, last: wire.WatchResponse) -> list[wire.WatchResponse]:
    """All messages up to this one."""
    messages: list[wire.WatchResponse] = []
    while not messages or messages[-1] != last:
        message = await call.read()
        assert isinstance(message, wire.WatchResponse), f"the stream ended after {messages}"
        messages.append(message)
    return messages


def changes_in(messages: Iterable[wire.WatchResponse]) -> list[wire.Change]:
    return [change for message in messages for change in message.changes.changes]


NODES_SYNCED = reported(pb.KIND_NODE, wire.KIND_STATE_SYNCED)
ALL_SYNCED = reported(pb.KIND_INGRESS_CLASS_PARAMS, wire.KIND_STATE_SYNCED)


async def test_a_receiver_gets_every_state_and_a_snapshot_of_every_kind(feed: Feed, channel: grpc.aio.Channel) -> None:
    fill(feed, [node("n", 3), params("p", 4)], revision=9)
    call = await watching(channel)
    assert await until(call, ALL_SYNCED) == [
        reported(pb.KIND_NODE, wire.KIND_STATE_SYNCING),
        begun(pb.KIND_NODE),
        reported(pb.KIND_INGRESS_CLASS_PARAMS, wire.KIND_STATE_SYNCING),
        begun(pb.KIND_INGRESS_CLASS_PARAMS),
        changed(pb.KIND_NODE, "n", "3", {"node": pb.Node()}, snapshot=True),
        synced(pb.KIND_NODE, "9"),
        NODES_SYNCED,
        changed(
            pb.KIND_INGRESS_CLASS_PARAMS,
            "p",
            "4",
            {"ingress_class_params": pb.IngressClassParams(spec='{"text":""}')},
            snapshot=True,
        ),
        synced(pb.KIND_INGRESS_CLASS_PARAMS, "9"),
        ALL_SYNCED,
    ]
    call.cancel()


async def test_then_it_gets_what_happens(feed: Feed, channel: grpc.aio.Channel) -> None:
    fill(feed, [node("n", 3)], revision=9)
    call = await watching(channel)
    await until(call, ALL_SYNCED)
    feed.seen(node("m", 10))
    added = await until(call, changed(pb.KIND_NODE, "m", "10", {"node": pb.Node()}))
    feed.gone(node("n", 11))
    gone = await until(call, changed(pb.KIND_NODE, "n", "11", {"node": pb.Node()}, deleted=True))
    feed.progress(Kind.NODE, 12)
    assert (len(added), len(gone), await until(call, progress(pb.KIND_NODE, "12"))) == (
        1,
        1,
        [progress(pb.KIND_NODE, "12")],
    )
    call.cancel()


async def test_a_later_list_is_told_as_changes_up_to_its_revision(feed: Feed, channel: grpc.aio.Channel) -> None:
    fill(feed, [node("gone", 3), node("same", 4)], revision=9)
    call = await watching(channel)
    await until(call, ALL_SYNCED)
    fresh = [node("same", 4), node("new", 15)]
    feed.listed(Kind.NODE, {copy.key: copy for copy in fresh}, 20)
    told = await until(call, progress(pb.KIND_NODE, "20"))
    assert [(change.object.metadata.name, change.revision, change.deleted) for change in changes_in(told)] == [
        ("gone", "20", True),
        ("new", "15", False),
    ]
    call.cancel()


async def test_a_kind_that_is_listed_later_gets_its_snapshot_then(feed: Feed, channel: grpc.aio.Channel) -> None:
    feed.report(Report(kind=Kind.NODE, state=KindState.MISSING, message="no such thing"))
    call = await watching(channel)
    before = await until(call, reported(pb.KIND_INGRESS_CLASS_PARAMS, wire.KIND_STATE_SYNCING))
    feed.report(Report(kind=Kind.NODE, state=KindState.SYNCING))
    feed.listed(Kind.NODE, {}, 5)
    feed.report(Report(kind=Kind.NODE, state=KindState.SYNCED))
    assert before + await until(call, NODES_SYNCED) == [
        reported(pb.KIND_NODE, wire.KIND_STATE_MISSING, "no such thing"),
        reported(pb.KIND_INGRESS_CLASS_PARAMS, wire.KIND_STATE_SYNCING),
        reported(pb.KIND_NODE, wire.KIND_STATE_SYNCING),
        begun(pb.KIND_NODE),
        synced(pb.KIND_NODE, "5"),
        NODES_SYNCED,
    ]
    call.cancel()


async def test_a_kind_that_is_refused_keeps_its_objects_for_new_receivers(
    feed: Feed, channel: grpc.aio.Channel
) -> None:
    fill(feed, [node("n", 3)], revision=9)
    feed.report(Report(kind=Kind.NODE, state=KindState.REFUSED, message="forbidden"))
    call = await watching(channel)
    messages = await until(call, synced(pb.KIND_NODE, "9"))
    assert [message for message in messages if pb.KIND_INGRESS_CLASS_PARAMS not in kinds_in(message)] == [
        reported(pb.KIND_NODE, wire.KIND_STATE_REFUSED, "forbidden"),
        begun(pb.KIND_NODE),
        changed(pb.KIND_NODE, "n", "3", {"node": pb.Node()}, snapshot=True),
        synced(pb.KIND_NODE, "9"),
    ]
    call.cancel()


def kinds_in(message: wire.WatchResponse) -> "set[pb.Kind.ValueType]":
    return {
        *(change.kind for change in message.changes.changes),
        message.kind_report.kind,
        message.snapshot_begin.kind,
        message.synced.kind,
    } - {pb.KIND_UNSPECIFIED}


async def test_no_message_comes_near_the_limit_however_large_a_snapshot_is(
    feed: Feed, channel: grpc.aio.Channel
) -> None:
    fill(feed, [params(f"p{number}", 1, text="x" * 30_000) for number in range(100)], revision=9)
    call = await watching(channel)
    messages = await until(call, ALL_SYNCED)
    names = {change.object.metadata.name for change in changes_in(messages)}
    assert names == {f"p{number}" for number in range(100)}
    assert max(message.ByteSize() for message in messages) < MAX_MESSAGE_BYTES / 4
    call.cancel()


async def test_a_slow_receiver_gets_the_newest_state_not_every_state(feed: Feed, channel: grpc.aio.Channel) -> None:
    fill(feed, [], revision=1)
    call = await watching(channel)
    await until(call, ALL_SYNCED)
    names, rounds = ("a", "b", "c"), 300
    for turn in range(rounds):
        for place, name in enumerate(names):
            revision = 10 + turn * len(names) + place
            feed.seen(params(name, revision, text=f"{revision}" + "x" * 200_000))
        await asyncio.sleep(0)  # the server may write as much as the receiver's window lets it
    last = 10 + rounds * len(names) - 1
    feed.progress(Kind.INGRESS_CLASS_PARAMS, last)
    told = changes_in(await until(call, progress(pb.KIND_INGRESS_CLASS_PARAMS, str(last))))
    newest = {change.object.metadata.name: int(change.revision) for change in told}
    assert newest == {"a": last - 2, "b": last - 1, "c": last}
    assert len(told) < rounds
    call.cancel()


async def test_a_deletion_and_another_object_of_the_name_reach_a_slow_receiver_as_two(
    feed: Feed, channel: grpc.aio.Channel
) -> None:
    fill(feed, [params("p", 2, uid="first")], revision=5)
    call = await watching(channel)
    await until(call, ALL_SYNCED)
    feed.gone(params("p", 6, uid="first"))
    feed.seen(params("p", 7, uid="second"))
    feed.seen(params("p", 8, uid="second", text="edited"))
    feed.progress(Kind.INGRESS_CLASS_PARAMS, 8)
    told = changes_in(await until(call, progress(pb.KIND_INGRESS_CLASS_PARAMS, "8")))
    assert [(change.object.metadata.uid, change.revision, change.deleted) for change in told] == [
        ("first", "6", True),
        ("second", "8", False),
    ]
    call.cancel()


async def test_only_a_live_change_that_matters_starts_a_trace(
    feed: Feed, channel: grpc.aio.Channel, exported: InMemorySpanExporter
) -> None:
    fill(feed, [params("p", 2)], revision=5)
    call = await watching(channel)
    snapshot = changes_in(await until(call, ALL_SYNCED))
    feed.seen(params("p", 6))
    feed.progress(Kind.INGRESS_CLASS_PARAMS, 6)
    renewed = changes_in(await until(call, progress(pb.KIND_INGRESS_CLASS_PARAMS, "6")))
    feed.seen(params("p", 7, text="edited"))
    feed.progress(Kind.INGRESS_CLASS_PARAMS, 7)
    edited = changes_in(await until(call, progress(pb.KIND_INGRESS_CLASS_PARAMS, "7")))
    [span] = exported.get_finished_spans()
    context = span.get_span_context()
    assert context is not None
    started = "-".join(
        (
            "00",
            trace.format_trace_id(context.trace_id),
            trace.format_span_id(context.span_id),
            f"{context.trace_flags:02x}",
        )
    )
    assert [(change.revision, change.traceparent) for change in (*snapshot, *renewed, *edited)] == [
        ("2", ""),
        ("6", ""),
        ("7", started),
    ]
    assert (span.name, span.parent, dict(span.attributes or {})) == (
        "observe change",
        None,
        {
            "elbow.kind": "IngressClassParams",
            "elbow.object": "p",
            "elbow.revision": "7",
            "elbow.verb": "modified",
        },
    )
    call.cancel()


async def test_receivers_share_the_trace_of_a_change(
    feed: Feed, channel: grpc.aio.Channel, exported: InMemorySpanExporter
) -> None:
    fill(feed, [], revision=5)
    calls = [await watching(channel), await watching(channel)]
    for call in calls:
        await until(call, ALL_SYNCED)
    feed.seen(params("p", 6))
    feed.progress(Kind.INGRESS_CLASS_PARAMS, 6)
    told = [changes_in(await until(call, progress(pb.KIND_INGRESS_CLASS_PARAMS, "6"))) for call in calls]
    assert told[0] == told[1]
    assert (len(told[0]), len(exported.get_finished_spans())) == (1, 1)
    for call in calls:
        call.cancel()


async def test_the_end_of_the_watcher_ends_the_stream_and_says_nothing_more(
    feed: Feed, channel: grpc.aio.Channel
) -> None:
    fill(feed, [], revision=5)
    call = await watching(channel)
    await until(call, ALL_SYNCED)
    feed.close()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_project_gives_what_watch_would_send(channel: grpc.aio.Channel) -> None:
    raw = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n", "uid": "n", "resourceVersion": "3"},
        "spec": {"providerID": "aws:///us-west-2a/i-1"},
    }
    answer = await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(objects=[json.dumps(raw)]))
    metadata = pb.Metadata(name="n", uid="n", resource_version="3")
    body = pb.Node(provider_id="aws:///us-west-2a/i-1")
    assert answer == wire.ProjectResponse(objects=[pb.Object(metadata=metadata, node=body)])


@pytest.mark.parametrize(
    ("text", "details", "reason"),
    [
        pytest.param(
            '{"apiVersion": "apps/v1", "kind": "Deployment"}',
            "object 1: kind Deployment of apiVersion apps/v1 is not read by the watcher [UnknownKind]",
            "UnknownKind",
            id="a kind that the watcher does not read",
        ),
        pytest.param(
            '{"apiVersion": "v1", "kind": "Service", "spec": {"ports": 80}}',
            "object 1: spec.ports is not a list [UnreadableObject]",
            "UnreadableObject",
            id="a field of another type",
        ),
        pytest.param(
            "{",
            "object 1: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) "
            "[UnreadableObject]",
            "UnreadableObject",
            id="what is not JSON",
        ),
    ],
)
async def test_project_says_what_is_wrong_with_which_object(
    channel: grpc.aio.Channel, text: str, details: str, reason: str
) -> None:
    good = '{"apiVersion": "v1", "kind": "Namespace"}'
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs.WatcherServiceStub(channel).Project(wire.ProjectRequest(objects=[good, text]))
    trailing = dict(caught.value.trailing_metadata() or ())
    assert (caught.value.code(), caught.value.details(), trailing[REASON_KEY]) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        details,
        reason,
    )


IDP = SecretName(namespace="shop", name="idp")


def asking(*secrets: SecretName) -> wire.WatchRequest:
    names = [wire.SecretName(namespace=s.namespace, name=s.name) for s in secrets]
    return wire.WatchRequest(receiver="planner-0", secrets=names)


async def test_a_receiver_gets_the_secrets_that_it_asks_for_later_on_and_what_happens_to_them(
    feed: Feed, channel: grpc.aio.Channel, secretive: Secretive
) -> None:
    fill(feed, [], revision=9)
    call = await watching(channel)
    await until(call, ALL_SYNCED)
    assert secretive.tell == {}
    await call.write(asking(IDP))
    assert await secretive.opened.get() == IDP
    secretive.tell[IDP](SecretState(secret=IDP, refusal="forbidden"))
    name = wire.SecretName(namespace="shop", name="idp")
    refused = wire.WatchResponse(secret=wire.SecretState(secret=name, refusal="forbidden"))
    assert await until(call, refused) == [refused]
    told = {"labels": {"team": "a"}, "client_id": "shop", "digests": {"clientSecret": "d1"}}
    secretive.tell[IDP](SecretState(secret=IDP, present=True, **told))  # type: ignore[arg-type]
    there = wire.WatchResponse(secret=wire.SecretState(secret=name, present=True, **told))  # type: ignore[arg-type]
    assert await until(call, there) == [there]
    call.cancel()


async def test_a_secret_that_nobody_asks_for_any_more_is_not_watched(
    feed: Feed, channel: grpc.aio.Channel, secretive: Secretive
) -> None:
    fill(feed, [], revision=9)
    call: Call = stubs.WatcherServiceStub(channel).Watch()
    await call.write(asking(IDP))
    assert await secretive.opened.get() == IDP
    other = SecretName(namespace="shop", name="other")
    await call.write(asking(other))
    assert await secretive.opened.get() == other
    assert (secretive.stopped[IDP].is_set(), secretive.stopped[other].is_set()) == (True, False)
    call.cancel()


async def test_a_changed_secret_begins_a_trace_and_one_seen_first_does_not(
    feed: Feed, channel: grpc.aio.Channel, secretive: Secretive, exported: InMemorySpanExporter
) -> None:
    fill(feed, [], revision=9)
    call: Call = stubs.WatcherServiceStub(channel).Watch()
    await call.write(asking(IDP))
    await until(call, ALL_SYNCED)
    assert await secretive.opened.get() == IDP
    traces = []
    for digest in ("d1", "d2"):
        secretive.tell[IDP](SecretState(secret=IDP, present=True, digests={"clientSecret": digest}))
        message = await call.read()
        assert isinstance(message, wire.WatchResponse)
        assert message.secret.digests["clientSecret"] == digest
        traces.append(message.secret.traceparent)
    spans = [span for span in exported.get_finished_spans() if span.name == "observe change"]
    assert [(span.attributes or {})["elbow.object"] for span in spans] == ["shop/idp"]
    assert (traces[0], traces[1] != "") == ("", True)
    call.cancel()
