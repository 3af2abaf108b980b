"""The life of one container: it runs, is judged by its probes, ends, and runs again after a pause. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.kubernetes.kubelet.probes import Kind, Probe

_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 300.0
_FORGIVEN_AFTER = 600.0
"""Sandbox seconds of running after which earlier ends count no more, twice the longest pause like a kubelet's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time on both clocks."""

    at: float
    """The sandbox's clock."""
    time: datetime
    """The wall's, which is what a status shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one run of a container ended."""

    code: int
    reason: str
    message: str = ""
    began: datetime
    finished: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A container as it is."""

    began: Moment | None = None
    """Since when it runs; None while it does not."""
    started: bool = False
    """It runs and its startup probe, if it has one, has succeeded."""
    ready: bool = False
    restarts: int = 0
    end: End | None = None
    """How it ended, when it does not run."""
    last: End | None = None
    """How the run before the present one ended."""
    pause: float = 0.0
    """Sandbox seconds from the end until it runs again."""
    streak: int = 0
    """Ends that count for the pause."""
    over: bool = False
    """It will not run again."""


def begin(life: Life, probes: dict[Kind, Probe], now: Moment) -> Life:
    """The container runs, again or for the first time."""
    started = Kind.STARTUP not in probes
    return replace(
        life,
        began=now,
        started=started,
        ready=started and Kind.READINESS not in probes,
        restarts=life.restarts + (life.end is not None),
        end=None,
        last=life.end or life.last,
        pause=0.0,
    )


def judge(life: Life, probes: dict[Kind, Probe], kind: Kind, verdict: bool) -> Life:
    """A probe's results have come to a verdict. A failed liveness or startup probe changes nothing by itself."""
    if life.began is None:
        return life
    if kind is Kind.STARTUP and verdict:
        return replace(life, started=True, ready=life.ready or Kind.READINESS not in probes)
    if kind is Kind.READINESS:
        return replace(life, ready=verdict)
    return life


def end(life: Life, code: int, now: Moment, *, again: bool, message: str = "") -> Life:
    """The container ended; `again` says whether its pod's restart policy lets it run again.

    The first restart is at once, the next after 10 s, then twice as long each time up to 5 min.
    """
    began = life.began or now
    streak = 0 if now.at - began.at >= _FORGIVEN_AFTER else life.streak
    pause = min(_FIRST_PAUSE * 2 ** (streak - 1), _LONGEST_PAUSE) if streak else 0.0
    reason = "StartError" if message else "Completed" if code == 0 else "Error"
    ended = End(code=code, reason=reason, message=message, began=began.time, finished=now.time)
    return replace(
        life, began=None, started=False, ready=False, end=ended, pause=pause, streak=streak + 1, over=not again
    )


def runs_again(policy: str, code: int) -> bool:
    """Whether a pod's restart policy (Always, OnFailure, Never) has a container run again after this exit code."""
    return policy == "Always" or (policy == "OnFailure" and code != 0)
