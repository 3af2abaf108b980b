"""Targets by state over time: asked of AWS again and again, written down when something changed."""

import asyncio
from collections import Counter
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.lab.account import LabAccount
from sandbox.lab.timeline import TargetChange, TargetStates, Timeline

LOOK_SECONDS = 0.2
"""How exact the moments of target states are."""
GONE = "gone"


async def watch_targets(account: LabAccount, timeline: Timeline, now: Callable[[], float]) -> None:
    """Goes on until it is cancelled. A look that AWS refuses, as in an outage that is tried, is left out."""
    before: dict[tuple[str, str], str] = {}
    while True:
        try:
            found = dict(await asyncio.to_thread(account.target_states))
        except (ClientError, BotoCoreError):
            found = before
        note(timeline, now(), before, found)
        before = found
        await asyncio.sleep(LOOK_SECONDS)


def note(timeline: Timeline, at: float, before: dict[tuple[str, str], str], found: dict[tuple[str, str], str]) -> None:
    """Writes down what differs between two looks."""
    if found == before:
        return
    for key in sorted(before.keys() | found.keys()):
        state = found.get(key, GONE)
        if state != before.get(key, GONE):
            group, target = key
            timeline.targets.append(TargetChange(at=at, group=group, target=target, state=state))
    timeline.states.append(TargetStates(at=at, counts=dict(sorted(Counter(found.values()).items()))))
