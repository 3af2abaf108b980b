"""Writes of target records, folded: what a binding has registered follows from its own writes."""

from collections.abc import Mapping
from typing import Any

from services.planner.core.aws import TargetRecord
from services.planner.core.parse.target_records import parse_entries
from services.planner.core.plans import KubernetesWrite, Verb
from services.planner.core.targets.records import DATA_KEY, PREFIX, RESOURCE
from services.planner.core.updates import RecordKind, Remove, Update, Upsert


def fold_write(write: KubernetesWrite, answer: Mapping[str, Any] | None) -> tuple[Update, ...]:
    """Updates that follow from a write to Kubernetes; `answer` None: it was not accepted, or nobody knows."""
    if write.resource != RESOURCE or not write.name.startswith(PREFIX):
        return ()
    binding = f"{write.namespace}/{write.name.removeprefix(PREFIX)}"
    if answer is None:
        return (Remove(kind=RecordKind.TARGET_RECORD, id=binding),)
    if write.verb is Verb.DELETE:
        return (Upsert(record=TargetRecord(binding=binding, entries=None)),)
    text = (answer.get("data") or {}).get(DATA_KEY)
    return (Upsert(record=TargetRecord(binding=binding, entries=parse_entries(text or ""))),)
