"""What a binding has registered in a target group that other clusters use too: a ConfigMap beside the binding.

Only what stands there is ever deregistered. It is written before the registration that it records, so that nothing of
ours can be forgotten; what is gone from AWS is taken out of it afterwards (targets and readiness, section 10).
"""

from collections.abc import Iterable, Mapping

from services.planner.core.aws import Health, Target, TargetRecord
from services.planner.core.draft import Draft
from services.planner.core.keys import BindingKey
from services.planner.core.plans import Json, KubernetesWrite, Verb

RESOURCE = "configmaps"
PREFIX = "aws-lbc-targets-"
DATA_KEY = "targets"


def entry(target: Target) -> str:
    """The target as records name it."""
    quic = f":{target.quic_id}" if target.quic_id else ""
    return f"{target.id}:{target.port}{quic}"


def due_entries(record: TargetRecord, wanted: Iterable[Target], registered: Mapping[Target, Health]) -> frozenset[str]:
    """What the record has to hold before `wanted` is registered: that, and what we registered and is not gone yet."""
    standing = {entry(t) for t in registered}
    return frozenset(entry(t) for t in wanted) | (standing & (record.entries or frozenset()))


def write_record(draft: Draft, key: BindingKey, record: TargetRecord, due: frozenset[str], after: Iterable[str]) -> str:
    """The step that makes the record so; answers its id."""
    data: dict[str, Json] = {DATA_KEY: ",".join(sorted(due))}
    if record.entries is None:
        head = {"name": f"{PREFIX}{key.name}", "namespace": key.namespace}
        body: dict[str, Json] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head, "data": data}
        return draft.write("record-targets", _write(Verb.CREATE, key, body), after)
    return draft.write("record-targets", _write(Verb.MERGE_PATCH, key, {"data": data}), after)


def delete_record(draft: Draft, key: BindingKey, after: Iterable[str]) -> str:
    """The step that deletes the record; that it is not there is fine."""
    return draft.write(f"delete-record-{key.name}", _write(Verb.DELETE, key, None), after)


def _write(verb: Verb, key: BindingKey, body: Mapping[str, Json] | None) -> KubernetesWrite:
    return KubernetesWrite(
        verb=verb, api_version="v1", resource=RESOURCE, namespace=key.namespace, name=f"{PREFIX}{key.name}", body=body
    )
