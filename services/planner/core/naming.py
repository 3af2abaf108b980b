"""Names of AWS resources (naming and tags, sections 1 and 2).

Called while a stack or the network is built. Names are used on creation only: what stands is found by its tags and
keeps the name it has. `extra` is one more input of the hash, for a name that a standing resource holds.
"""

import hashlib
import re

from services.planner.core.keys import StackKey

MANAGED_GROUP_DESCRIPTION = "[k8s] Managed SecurityGroup for LoadBalancer"
SHARED_GROUP_DESCRIPTION = "[k8s] Shared Backend SecurityGroup for LoadBalancer"

_FRONT_SUFFIX = "-nlb"
_FRONT_STEM = 28
_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Za-z]")


def load_balancer_name(*, cluster: str, key: StackKey, scheme: str, extra: str = "") -> str:
    """Name of the load balancer of an Ingress group, unless an annotation gives one."""
    return _group(key, cluster, key.stack_id, scheme, extra)


def front_name(behind: str) -> str:
    """Name of the network load balancer in front of the one of that name."""
    return f"{behind[:_FRONT_STEM]}{_FRONT_SUFFIX}"


def front_target_group_name(
    *, cluster: str, key: StackKey, port: int, health_check_port: str, health_check_protocol: str, extra: str = ""
) -> str:
    """Name of the target group of one port of the network load balancer in front."""
    return _group(key, cluster, key.stack_id, port, "alb", "TCP", health_check_port, health_check_protocol, extra)


def managed_group_name(*, cluster: str, key: StackKey) -> str:
    """Name of the managed security group of an Ingress group."""
    return _group(key, cluster, key.stack_id)


def target_group_name(
    *,
    cluster: str,
    key: StackKey,
    ingress_namespace: str,
    ingress_name: str,
    service_namespace: str,
    service_name: str,
    service_uid: str,
    service_port: int | str,
    port: int,
    target_type: str,
    protocol: str,
    protocol_version: str,
    control_port: int | None = None,
    extra: str = "",
) -> str:
    """Name of a target group of an Ingress; `service_port` as written in the backend, `port` the target group's own."""
    return _pair(
        service_namespace,
        service_name,
        cluster,
        key.stack_id,
        ingress_namespace,
        ingress_name,
        service_uid,
        service_port,
        port,
        target_type,
        protocol,
        protocol_version,
        "" if control_port is None else control_port,
        extra,
    )


def service_load_balancer_name(*, cluster: str, key: StackKey, uid: str, scheme: str, extra: str = "") -> str:
    """Name of the load balancer of a Service, unless an annotation gives one."""
    return _pair(key.namespace, key.name, cluster, uid, scheme, extra)


def service_managed_group_name(*, cluster: str, key: StackKey, uid: str) -> str:
    """Name of the managed security group of a Service."""
    return _pair(key.namespace, key.name, cluster, key.name, key.namespace, uid)


def service_target_group_name(
    *,
    cluster: str,
    service_namespace: str,
    service_name: str,
    service_uid: str,
    port: int,
    service_port: int,
    target_type: str,
    protocol: str,
    health_check_protocol: str,
    health_check_interval_seconds: int,
    base_uid: str = "",
    extra: str = "",
) -> str:
    """Name of a target group of a Service. `base_uid`: UID of the Service that owns the load balancer, given only where
    the target group is of another Service of a weighted action."""
    return _pair(
        service_namespace,
        service_name,
        cluster,
        base_uid,
        service_uid,
        port,
        service_port,
        target_type,
        protocol,
        health_check_protocol,
        health_check_interval_seconds,
        extra,
    )


def shared_group_name(cluster: str) -> str:
    """Name of the cluster's shared backend security group."""
    return f"k8s-traffic-{_sanitised(cluster)[:232]}-{_hash(cluster)[:10]}"


def _group(key: StackKey, *inputs: str | int) -> str:
    if key.namespace:
        return _pair(key.namespace, key.name, *inputs)
    return f"k8s-{_sanitised(key.name)[:17]}-{_hash(*inputs)[:10]}"


def _pair(namespace: str, name: str, *inputs: str | int) -> str:
    return f"k8s-{_sanitised(namespace)[:8]}-{_sanitised(name)[:8]}-{_hash(*inputs)[:10]}"


def _sanitised(text: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", text)


def _hash(*inputs: str | int) -> str:
    return hashlib.sha256("".join(str(i) for i in inputs).encode()).hexdigest()
