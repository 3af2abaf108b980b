"""QUIC server ids of a pod's containers (targets and readiness, sections 2 and 9).

An id is eight bytes: milliseconds since the beginning of 2020, then 17 bits that tell processes apart, then 7 bits that
count within a millisecond.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Any, Final

from services.watcher.core.admission.reviews import Answer, Json, Question

CONTAINERS_ANNOTATION: Final = "service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers"
WORKERS: Final = 131_071
"""Numbers that tell processes apart are below this one."""

SEQUENCES: Final = 127
"""Counts within a millisecond begin below this one."""

_EPOCH_MS: Final = 1_577_836_800_000
_SEQUENCE_BITS, _WORKER_BITS = 7, 17


class ServerIds:
    """Ids, each another one. `worker`: this process; `now_ms`: since 1970; `first`: a millisecond's first count."""

    def __init__(self, *, worker: int, now_ms: Callable[[], int], first: Callable[[], int]) -> None:
        self._worker = worker
        self._now_ms = now_ms
        self._first = first
        self._last = (0, 0)

    def next(self) -> str:
        """An id, in base64."""
        now, (last, sequence) = self._now_ms(), self._last
        if now > last:
            self._last = now, self._first()
        elif sequence + 1 < 1 << _SEQUENCE_BITS:
            self._last = last, sequence + 1
        else:
            # More ids than a millisecond has: the next one is used up ahead of time.
            self._last = last + 1, 0
        moment, sequence = self._last
        number = ((moment - _EPOCH_MS) << _SEQUENCE_BITS + _WORKER_BITS) | (self._worker << _SEQUENCE_BITS) | sequence
        return base64.b64encode(number.to_bytes(8, "big")).decode()


def with_server_ids(question: Question, ids: ServerIds, variable: str) -> Answer:
    """Each container that the pod's annotation names gets the variable, unless it has it."""
    pod = question.subject
    text = (pod["metadata"].get("annotations") or {}).get(CONTAINERS_ANNOTATION)
    if text is None:
        return Answer()
    names = frozenset(text.split(","))
    spec, fields = pod.get("spec") or {}, ("containers", "initContainers")
    return Answer(patch=[patch for field in fields for patch in _patches(spec, field, names, ids, variable)])


def _patches(spec: Json, field: str, names: frozenset[str], ids: ServerIds, variable: str) -> Iterator[Json]:
    containers: list[dict[str, Any]] = spec.get(field) or []
    for at, container in enumerate(containers):
        env = container.get("env") or []
        if container.get("name") not in names or any(each.get("name") == variable for each in env):
            continue
        entry = {"name": variable, "value": ids.next()}
        path = f"/spec/{field}/{at}/env"
        if env:
            yield {"op": "add", "path": f"{path}/-", "value": entry}
        else:
            yield {"op": "add", "path": path, "value": [entry]}
