"""The known name that a misspelt one most likely means. Called for warnings about unknown annotations."""

import difflib
from collections.abc import Iterable

# Below this likeness (difflib's ratio) a suggestion would mislead.
_LIKENESS = 0.6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name, or None. Of a family (a name that ends with a dot) the part before the first dot
    counts; the user's part behind it is kept."""
    _, dot, rest = name.partition(".")
    candidates = {k + rest if k.endswith(".") and dot else k.removesuffix(".") for k in known}
    found = difflib.get_close_matches(name, sorted(candidates - {name}), n=1, cutoff=_LIKENESS)
    return found[0] if found else None
