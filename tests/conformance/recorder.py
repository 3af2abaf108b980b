"""Plays a scenario with the three services and writes down what they made, in the form of the recordings."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.kubernetes.client.resources import (
    ENDPOINTSLICES,
    INGRESSCLASSES,
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
)
from tests.conformance.scenarios import Raw, Step, steps
from tests.conformance.snapshot import snapshot
from tests.integration.harness.aws import Calls
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.kube import BINDINGS, CLASS_PARAMS, INGRESSES, KINDS, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

AFTER_DELETE = "after-delete"
_RECORDED_KINDS = (
    *(NAMESPACES, NODES, INGRESSCLASSES, CLASS_PARAMS, SERVICES, INGRESSES, ENDPOINTSLICES, PODS, BINDINGS),
)
_OF_THE_CLUSTER = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_EVENT_KINDS = ("Ingress", "Service", "TargetGroupBinding")
_FINALIZER = "k8s.aws/resources"


class Recorder:
    """Plays on one sandbox, one scenario after the other; each leaves it as it was."""

    def __init__(self, sandbox: Sandbox, elbow: Elbow) -> None:
        self._sandbox = sandbox
        self._elbow = elbow
        self._kube = sandbox.kube
        self._clients = {"elbv2": sandbox.aws.client("elbv2"), "ec2": sandbox.aws.client("ec2")}

    def play(self, scenario: str) -> Iterator[tuple[str, Raw]]:
        """Name and record of every step, and of the state after everything was deleted."""
        classes = {c["metadata"]["name"] for c in self._kube.all(INGRESSCLASSES)}
        applied: list[Object] = []
        try:
            for step in steps(scenario, self._sandbox.world):
                mark = self._sandbox.aws.mark()
                if not step.deletes:
                    applied += step.objects
                self._do(step)
                self._worked_off()
                yield step.name, self._record(step.name, self._sandbox.aws.calls(mark))
            mark = self._sandbox.aws.mark()
        finally:
            self._delete(applied, keep=classes)
        yield AFTER_DELETE, self._after_delete(self._sandbox.aws.calls(mark))

    def _do(self, step: Step) -> None:
        if step.deletes:
            self._kube.delete_all(step.objects)
        else:
            self._kube.apply(*step.objects)
        self._as_many_pods_as_wanted()

    def _as_many_pods_as_wanted(self) -> None:
        def rolled_out() -> bool:
            deployments = self._kube.all(KINDS["Deployment"])
            wanted = {_key(d): d["spec"]["replicas"] for d in deployments}
            standing = {_key(d): d.get("status", {}).get("availableReplicas", 0) for d in deployments}
            seen = all(
                d.get("status", {}).get("observedGeneration") == d["metadata"]["generation"] for d in deployments
            )
            pods = [p for p in self._kube.all(PODS) if not p["metadata"].get("deletionTimestamp")]
            return seen and wanted == standing and sum(wanted.values()) == len(pods) == len(self._kube.all(PODS))

        until(rolled_out, what="the Deployments to have their pods")

    def _worked_off(self) -> None:
        """A change may still be on its way to the services: the state must be the same over several looks."""
        looks: list[str] = []

        def stands() -> bool:
            self._elbow.settled()
            looks.append(str(self._sandbox.aws.mark()) + str(sorted(map(_version, self._kube.all(INGRESSES)))))
            return len(looks) > 1 and looks[-1] == looks[-2]

        until(stands, what="nothing to change any more")

    def _record(self, name: str, calls: Calls) -> Raw:
        aws, names = snapshot(self._sandbox.world, **self._clients)
        objects = list(self._objects())
        return {
            "step": name,
            "objects": objects,
            "aws": aws,
            "kubernetes": names.applied(self._kubernetes(objects)),
            "calls": dict(Counter(c["operation"] for c in calls.made)),
            "requests": names.applied(
                [{"operation": c["operation"], "parameters": c["parameters"]} for c in calls.made if c["mutating"]]
            ),
        }

    def _after_delete(self, calls: Calls) -> Raw:
        aws, _ = snapshot(self._sandbox.world, **self._clients)
        return {"step": AFTER_DELETE, "aws": aws, "calls": dict(Counter(c["operation"] for c in calls.made))}

    def _objects(self) -> Iterator[Object]:
        for resource in _RECORDED_KINDS:
            for item in self._kube.all(resource):
                item["metadata"].pop("managedFields", None)
                place = item["metadata"].get("namespace") or item["metadata"]["name"]
                if place not in _OF_THE_CLUSTER:
                    yield item

    def _kubernetes(self, objects: list[Object]) -> Raw:
        return {
            "tgbs": [_binding(o) for o in objects if o["kind"] == "TargetGroupBinding"],
            "ingresses": {_key(o): _published(o) for o in objects if o["kind"] == "Ingress"},
            "services": {
                _key(o): _published(o) for o in objects if o["kind"] == "Service" and _key(o) != "default/kubernetes"
            },
            "events": self._events(),
            "pods": {_key(o): _gated(o) for o in objects if o["kind"] == "Pod" and o["spec"].get("readinessGates")},
        }

    def _events(self) -> list[list[str]]:
        found = {
            (
                about["kind"],
                f"{about.get('namespace', '')}/{about['name']}",
                event["type"],
                event["reason"],
                event["message"],
            )
            for event in self._kube.all(KINDS["Event"])
            if (about := event["involvedObject"])["kind"] in _EVENT_KINDS
        }
        return sorted(map(list, found))

    def _delete(self, applied: list[Object], *, keep: set[str]) -> None:
        namespaces = {o["metadata"]["name"] for o in applied if o["kind"] == "Namespace"}
        rest = {(o["kind"], _key(o)): o for o in applied if o["kind"] != "Namespace"}
        self._kube.delete_all(rest.values())
        until(self._nothing_of_ours, what=lambda: f"all that was made to be gone\n{self._elbow.report()}")
        for name in namespaces:
            self._kube.delete(NAMESPACES, "", name)
        for item in self._kube.all(INGRESSCLASSES):
            if item["metadata"]["name"] not in keep:
                self._kube.delete(INGRESSCLASSES, "", item["metadata"]["name"])
        until(
            lambda: not namespaces & {n["metadata"]["name"] for n in self._kube.all(NAMESPACES)},
            what="namespaces to go",
        )
        self._elbow.settled()

    def _nothing_of_ours(self) -> bool:
        held = [o for kind in (INGRESSES, SERVICES) for o in self._kube.all(kind) if _is_held(o)]
        return not held and not self._kube.all(BINDINGS) and not self._kube.all(INGRESSES)


def _is_held(item: Object) -> bool:
    return any(_FINALIZER in name for name in item["metadata"].get("finalizers", ()))


def _key(item: Object) -> str:
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def _version(item: Object) -> str:
    return f"{_key(item)}@{item['metadata']['resourceVersion']}"


def _binding(item: Object) -> Raw:
    meta = item["metadata"]
    labels: Any = meta.get("labels")
    return {"name": meta["name"], "namespace": meta["namespace"], "labels": labels, "spec": item["spec"]}


def _published(item: Object) -> Raw:
    return {"status": item.get("status"), "finalizers": item["metadata"].get("finalizers")}


def _gated(pod: Object) -> Raw:
    conditions = pod.get("status", {}).get("conditions", [])
    return {
        "gates": pod["spec"]["readinessGates"],
        "conditions": {c["type"]: [c["status"], c.get("reason"), c.get("message")] for c in conditions},
    }
