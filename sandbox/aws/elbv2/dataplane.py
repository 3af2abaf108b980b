"""What the data plane is told, and when: the snapshot, its version, and the wait for a newer one.

The operations and the prober say what changes; what changes by time alone is known beforehand. Parts are kept as text,
so that a snapshot costs what has changed in it.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.aws.elbv2 import snapshot
from sandbox.aws.elbv2.book import Book
from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.listener_news import ListenerNews
from sandbox.aws.elbv2.model import TargetGroup

_REST = 4.0
"""How many times as long as a snapshot took nobody makes another: it must not keep the account busy."""
_Text = tuple[str, float]
"""JSON, and the sandbox time at which time alone changes it; infinite when it does not."""


class Dataplane:
    """`lock` guards the store of the book."""

    def __init__(self, book: Book, conditions: Conditions, lock: threading.Lock) -> None:
        self._store = book.store
        self._health = book.health
        self._conditions = conditions
        self._lock = lock
        self._state_of = book.state_of
        self._news = threading.Condition()
        self._stale = True
        self._stale_balancers = True
        self._stale_groups: set[str] = set()
        self._closed = False
        self._version = 0
        self._text = ""
        self._due = math.inf
        self._not_before = 0.0
        self._listeners = ListenerNews(book.store, book.neighbours)
        self._balancers: _Text = "", math.inf
        self._groups: dict[str, _Text] = {}

    def changed(self, parameters: Mapping[str, Any]) -> None:
        """An operation with these parameters changed something."""
        group, balancer = parameters.get("TargetGroupArn"), parameters.get("LoadBalancerArn")
        if group is not None:
            self.group_changed(group)
            return
        standing = self._store.target_groups.values()
        self._wake(one.arn for one in standing if balancer is not None and one.balancer_arn == balancer)

    def everything_changed(self) -> None:
        """The conditions did."""
        self._wake(list(self._store.target_groups))

    def group_changed(self, arn: str) -> None:
        """A target group, its targets or their health did."""
        with self._news:
            self._stale = True
            self._stale_groups.add(arn)
            self._news.notify_all()

    def _wake(self, groups: Iterable[str]) -> None:
        with self._news:
            self._stale = self._stale_balancers = True
            self._stale_groups.update(groups)
            self._news.notify_all()

    def close(self) -> None:
        """Nobody waits any longer."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def now(self) -> str:
        """The snapshot as JSON, as it is at this moment."""
        self._refresh(at_once=True)
        return self._text

    def newer(self, after: int, seconds: float) -> str:
        """The snapshot as JSON once its version is greater than `after`, or as it is after so many wall seconds."""
        end = time.monotonic() + seconds
        while True:
            self._refresh()
            with self._news:
                left = end - time.monotonic()
                if self._version > after or left <= 0 or self._closed:
                    return self._text
                self._wait(left)

    def _wait(self, left: float) -> None:
        """Until there may be news, at most so many wall seconds."""
        if self._stale:
            rest = max(0.001, self._not_before - time.monotonic())
            self._news.wait_for(lambda: self._closed, min(left, rest))
            return
        clock = self._conditions.clock
        by_time = max(0.001, clock.real(self._due - clock.now()))
        self._news.wait_for(lambda: self._closed or self._stale, min(left, by_time))

    def _refresh(self, *, at_once: bool = False) -> None:
        """Make the snapshot anew where it may have changed."""
        begun = time.monotonic()
        with self._news:
            due = self._stale or self._conditions.clock.now() >= self._due
            if self._version and (not due or (begun < self._not_before and not at_once)):
                return
            balancers, groups = self._stale_balancers, self._stale_groups
            self._stale, self._stale_balancers, self._stale_groups = False, False, set()
        with self._lock:
            body, next_due = self._made(self._conditions.clock.now(), balancers, groups)
        with self._news:
            self._due = next_due
            self._not_before = time.monotonic() + _REST * (time.monotonic() - begun)
            if body != self._text.partition(",")[2]:
                self._version += 1
                self._text = f'{{"version": {self._version},{body}'

    def _made(self, now: float, balancers: bool, stale_groups: set[str]) -> _Text:
        """The snapshot's text after its version."""
        if balancers or now >= self._balancers[1]:
            self._balancers = self._load_balancers(now)
        self._groups = {arn: text for arn, text in self._groups.items() if arn in self._store.target_groups}
        for arn, group in self._store.target_groups.items():
            standing = self._groups.get(arn)
            if standing is None or arn in stale_groups or now >= standing[1]:
                self._groups[arn] = self._target_group(group, now, standing)
        groups = ", ".join(f"{json.dumps(arn)}: {text}" for arn, (text, _) in self._groups.items())
        due = min((due for _, due in self._groups.values()), default=math.inf)
        head = f'"clockFactor": {self._conditions.clock.factor}, "loadBalancers": [{self._balancers[0]}], '
        return f'{head}"targetGroups": {{{groups}}}}}', min(due, self._balancers[1])

    def _load_balancers(self, now: float) -> _Text:
        due, texts = math.inf, []
        known = self._listeners.known(self._conditions.delays, now)
        for balancer in self._store.load_balancers.values():
            if now < balancer.active_at:
                due = min(due, balancer.active_at)
            part = snapshot.load_balancer(balancer, self._state_of(balancer), known.listeners.get(balancer.arn, ()))
            texts.append(json.dumps(part))
        return ", ".join(texts), min(due, known.due)

    def _target_group(self, group: TargetGroup, now: float, standing: _Text | None) -> _Text:
        """Nodes use a group that has just lost its last rule as they knew it, until they have heard of that."""
        if group.balancer_arn is None and group.released_at is not None and standing is not None:
            kept = group.released_at + self._conditions.delays.switch(network=group.protocol not in _WEB)
            if now < kept:
                return standing[0], kept
        self._health.expire(group)
        due, targets = math.inf, []
        for target in list(group.targets.values()):
            shown, place = self._health.look(group, target)
            seen = snapshot.seen(target, shown, place, self._conditions.delays, now)
            due = min(due, seen.until)
            targets.append(snapshot.target(target, seen))
        return json.dumps(snapshot.target_group(group, targets)), due


_WEB = ("HTTP", "HTTPS")
"""Protocols of the groups of Application Load Balancers."""
