"""The Deployment controller: one ReplicaSet per revision of the pod template, sized so that the service stays up."""

from datetime import UTC, datetime

from sandbox.kubernetes.client import ApiError, Key, Object
from sandbox.kubernetes.client.informer import Change
from sandbox.kubernetes.client.objects import (
    annotations_of,
    controller_of,
    is_terminating,
    key_of,
    owned_by,
    owner_reference,
)
from sandbox.kubernetes.client.resources import DEPLOYMENTS, PODS, REPLICASETS
from sandbox.kubernetes.controllers.controller import Controller
from sandbox.kubernetes.controllers.deployment_status import deadline_in, deployment_status, is_complete
from sandbox.kubernetes.controllers.events import EventType
from sandbox.kubernetes.controllers.ownership import claim
from sandbox.kubernetes.controllers.pods import is_finished
from sandbox.kubernetes.controllers.rollout import (
    DESIRED,
    MAXIMUM,
    REVISION,
    Limits,
    is_scaling,
    limits_of,
    next_for_new,
    next_for_old,
    proportional,
    replicas_of,
)
from sandbox.kubernetes.controllers.template_hash import LABEL, same_template, template_hash

_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, DESIRED, MAXIMUM)
"""Annotations of a Deployment that its ReplicaSets do not take over."""


