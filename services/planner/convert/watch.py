"""The watcher's messages as events of the view. Called by the watcher link for every message."""

from collections.abc import Iterator, Mapping

from elbow.watcher.v1 import watcher_service_pb2 as pb

from services.planner.convert.objects import kind_of, to_object
from services.planner.core.secrets import SecretState
from services.planner.view.events import (
    Event,
    KindState,
    Progressed,
    Reported,
    SecretSeen,
    Seen,
    SnapshotBegun,
    SnapshotEnded,
)
from services.planner.view.objects import revision

_STATES: Mapping[int, KindState] = {
    pb.KIND_STATE_SYNCING: KindState.SYNCING,
    pb.KIND_STATE_SYNCED: KindState.SYNCED,
    pb.KIND_STATE_MISSING: KindState.MISSING,
    pb.KIND_STATE_REFUSED: KindState.REFUSED,
    pb.KIND_STATE_LOST: KindState.LOST,
}


def to_events(message: pb.WatchResponse) -> Iterator[Event]:
    """The message's events, in order. Raises ValueError for what the wire contract does not have."""
    match message.WhichOneof("event"):
        case "kind_report":
            report = message.kind_report
            if report.state not in _STATES:
                raise ValueError(f"kind state {report.state} is not one of the wire contract's")
            yield Reported(kind=kind_of(report.kind), state=_STATES[report.state], message=report.message)
        case "snapshot_begin":
            yield SnapshotBegun(kind=kind_of(message.snapshot_begin.kind))
        case "changes":
            yield from map(_seen, message.changes.changes)
        case "synced":
            synced = message.synced
            yield SnapshotEnded(kind=kind_of(synced.kind), revision=revision(synced.resource_version))
        case "progress":
            progress = message.progress
            yield Progressed(kind=kind_of(progress.kind), revision=revision(progress.resource_version))
        case "secret":
            yield _secret(message.secret)
        case unknown:
            raise ValueError(f"watch event {unknown} is not one of the wire contract's")


def _secret(message: pb.SecretState) -> SecretSeen:
    state = SecretState(
        namespace=message.secret.namespace,
        name=message.secret.name,
        present=message.present,
        refusal=message.refusal,
        labels=dict(message.labels),
        client_id=message.client_id,
        digests=dict(message.digests),
    )
    return SecretSeen(state=state, traceparent=message.traceparent)


def _seen(change: pb.Change) -> Seen:
    thing = to_object(change.object)
    return Seen(
        kind=kind_of(change.kind),
        thing=thing,
        revision=revision(change.revision or thing.meta.resource_version),
        deleted=change.deleted,
        snapshot=change.snapshot,
        traceparent=change.traceparent,
    )
