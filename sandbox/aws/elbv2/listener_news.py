"""Which listeners the nodes of load balancers know: changes of listeners and rules reach them late (aws-elbv2, 3.4)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.aws.elbv2 import snapshot
from sandbox.aws.elbv2.consistency import Past
from sandbox.aws.elbv2.delays import Delays
from sandbox.aws.elbv2.model import Listener
from sandbox.aws.elbv2.neighbours import KeyedCertificate, Neighbours
from sandbox.aws.elbv2.store import Store

_GONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the nodes know at one moment."""

    listeners: Mapping[str, Sequence[snapshot.Part]]
    """By the ARN of their load balancer."""
    due: float
    """When that changes by time alone."""


@dataclass(slots=True, kw_only=True)
class _History:
    balancer_arn: str
    past: Past[str]


class ListenerNews:
    """Asked after every change, and whenever it said that time changes something."""

    def __init__(self, store: Store, neighbours: Neighbours) -> None:
        self._store = store
        self._neighbours = neighbours
        self._histories: dict[str, _History] = {}

    def known(self, delays: Delays, now: float) -> Known:
        """What the nodes know now; what the store holds now is what they know after the delay."""
        self._note(now)
        due, listeners = math.inf, dict[str, list[snapshot.Part]]()
        for arn, history in list(self._histories.items()):
            balancer = self._store.load_balancers.get(history.balancer_arn)
            if balancer is None:
                del self._histories[arn]
                continue
            delay = delays.switch(network=balancer.type == "network")
            text, change = history.past.seen(now, delay), history.past.next_change(now, delay)
            history.past = history.past.without_the_old(now, delay)
            if change is not None:
                due = min(due, change)
            if text:
                listeners.setdefault(balancer.arn, []).append(json.loads(text))
            elif text == _GONE and change is None:
                del self._histories[arn]
        return Known(listeners=listeners, due=due)

    def _note(self, now: float) -> None:
        for arn, listener in self._store.listeners.items():
            text = json.dumps(self._part(listener))
            history = self._histories.get(arn)
            if history is None:
                history = self._histories[arn] = _History(balancer_arn=listener.load_balancer_arn, past=Past())
            history.past = history.past.changed(text, now)
        for arn, history in self._histories.items():
            if arn not in self._store.listeners:
                history.past = history.past.changed(_GONE, now)

    def _part(self, listener: Listener) -> snapshot.Part:
        certificates: dict[str, KeyedCertificate] = {}
        for arn in (listener.certificate, *listener.extra_certificates):
            found = self._neighbours.keyed_certificate(arn) if arn is not None else None
            if arn is not None and found is not None:
                certificates[arn] = found
        return snapshot.listener(listener, certificates)
