"""Kubernetes objects: from `elbow.cluster.v1` to the core's frozen values. Called for every message of the watcher."""

from collections.abc import Callable, Mapping

from elbow.cluster.v1 import objects_pb2 as pb

from services.planner.core import objects as core
from services.planner.core.objects import Kind
from services.planner.view.objects import Object

KINDS: Mapping[int, Kind] = {
    pb.KIND_SERVICE: Kind.SERVICE,
    pb.KIND_INGRESS: Kind.INGRESS,
    pb.KIND_INGRESS_CLASS: Kind.INGRESS_CLASS,
    pb.KIND_INGRESS_CLASS_PARAMS: Kind.INGRESS_CLASS_PARAMS,
    pb.KIND_POD: Kind.POD,
    pb.KIND_ENDPOINT_SLICE: Kind.ENDPOINT_SLICE,
    pb.KIND_NODE: Kind.NODE,
    pb.KIND_NAMESPACE: Kind.NAMESPACE,
    pb.KIND_TARGET_GROUP_BINDING: Kind.TARGET_GROUP_BINDING,
    pb.KIND_CONFIG_MAP: Kind.CONFIG_MAP,
}


class UnknownKindError(ValueError):
    """The peer sent a kind that this wire version does not have."""


def kind_of(number: int) -> Kind:
    """The kind by its wire number. Raises UnknownKindError."""
    try:
        return KINDS[number]
    except KeyError:
        raise UnknownKindError(f"kind {number} is not one of the wire contract's") from None


def to_object(message: pb.Object) -> Object:
    """The object as a core value. Raises UnknownKindError when the message has no body that is known here."""
    body = message.WhichOneof("body")
    if body is None:
        raise UnknownKindError(f"object {message.metadata.namespace}/{message.metadata.name} has no body")
    return _CONVERTERS[body](_meta(message.metadata), getattr(message, body))


def _meta(m: pb.Metadata) -> core.Meta:
    return core.Meta(
        name=m.name,
        namespace=m.namespace,
        uid=m.uid,
        resource_version=m.resource_version,
        generation=m.generation,
        labels=dict(m.labels),
        annotations=dict(m.annotations),
        finalizers=tuple(m.finalizers),
        created_at=m.creation_timestamp,
        deleted_at=m.deletion_timestamp,
    )


def _number_or_name(value: pb.IntOrString) -> int | str:
    return value.name if value.WhichOneof("value") == "name" else value.number


def _service(meta: core.Meta, s: pb.Service) -> core.Service:
    return core.Service(
        meta=meta,
        type=s.type,
        ports=tuple(
            core.ServicePort(
                name=p.name,
                protocol=p.protocol,
                port=p.port,
                target_port=_number_or_name(p.target_port),
                node_port=p.node_port,
                app_protocol=p.app_protocol,
            )
            for p in s.ports
        ),
        selector=dict(s.selector),
        load_balancer_class=s.load_balancer_class,
        ip_families=tuple(s.ip_families),
        external_traffic_policy=s.external_traffic_policy,
        health_check_node_port=s.health_check_node_port,
        load_balancer_source_ranges=tuple(s.load_balancer_source_ranges),
        load_balancer=tuple(_entry(e) for e in s.load_balancer),
    )


def _entry(e: pb.LoadBalancerEntry) -> core.LoadBalancerEntry:
    return core.LoadBalancerEntry(hostname=e.hostname, ip=e.ip, ports=tuple(e.ports))


def _ingress(meta: core.Meta, i: pb.Ingress) -> core.Ingress:
    return core.Ingress(
        meta=meta,
        class_name=i.ingress_class_name if i.HasField("ingress_class_name") else None,
        default_backend=_backend(i.default_backend) if i.HasField("default_backend") else None,
        rules=tuple(
            core.IngressRule(
                host=r.host,
                http=r.http,
                paths=tuple(
                    core.IngressPath(path=p.path, path_type=p.path_type, backend=_backend(p.backend)) for p in r.paths
                ),
            )
            for r in i.rules
        ),
        tls=tuple(core.IngressTls(hosts=tuple(t.hosts), secret_name=t.secret_name) for t in i.tls),
        load_balancer=tuple(_entry(e) for e in i.load_balancer),
    )


def _backend(b: pb.IngressBackend) -> core.IngressBackend:
    return core.IngressBackend(service_name=b.service_name, port=_number_or_name(b.port), resource=b.resource)


def _ingress_class(meta: core.Meta, c: pb.IngressClass) -> core.IngressClass:
    parameters = (
        core.ParametersRef(api_group=c.parameters.api_group, kind=c.parameters.kind, name=c.parameters.name)
        if c.HasField("parameters")
        else None
    )
    return core.IngressClass(meta=meta, controller=c.controller, parameters=parameters)


