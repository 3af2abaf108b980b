"""Records of shared target groups as the executor reads them from their ConfigMaps."""

from services.planner.core.aws import TargetRecord
from services.planner.core.parse.descriptions import Description, Pairs


def target_record(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> TargetRecord:
    """The record of the binding `parent`; without `targets` there is none yet."""
    del tags, attributes
    return TargetRecord(binding=parent, entries=parse_entries(d["targets"]))


def parse_entries(text: str | None) -> frozenset[str] | None:
    """The entries of a record's text, without the ids that QUIC targets have besides; None for no record."""
    if text is None:
        return None
    return frozenset(_plain(each.strip()) for each in text.split(",") if each.strip())


def _plain(text: str) -> str:
    rest, _, last = text.rpartition(":")
    return rest if last.startswith("0x") else text
