"""What happens to the pods, as the API server tells it."""

from collections.abc import Callable
from typing import Any

from sandbox.kubernetes.client import Client
from sandbox.kubernetes.client.resources import PODS
from sandbox.lab.cluster import address_of, is_ready, name_of
from sandbox.lab.timeline import PodChange, Timeline

GATE_PREFIX = "target-health.elbv2.k8s.aws/"
"""Of the conditions that readiness gates name (targets and readiness, section 6)."""
_WATCH_SECONDS = 3600


async def watch_pods(client: Client, timeline: Timeline, now: Callable[[], float]) -> None:
    """Goes on until it is cancelled."""
    _, version = await client.list(PODS)
    known: dict[str, frozenset[str]] = {}
    async for event in client.watch(PODS, version, _WATCH_SECONDS):
        if event["type"] == "BOOKMARK":
            continue
        pod = event["object"]
        name = name_of(pod)
        before = known.get(name, frozenset())
        after = frozenset({"gone"}) if event["type"] == "DELETED" else traits(pod)
        known[name] = after
        for what in changed(before, after):
            timeline.pods.append(PodChange(at=now(), pod=name, address=address_of(pod), what=what))


def traits(pod: Any) -> frozenset[str]:
    """What is true of a pod."""
    found = {"created"}
    if is_ready(pod):
        found.add("ready")
    conditions = pod.get("status", {}).get("conditions") or []
    if any(one["type"].startswith(GATE_PREFIX) and one["status"] == "True" for one in conditions):
        found.add("gate open")
    if "deletionTimestamp" in pod["metadata"]:
        found.add("terminating")
    return frozenset(found)


def changed(before: frozenset[str], after: frozenset[str]) -> list[str]:
    """What came to be true, in the order in which it happens to a pod; and `not ready` for what was."""
    came: list[str] = [
        what
        for what in ("created", "gate open", "ready", "terminating", "gone")
        if what in after and what not in before
    ]
    if "ready" in before and "ready" not in after and "gone" not in after:
        came.append("not ready")
    return came
