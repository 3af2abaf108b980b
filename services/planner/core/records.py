"""What has to survive a restart for an ingress group: the last accepted version of each member, and digests of the
secrets that its rules were given, in one ConfigMap in our own namespace (architecture, section 5).

Written after an edit was accepted, read when a member cannot be planned, deleted with the stack. One that nobody can
read counts as none.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from services.planner.core.accepted import Accepted
from services.planner.core.inputs import StackInput
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import ConfigMap, Kind, ObjectRef
from services.planner.core.plain_values import UnreadableValueError, from_plain, to_plain
from services.planner.core.plans import Json, KubernetesWrite, Verb

STACK_FIELD, MEMBERS_FIELD, SECRETS_FIELD = "stack", "members", "secrets"
LABEL = "elbow/record"
_API_VERSION, _RESOURCE, _LABELS = "v1", "configmaps", {LABEL: "stack"}
# Kubernetes takes a ConfigMap of 1 MiB, and so does the wire a message.
_MOST_CHARACTERS = 900_000
# What a record of that size may at most come to, so that a few bytes cannot fill the memory.
_MOST_BYTES = 64 * 1024 * 1024

Versions = Mapping[ObjectRef, Accepted]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTooLarge:
    """There is no place for the versions; `write` brings the record up to date without them."""

    write: KubernetesWrite | None = None


def record_name(key: StackKey) -> str:
    """Name of the stack's ConfigMap."""
    return f"elbow-stack-{hashlib.sha256(str(key).encode()).hexdigest()[:20]}"


def key_of_record(record: ConfigMap) -> StackKey | None:
    """The stack whose record it is; None where it is nobody's, or not called as that one's is."""
    kind, _, name = record.data.get(STACK_FIELD, "").partition("/")
    namespace, _, last = name.rpartition("/")
    if kind != StackKind.INGRESS or not last:
        return None
    key = StackKey(kind=StackKind.INGRESS, namespace=namespace, name=last)
    return key if record.meta.name == record_name(key) else None


def read_record(inp: StackInput) -> Versions:
    """The accepted versions of the stack's members."""
    record = inp.record
    if record is None:
        return {}
    try:
        text = _unpacked(record.data.get(MEMBERS_FIELD, ""))
        found = [from_plain(Accepted, plain) for plain in json.loads(text)]
    except (UnreadableValueError, ValueError, TypeError, zlib.error, binascii.Error, RecursionError):
        return {}
    return {
        ObjectRef(kind=Kind.INGRESS, namespace=v.ingress.meta.namespace, name=v.ingress.meta.name): v for v in found
    }


def read_given_secrets(inp: StackInput) -> dict[str, str]:
    """What the stack's rules were given of secrets (`diff.given_secrets`), as far as the record knows."""
    try:
        found = json.loads(inp.record.data.get(SECRETS_FIELD, "")) if inp.record is not None else {}
    except (ValueError, RecursionError):
        return {}
    sound = isinstance(found, dict) and all(isinstance(digest, str) for digest in found.values())
    return found if sound else {}


def keep_record(
    inp: StackInput, versions: Versions, given: Mapping[str, str]
) -> KubernetesWrite | RecordTooLarge | None:
    """The write that brings the record up to date; None where it is, and where there is no namespace for it. Versions
    that would be too large are left out, also older ones: members would fall back to what was accepted long ago."""
    if not inp.cluster.namespace or Kind.CONFIG_MAP in inp.view.blind:
        return None
    data = {STACK_FIELD: str(inp.key)}
    if given:
        data[SECRETS_FIELD] = json.dumps(given, sort_keys=True, separators=(",", ":"))
    members = _packed(versions)
    if sum(map(len, data.values())) + len(members) > _MOST_CHARACTERS:
        return RecordTooLarge(write=_keep(inp, data))
    return _keep(inp, {**data, MEMBERS_FIELD: members})


def _keep(inp: StackInput, data: Mapping[str, str]) -> KubernetesWrite | None:
    record = inp.record
    if record is None:
        return _create(inp, data)
    if dict(record.data) == data:
        return None
    patch: dict[str, Json] = {"data": {**dict.fromkeys(record.data), **data}}
    return _write(Verb.MERGE_PATCH, record.meta.namespace, record.meta.name, uid=record.meta.uid, body=patch)


def drop_record(inp: StackInput) -> KubernetesWrite | None:
    """The write that deletes the record; None where there is none."""
    record = inp.record
    if record is None:
        return None
    return _write(Verb.DELETE, record.meta.namespace, record.meta.name, uid=record.meta.uid)


def _create(inp: StackInput, data: Mapping[str, str]) -> KubernetesWrite:
    name, namespace = record_name(inp.key), inp.cluster.namespace
    body: dict[str, Json] = {
        "apiVersion": _API_VERSION,
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(_LABELS)},
        "data": dict(data),
    }
    return _write(Verb.CREATE, namespace, name, body=body)


def _write(
    verb: Verb, namespace: str, name: str, *, uid: str = "", body: Mapping[str, Json] | None = None
) -> KubernetesWrite:
    return KubernetesWrite(
        verb=verb, api_version=_API_VERSION, resource=_RESOURCE, namespace=namespace, name=name, uid=uid, body=body
    )


def _packed(versions: Versions) -> str:
    plain = [to_plain(versions[ref]) for ref in sorted(versions)]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode())).decode()


def _unpacked(packed: str) -> str:
    reader = zlib.decompressobj()
    text = reader.decompress(base64.b64decode(packed, validate=True), _MOST_BYTES)
    if not reader.eof:
        raise UnreadableValueError("the record is cut off, or too large")
    return text.decode()
