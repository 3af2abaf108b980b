"""Why a key is worked on: the traces of the changes that woke it, until a worker takes it (architecture, section 3)."""

from dataclasses import dataclass, field

from services.planner.core.keys import Key

_MAX_LINKS = 32
"""Links on one span: enough to find the other changes, few enough for every trace store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`traceparent` of the oldest change that has one, `links` to the others, and when the oldest came, in nanoseconds
    since the epoch. `quiet`: nobody changed anything, it is looked whether something follows (from a write of our own,
    a time, a snapshot); where nothing does there is nothing to tell.
    """

    traceparent: str
    links: tuple[str, ...]
    since_ns: int
    quiet: bool


@dataclass(slots=True, kw_only=True)
class _Noted:
    since_ns: int
    quiet: bool = True
    traceparents: dict[str, None] = field(default_factory=dict)


class Causes:
    """What woke each key since it was last taken."""

    def __init__(self) -> None:
        self._noted: dict[Key, _Noted] = {}

    def note(self, key: Key, traceparent: str, at_ns: int, *, quiet: bool) -> None:
        """The key was woken; `traceparent` is empty where no trace is known."""
        noted = self._noted.setdefault(key, _Noted(since_ns=at_ns))
        noted.since_ns = min(noted.since_ns, at_ns)
        noted.quiet = noted.quiet and quiet
        if traceparent and len(noted.traceparents) <= _MAX_LINKS:
            noted.traceparents.setdefault(traceparent)

    def take(self, key: Key, now_ns: int) -> Cause:
        """Everything that was noted, which is then forgotten. A key that nothing was noted for was woken just now."""
        noted = self._noted.pop(key, None) or _Noted(since_ns=now_ns)
        oldest, *others = [*noted.traceparents] or [""]
        since_ns = min(noted.since_ns, now_ns)
        return Cause(traceparent=oldest, links=tuple(others), since_ns=since_ns, quiet=noted.quiet)


def trace_id(traceparent: str) -> str:
    """The trace id in a W3C traceparent, empty when there is none."""
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""
