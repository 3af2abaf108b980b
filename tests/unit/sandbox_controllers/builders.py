"""Kubernetes objects for the tests, with defaults for what a test does not care about."""

from sandbox.kubernetes.client import Object

NAMESPACE = "shop"
CREATED = "2026-03-01T10:00:00Z"


def pod(
    name: str,
    *,
    address: str | None = "10.0.100.5",
    node: str | None = "node-a",
    ready: bool = True,
    ready_since: str = CREATED,
    terminating: bool = False,
    phase: str = "Running",
    labels: dict[str, str] | None = None,
    created: str = CREATED,
    annotations: dict[str, str] | None = None,
    restarts: int = 0,
    spec: Object | None = None,
    owners: list[Object] | None = None,
) -> Object:
    meta: Object = {
        "name": name,
        "namespace": NAMESPACE,
        "uid": f"uid-{name}",
        "resourceVersion": "1",
        "creationTimestamp": created,
        "labels": labels if labels is not None else {"app": "web"},
        "annotations": annotations or {},
    }
    if owners:
        meta["ownerReferences"] = owners
    if terminating:
        meta |= {"deletionTimestamp": CREATED, "deletionGracePeriodSeconds": 30}
    body: Object = {"containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 8080}]}], **(spec or {})}
    if node:
        body["nodeName"] = node
    ready_condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ready_since}
    status: Object = {
        "phase": phase,
        "conditions": [ready_condition],
        "containerStatuses": [{"name": "web", "restartCount": restarts}],
    }
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": body, "status": status}


def node(name: str, *, ready: bool = True, labels: dict[str, str] | None = None, **spec: object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", "labels": labels or {}},
        "spec": spec,
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def service(*, ports: list[Object] | None = None, **spec: object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web",
            "namespace": NAMESPACE,
            "uid": "uid-service",
            "resourceVersion": "1",
            "creationTimestamp": CREATED,
        },
        "spec": {
            "selector": {"app": "web"},
            "ports": ports if ports is not None else [{"port": 80, "targetPort": 8080, "protocol": "TCP"}],
            **spec,
        },
    }


def deployment(
    *,
    replicas: int = 4,
    strategy: Object | None = None,
    status: Object | None = None,
    generation: int = 1,
    **spec: object,
) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": NAMESPACE,
            "uid": "uid-deployment",
            "resourceVersion": "1",
            "generation": generation,
            "creationTimestamp": CREATED,
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}},
            **({"strategy": strategy} if strategy else {}),
            **spec,
        },
        "status": status or {},
    }


def replica_set(
    name: str,
    *,
    replicas: int,
    available: int | None = None,
    created: str = CREATED,
    annotations: dict[str, str] | None = None,
) -> Object:
    """A ReplicaSet all of whose pods exist; of those, `available` are ready and available (all by default)."""
    up = replicas if available is None else available
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": created,
            "annotations": annotations or {},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}},
        },
        "status": {"replicas": replicas, "readyReplicas": up, "availableReplicas": up},
    }