def _ingress_class_params(meta: core.Meta, p: pb.IngressClassParams) -> core.IngressClassParams:
    return core.IngressClassParams(meta=meta, spec=p.spec or "{}")


def _pod(meta: core.Meta, p: pb.Pod) -> core.Pod:
    return core.Pod(
        meta=meta,
        node_name=p.node_name,
        ip=p.ip,
        ips=tuple(p.ips),
        phase=p.phase,
        ports=tuple(core.ContainerPort(port=c.port, name=c.name, protocol=c.protocol) for c in p.ports),
        readiness_gates=tuple(p.readiness_gates),
        conditions={
            c.type: core.Condition(type=c.type, status=c.status, reason=c.reason, message=c.message)
            for c in p.conditions
        },
        quic_server_ids={i.port: i.id for i in p.quic_server_ids},
    )


def _endpoint_slice(meta: core.Meta, s: pb.EndpointSlice) -> core.EndpointSlice:
    return core.EndpointSlice(
        meta=meta,
        service_name=s.service_name,
        address_type=s.address_type,
        ports=tuple(core.EndpointPort(port=p.port, name=p.name, protocol=p.protocol) for p in s.ports),
        endpoints=tuple(_endpoint(e) for e in s.endpoints),
    )


def _endpoint(e: pb.Endpoint) -> core.Endpoint:
    return core.Endpoint(
        addresses=tuple(e.addresses),
        ready=e.ready if e.HasField("ready") else None,
        serving=e.serving if e.HasField("serving") else None,
        terminating=e.terminating if e.HasField("terminating") else None,
        node_name=e.node_name,
        zone=e.zone,
        target_kind=e.target_kind,
        target_name=e.target_name,
        target_uid=e.target_uid,
    )


def _node(meta: core.Meta, n: pb.Node) -> core.Node:
    return core.Node(
        meta=meta,
        provider_id=n.provider_id,
        taints=tuple(core.Taint(key=t.key, value=t.value, effect=t.effect) for t in n.taints),
        ready=n.ready,
        internal_ips=tuple(n.internal_ips),
    )


def _namespace(meta: core.Meta, _: pb.Namespace) -> core.Namespace:
    return core.Namespace(meta=meta)


def _binding(meta: core.Meta, b: pb.TargetGroupBinding) -> core.TargetGroupBinding:
    return core.TargetGroupBinding(
        meta=meta,
        service_name=b.service_name,
        service_port=_number_or_name(b.service_port),
        target_group_arn=b.target_group_arn,
        target_group_name=b.target_group_name,
        target_type=b.target_type,
        target_group_protocol=b.target_group_protocol,
        ip_address_type=b.ip_address_type,
        vpc_id=b.vpc_id,
        node_selector=_selector(b.node_selector) if b.HasField("node_selector") else None,
        networking=_networking(b.networking) if b.HasField("networking") else None,
        multi_cluster=b.multi_cluster,
        iam_role_arn=b.iam_role_arn,
        assume_role_external_id=b.assume_role_external_id,
        observed_generation=b.observed_generation,
    )


def _selector(s: pb.LabelSelector) -> core.LabelSelector:
    return core.LabelSelector(
        match_labels=dict(s.match_labels),
        match_expressions=tuple(
            core.LabelRequirement(key=e.key, operator=e.operator, values=tuple(e.values)) for e in s.match_expressions
        ),
    )


def _networking(n: pb.Networking) -> tuple[core.NetworkingRule, ...]:
    return tuple(
        core.NetworkingRule(
            peers=tuple(core.NetworkingPeer(cidr=p.cidr, security_group_id=p.security_group_id) for p in rule.peers),
            ports=tuple(
                core.NetworkingPort(protocol=p.protocol, port=_number_or_name(p.port) if p.HasField("port") else None)
                for p in rule.ports
            ),
        )
        for rule in n.ingress
    )


def _config_map(meta: core.Meta, c: pb.ConfigMap) -> core.ConfigMap:
    return core.ConfigMap(meta=meta, data=dict(c.data))


_CONVERTERS: Mapping[str, Callable[..., Object]] = {
    "service": _service,
    "ingress": _ingress,
    "ingress_class": _ingress_class,
    "ingress_class_params": _ingress_class_params,
    "pod": _pod,
    "endpoint_slice": _endpoint_slice,
    "node": _node,
    "namespace": _namespace,
    "target_group_binding": _binding,
    "config_map": _config_map,
}
