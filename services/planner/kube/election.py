"""When the Lease may be taken: the rules of the election without a clock and without an API. Used by `lease`.

The Lease works as Kubernetes' own leader election uses it (client-go, leaderelection), with one difference: its
`leaseTransitions` is raised at every start of a process, also under the same identity, because it is the epoch by which
the executor tells a planner that was restarted from the one that was killed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """What the Lease says. `renewed` is its renewTime as written: it is compared for equality only, clocks differ.
    `acquired` is its acquireTime, handed back as it was read.
    """

    holder: str
    transitions: int
    renewed: str
    duration_seconds: float
    resource_version: str
    acquired: datetime | None = None


class Move(Enum):
    """What to do next."""

    CREATE = "create"
    TAKE = "take"
    RENEW = "renew"
    WAIT = "wait"


class Election:
    """Judges each reading of the Lease. A Lease that another holds runs out when its renewal was not seen to change
    for its duration, on this process's own clock.
    """

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._leading = False
        self._epoch = 0
        self._watched: tuple[str, str, int] | None = None
        self._watched_since = 0.0

    def judge(self, record: LeaseRecord | None, now: float) -> Move:
        """What the Lease as it was just read allows. `now` in seconds."""
        if record is None:
            return Move.CREATE
        ours = record.holder == self._identity
        if self._leading and ours and record.transitions == self._epoch:
            return Move.RENEW
        self._leading = False
        watched = (record.holder, record.renewed, record.transitions)
        if watched != self._watched:
            self._watched, self._watched_since = watched, now
        expired = now - self._watched_since >= record.duration_seconds
        return Move.TAKE if not record.holder or expired or (ours and self._may_succeed(record)) else Move.WAIT

    def _may_succeed(self, record: LeaseRecord) -> bool:
        """Whether the Lease under our own identity is that of a process before this one, or of this one. A later epoch
        than this process ever had, once it had one, is that of a planner that was started after it.
        """
        return self._epoch in (0, record.transitions)

    def next_epoch(self, record: LeaseRecord | None) -> int:
        """leaseTransitions of the Lease that is about to be written; it rises even if somebody deleted the Lease."""
        return max(record.transitions if record is not None else 0, self._epoch) + 1

    def won(self, epoch: int) -> None:
        """The Lease was written with this epoch."""
        self._leading, self._epoch = True, epoch

    def lost(self) -> None:
        """The Lease could not be renewed in time, or was given back."""
        self._leading = False
