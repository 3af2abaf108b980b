"""Between the watcher's own values and the wire contract.

Called by the list/watch threads (raw object to copy) and by the servicer (events to messages).
"""

from collections.abc import Mapping
from typing import Final

from elbow.cluster.v1 import objects_pb2
from elbow.watcher.v1 import watcher_service_pb2 as wire

from services.runtime.wire import MAX_MESSAGE_BYTES
from services.watcher.core.events import (
    Batch,
    Event,
    KindState,
    Progress,
    Report,
    SnapshotBegun,
    SnapshotEnded,
)
from services.watcher.core.fields import UnreadableObjectError
from services.watcher.core.folding import OVERHEAD_BYTES
from services.watcher.core.kinds import Kind
from services.watcher.core.objects import Change, Copy, ObjectKey, Verb, revision_of
from services.watcher.core.projection import QUIC_VARIABLE, project
from services.watcher.core.secrets import SecretName, SecretState

MAX_OBJECT_BYTES: Final = MAX_MESSAGE_BYTES - OVERHEAD_BYTES - 1024
"""Largest projected object that fits into a message with what surrounds it."""

_KINDS: Final[Mapping[Kind, "objects_pb2.Kind.ValueType"]] = {
    Kind.NAMESPACE: objects_pb2.KIND_NAMESPACE,
    Kind.INGRESS_CLASS: objects_pb2.KIND_INGRESS_CLASS,
    Kind.INGRESS_CLASS_PARAMS: objects_pb2.KIND_INGRESS_CLASS_PARAMS,
    Kind.NODE: objects_pb2.KIND_NODE,
    Kind.INGRESS: objects_pb2.KIND_INGRESS,
    Kind.SERVICE: objects_pb2.KIND_SERVICE,
    Kind.TARGET_GROUP_BINDING: objects_pb2.KIND_TARGET_GROUP_BINDING,
    Kind.ENDPOINT_SLICE: objects_pb2.KIND_ENDPOINT_SLICE,
    Kind.POD: objects_pb2.KIND_POD,
    Kind.CONFIG_MAP: objects_pb2.KIND_CONFIG_MAP,
}

_STATES: Final[Mapping[KindState, "wire.KindState.ValueType"]] = {
    KindState.SYNCING: wire.KIND_STATE_SYNCING,
    KindState.SYNCED: wire.KIND_STATE_SYNCED,
    KindState.MISSING: wire.KIND_STATE_MISSING,
    KindState.REFUSED: wire.KIND_STATE_REFUSED,
    KindState.LOST: wire.KIND_STATE_LOST,
}


def message_of(kind: Kind, raw: object, *, quic_variable: str = QUIC_VARIABLE) -> objects_pb2.Object:
    """The message for one raw object. Raises UnreadableObjectError for what is not of the kind's schema."""
    return objects_pb2.Object(**project(kind, raw, quic_variable=quic_variable))


def copy_of(kind: Kind, raw: object, *, quic_variable: str = QUIC_VARIABLE) -> Copy:
    """The copy to keep of one raw object; of the raw one nothing is kept.

    Raises UnreadableObjectError, also for an object that is too large for a message or has no resource version.
    """
    message = message_of(kind, raw, quic_variable=quic_variable)
    metadata = message.metadata
    key = ObjectKey(kind=kind, namespace=metadata.namespace, name=metadata.name)
    try:
        revision = revision_of(metadata.resource_version)
    except ValueError as error:
        raise UnreadableObjectError("metadata.resourceVersion", f"cannot be compared: {error}") from error
    metadata.ClearField("resource_version")
    # Maps have no order of their own: only this way are equal objects equal bytes.
    content = message.SerializeToString(deterministic=True)
    if len(content) > MAX_OBJECT_BYTES:
        raise UnreadableObjectError("", f"is larger than a message may be: {len(content)} bytes when projected")
    return Copy(key=key, uid=metadata.uid, revision=revision, content=content)


def response_of(event: Event) -> wire.WatchResponse:
    """The message for one event."""
    match event:
        case Batch():
            return wire.WatchResponse(changes=wire.Changes(changes=[_change(change) for change in event.changes]))
        case Report():
            report = wire.KindReport(kind=_KINDS[event.kind], state=_STATES[event.state], message=event.message)
            return wire.WatchResponse(kind_report=report)
        case SnapshotBegun():
            return wire.WatchResponse(snapshot_begin=wire.SnapshotBegin(kind=_KINDS[event.kind]))
        case SnapshotEnded():
            ended = wire.Synced(kind=_KINDS[event.kind], resource_version=str(event.revision))
            return wire.WatchResponse(synced=ended)
        case Progress():
            progress = wire.Progress(kind=_KINDS[event.kind], resource_version=str(event.revision))
            return wire.WatchResponse(progress=progress)


def secret_name_of(message: wire.SecretName) -> SecretName:
    """The Secret that a receiver needs."""
    return SecretName(namespace=message.namespace, name=message.name)


def secret_response_of(state: SecretState) -> wire.WatchResponse:
    """The message for the state of a Secret."""
    secret = wire.SecretState(
        secret=wire.SecretName(namespace=state.secret.namespace, name=state.secret.name),
        present=state.present,
        refusal=state.refusal,
        labels=dict(state.labels),
        client_id=state.client_id,
        digests=dict(state.digests),
        traceparent=state.traceparent,
    )
    return wire.WatchResponse(secret=secret)


def _change(change: Change) -> wire.Change:
    return wire.Change(
        kind=_KINDS[change.copy.key.kind],
        object=_object(change.copy),
        deleted=change.deleted,
        snapshot=change.verb is Verb.LISTED,
        revision=str(change.revision),
        traceparent=change.traceparent,
    )


def _object(copy: Copy) -> objects_pb2.Object:
    message = objects_pb2.Object.FromString(copy.content)
    message.metadata.resource_version = str(copy.revision)
    return message
