"""When the change behind an EndpointSlice write happened, for the annotation that lets its latency be measured."""

from sandbox.kubernetes.client import Key, Object
from sandbox.kubernetes.client.objects import condition_of


class TriggerTimes:
    """Remembers, per Service, the last change times of the Service and its pods.

    A pod's change is the last transition of its Ready condition, a Service's is its creation (annotation
    `endpoints.kubernetes.io/last-change-trigger-time`, Kubernetes documentation, "Well-Known Labels").
    """

    def __init__(self) -> None:
        self._seen: dict[Key, dict[str, str]] = {}

    def earliest_new(self, key: Key, service: Object, pods: list[Object]) -> str:
        """The earliest of the times that are new since the last call for this Service; empty when none is."""
        times = {service["metadata"]["uid"]: service["metadata"]["creationTimestamp"]}
        for pod in pods:
            ready = condition_of(pod, "Ready")
            if ready is not None and ready.get("lastTransitionTime"):
                times[pod["metadata"]["uid"]] = ready["lastTransitionTime"]
        before = self._seen.get(key, {})
        self._seen[key] = times
        return min((time for uid, time in times.items() if before.get(uid) != time), default="")

    def forget(self, key: Key) -> None:
        self._seen.pop(key, None)
