"""Calls that change tags of load balancing resources."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.planner.core.aws import Inventory
from services.planner.core.fold.sent import Answer, Handler, Parameters, tags
from services.planner.core.updates import Update, Upsert


def _add_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    yield from _retagged(inventory, sent["ResourceArns"], lambda old: {**old, **tags(sent)})


def _remove_tags(inventory: Inventory, sent: Parameters, answer: Answer) -> Iterator[Update]:
    gone = set(sent["TagKeys"])
    yield from _retagged(inventory, sent["ResourceArns"], lambda old: {k: v for k, v in old.items() if k not in gone})


def _retagged(
    inventory: Inventory, arns: list[str], change: Callable[[Mapping[str, str]], dict[str, str]]
) -> Iterator[Update]:
    for arn in arns:
        for records in (
            inventory.load_balancers,
            inventory.target_groups,
            inventory.listeners,
            inventory.rules,
        ):
            record: Any = records.get(arn)
            if record is not None and record.tags is not None:
                yield Upsert(record=replace(record, tags=change(record.tags)))


HANDLERS: Mapping[str, Handler] = {"AddTags": _add_tags, "RemoveTags": _remove_tags}
