"""Finds the Services that select a pod without looking at all of them."""

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import labels_of
from sandbox.kubernetes.controllers.selectors import matches_labels

_Entry = tuple[str, str, str]


class ServiceIndex:
    """Services by namespace and one label of their selector, which every pod that they select has."""

    def __init__(self) -> None:
        self._services: dict[_Entry, dict[str, Object]] = {}

    def take(self, change: Change) -> None:
        """Handler for changes of Services."""
        for service in (change.old, change.new):
            entry = _entry(service) if service is not None else None
            if service is None or entry is None:
                continue
            if service is change.new:
                self._services.setdefault(entry, {})[service["metadata"]["name"]] = service
            else:
                self._services.get(entry, {}).pop(service["metadata"]["name"], None)

    def selecting(self, pod: Object) -> list[Object]:
        namespace = pod["metadata"]["namespace"]
        labels = labels_of(pod)
        found = [
            service
            for name, value in labels.items()
            for service in self._services.get((namespace, name, value), {}).values()
            if matches_labels(service["spec"]["selector"], labels)
        ]
        return sorted(found, key=lambda service: service["metadata"]["name"])


def _entry(service: Object) -> _Entry | None:
    selector = service["spec"].get("selector")
    if not selector:
        return None
    name = min(selector)
    return service["metadata"]["namespace"], name, selector[name]