class DeploymentController(Controller):
    name = "deployment-controller"

    def start(self) -> None:
        self.cluster.informer(DEPLOYMENTS).add_handler(self.wake)
        self.cluster.informer(REPLICASETS).add_handler(self._replica_set_changed)
        self.cluster.informer(PODS).add_handler(self._pod_changed)

    async def reconcile(self, key: Key) -> float | None:
        deployment = self.cluster.informer(DEPLOYMENTS).get(key)
        if deployment is None:
            return None
        if not is_terminating(deployment):
            await self._roll(deployment, await self._replica_sets(deployment))
        now = datetime.now(UTC)
        deployment = self.cluster.informer(DEPLOYMENTS).get(key) or deployment
        replica_sets = owned_by(self.cluster.informer(REPLICASETS).list(key.namespace), deployment)
        status = deployment_status(deployment, _newest(deployment, replica_sets), replica_sets, now)
        if status != deployment.get("status"):
            await self.cluster.update_status(DEPLOYMENTS, deployment, status)
        return deadline_in(deployment, status, now)

    async def _replica_sets(self, deployment: Object) -> list[Object]:
        candidates = self.cluster.informer(REPLICASETS).list(deployment["metadata"]["namespace"])
        return await claim(
            self.cluster,
            owner=deployment,
            owner_resource=DEPLOYMENTS,
            resource=REPLICASETS,
            candidates=candidates,
            adoptable=lambda _: True,
        )

    async def _roll(self, deployment: Object, replica_sets: list[Object]) -> None:
        """One step of the rollout; the events of the ReplicaSets it changes lead to the next."""
        new = _newest(deployment, replica_sets)
        old = [one for one in replica_sets if one is not new]
        if deployment["spec"].get("paused") or is_scaling(deployment, replica_sets):
            await self._resize(deployment, replica_sets, new)
            return
        recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
        if recreate and await self._old_pods_remain(deployment, old):
            return
        if new is None:
            new = await self._create(deployment, old)
            if new is None:
                return
        else:
            await self._renew(deployment, new, old)
        limits = limits_of(deployment)
        size = next_for_new(limits, replicas_of(new), sum(map(replicas_of, (new, *old))))
        new = await self._scale(deployment, new, limits.wanted if recreate else size)
        for name, replicas in next_for_old(limits, new, [one for one in old if replicas_of(one) > 0]).items():
            await self._scale(deployment, next(one for one in old if one["metadata"]["name"] == name), replicas)
        await self._forget_revisions(deployment, old)

    async def _resize(self, deployment: Object, replica_sets: list[Object], new: Object | None) -> None:
        """Follow a change of the wanted number without going on with the rollout."""
        limits = limits_of(deployment)
        active = [one for one in replica_sets if replicas_of(one) > 0]
        only = active[0] if len(active) == 1 else new if not active else None
        if only is not None:
            await self._scale(deployment, only, limits.wanted)
        elif len(active) > 1:
            for name, replicas in proportional(limits, active).items():
                await self._scale(deployment, next(one for one in active if one["metadata"]["name"] == name), replicas)

    async def _old_pods_remain(self, deployment: Object, old: list[Object]) -> bool:
        for one in old:
            if replicas_of(one) > 0:
                await self._scale(deployment, one, 0)
        uids = {one["metadata"]["uid"] for one in old}
        pods = self.cluster.informer(PODS).list(deployment["metadata"]["namespace"])
        return any(
            (reference := controller_of(pod)) and reference["uid"] in uids and not is_finished(pod) for pod in pods
        )

    async def _create(self, deployment: Object, old: list[Object]) -> Object | None:
        """The ReplicaSet of the new revision, or None when another template has its name: then the hash changes."""
        limits = limits_of(deployment)
        size = next_for_new(limits, 0, sum(map(replicas_of, old)))
        collisions = (deployment.get("status") or {}).get("collisionCount", 0)
        body = replica_set_of(deployment, old, collisions, size, limits)
        key = key_of(body)
        try:
            made = await self.cluster.create(REPLICASETS, key.namespace, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            await self._collide(deployment, await self.cluster.client.get(REPLICASETS, key.namespace, key.name))
            return None
        await self._set_revision(deployment, annotations_of(made)[REVISION])
        await self._report_scaling(deployment, made, 0, size)
        return made

    async def _collide(self, deployment: Object, standing: Object) -> None:
        mine = owned_by([standing], deployment) and same_template(
            standing["spec"]["template"], deployment["spec"]["template"]
        )
        if mine:
            # The cache was behind: the event about this ReplicaSet wakes the Deployment again.
            return
        current = self.cluster.informer(DEPLOYMENTS).get(key_of(deployment)) or deployment
        status = dict(current.get("status") or {})
        status["collisionCount"] = status.get("collisionCount", 0) + 1
        await self.cluster.update_status(DEPLOYMENTS, current, status)

    async def _renew(self, deployment: Object, new: Object, old: list[Object]) -> None:
        """Give a ReplicaSet that became the newest again, by a rollback, the next revision number.

        What a Deployment can change without a new revision, the seconds until a pod is available, is passed on too.
        """
        highest = max((_revision(one) for one in old), default=0)
        revision = _revision(new)
        min_ready = deployment["spec"].get("minReadySeconds", 0)
        if revision <= highest or new["spec"].get("minReadySeconds", 0) != min_ready:
            revision = max(revision, highest + 1)
            annotations = {REVISION: str(revision)}
            body = {"metadata": {"annotations": annotations}, "spec": {"minReadySeconds": min_ready}}
            await self.cluster.patch(REPLICASETS, key_of(new), body)
        if annotations_of(deployment).get(REVISION) != str(revision):
            await self._set_revision(deployment, str(revision))

    async def _set_revision(self, deployment: Object, revision: str) -> None:
        body = {"metadata": {"annotations": {REVISION: revision}}}
        await self.cluster.patch(DEPLOYMENTS, key_of(deployment), body)

    async def _scale(self, deployment: Object, replica_set: Object, replicas: int) -> Object:
        limits = limits_of(deployment)
        sizes = {DESIRED: str(limits.wanted), MAXIMUM: str(limits.most)}
        before = replicas_of(replica_set)
        marked = {name: annotations_of(replica_set).get(name) for name in sizes}
        if before == replicas and marked == sizes:
            return replica_set
        body = {"metadata": {"annotations": sizes}, "spec": {"replicas": replicas}}
        scaled = await self.cluster.patch(REPLICASETS, key_of(replica_set), body)
        if before != replicas:
            await self._report_scaling(deployment, replica_set, before, replicas)
        return scaled

    async def _report_scaling(self, deployment: Object, replica_set: Object, before: int, after: int) -> None:
        verb = "up" if after > before else "down"
        text = f"Scaled {verb} replica set {replica_set['metadata']['name']} from {before} to {after}"
        await self.recorder.record(deployment, EventType.NORMAL, "ScalingReplicaSet", text)

    async def _forget_revisions(self, deployment: Object, old: list[Object]) -> None:
        """Delete the oldest empty ReplicaSets beyond the history limit, once the rollout is done."""
        status = deployment.get("status") or {}
        if not is_complete(deployment, status):
            return
        empty = [
            one
            for one in old
            if replicas_of(one) == 0 and not (one.get("status") or {}).get("replicas") and not is_terminating(one)
        ]
        surplus = len(empty) - deployment["spec"].get("revisionHistoryLimit", 10)
        for one in sorted(empty, key=_revision)[: max(0, surplus)]:
            await self.cluster.delete(REPLICASETS, one, {"propagationPolicy": "Background"})

    def _replica_set_changed(self, change: Change) -> None:
        reference = controller_of(change.present)
        if reference is not None and reference["kind"] == DEPLOYMENTS.kind:
            self.queue.add(Key(change.present["metadata"]["namespace"], reference["name"]))

    def _pod_changed(self, change: Change) -> None:
        """Only a pod that is gone matters: a Recreate rollout waits for it."""
        if change.new is not None or change.old is None:
            return
        reference = controller_of(change.old)
        if reference is None or reference["kind"] != REPLICASETS.kind:
            return
        namespace = change.old["metadata"]["namespace"]
        replica_set = self.cluster.informer(REPLICASETS).get(Key(namespace, reference["name"]))
        owner = controller_of(replica_set) if replica_set else None
        if owner is not None and owner["kind"] == DEPLOYMENTS.kind:
            self.queue.add(Key(namespace, owner["name"]))


def replica_set_of(deployment: Object, old: list[Object], collisions: int, size: int, limits: Limits) -> Object:
    """The ReplicaSet of a Deployment's present template, with the hash in name, selector and pod labels."""
    meta, spec = deployment["metadata"], deployment["spec"]
    digest = template_hash(spec["template"], collisions)
    template_meta = spec["template"].get("metadata") or {}
    labels = {**(template_meta.get("labels") or {}), LABEL: digest}
    selector = dict(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), LABEL: digest}
    copied = {name: value for name, value in annotations_of(deployment).items() if name not in _NOT_COPIED}
    revision = max((_revision(one) for one in old), default=0) + 1
    made = {
        "replicas": size,
        "selector": selector,
        "template": {**spec["template"], "metadata": {**template_meta, "labels": labels}},
    }
    if spec.get("minReadySeconds"):
        made["minReadySeconds"] = spec["minReadySeconds"]
    return {
        "apiVersion": REPLICASETS.api_version,
        "kind": REPLICASETS.kind,
        "metadata": {
            "name": f"{meta['name']}-{digest}",
            "namespace": meta["namespace"],
            "labels": labels,
            "annotations": {
                **copied,
                REVISION: str(revision),
                DESIRED: str(limits.wanted),
                MAXIMUM: str(limits.most),
            },
            "ownerReferences": [owner_reference(deployment, DEPLOYMENTS.api_version, DEPLOYMENTS.kind)],
        },
        "spec": made,
    }


def _newest(deployment: Object, replica_sets: list[Object]) -> Object | None:
    """The ReplicaSet of the present template; of several, which only a lost cache could make, the oldest."""
    template = deployment["spec"]["template"]
    same = [one for one in replica_sets if same_template(one["spec"]["template"], template)]
    return min(same, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]), default=None)


def _revision(replica_set: Object) -> int:
    return int(annotations_of(replica_set).get(REVISION, "0"))
