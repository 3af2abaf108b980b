"""Attributes of load balancers and target groups: those asked for that are not so (ELBv2 API, Modify…Attributes)."""

from collections.abc import Mapping

from services.planner.core.plans import FieldChange, Json

_BOOLEANS = ("true", "false")


def changed_attributes(desired: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Attributes to be set, sorted by key. AWS gives a truth value back in lower case, however it was asked for."""
    return {k: v for k, v in sorted(desired.items()) if not _same(v, known.get(k))}


def _same(desired: str, known: str | None) -> bool:
    return desired == known or (known in _BOOLEANS and desired.lower() == known)


def attribute_pairs(changed: Mapping[str, str]) -> list[dict[str, Json]]:
    """Attributes as AWS takes them."""
    return [{"Key": k, "Value": v} for k, v in changed.items()]


def attribute_fields(changed: Mapping[str, str], known: Mapping[str, str]) -> list[FieldChange]:
    """The changes for people."""
    return [FieldChange(field=f"attributes.{k}", old=known.get(k), new=v) for k, v in changed.items()]
