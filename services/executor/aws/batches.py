"""Small shapes that AWS's calls share: ids in batches, tags as maps."""

from collections.abc import Iterator, Mapping, Sequence

from services.executor.core.steps import Json


def chunks(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    """The ids in lists of at most `size`."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def tags_of(description: Mapping[str, Json]) -> dict[str, str]:
    """The tags in an AWS description, as a map."""
    return {tag["Key"]: tag.get("Value") or "" for tag in description.get("Tags") or ()}
