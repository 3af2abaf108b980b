"""Target groups of an Ingress and their bindings (ingress behaviour, section 19).

One target group for each Service and port, as written, that the Ingress names; listeners and rules share it.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.planner.core import naming, tags
from services.planner.core.annotations.annotated import Annotated, annotated, first
from services.planner.core.annotations.ingress import target_groups as catalogue
from services.planner.core.annotations.shapes import TRAFFIC_PORT
from services.planner.core.build.health_checks import build_health_check
from services.planner.core.build.load_balancer import Identity
from services.planner.core.build.object_tags import asked_tags
from services.planner.core.build.standing import standing_target_group, target_group_name_taken
from services.planner.core.desired import DesiredAccess, DesiredBinding, DesiredTargetGroup, GroupToken
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Kind, LabelSelector, NetworkingPeer, NetworkingPort, Service, ServicePort
from services.planner.core.problems import Reason

# A target group needs a port; with a named targetPort every target brings its own.
_PLACEHOLDER_PORT = 1
_IPV6 = "IPv6"


def build_target_group(
    inp: StackInput,
    member: Active,
    identity: Identity,
    *,
    service: Service,
    service_port: ServicePort,
    port_as_written: int | str,
    field: str,
    findings: Findings,
) -> DesiredTargetGroup:
    """The target group of that port of the Service; `field`: where in the Ingress it is asked for."""
    objects = (annotated(Kind.SERVICE, service.meta), member.annotated)
    params = member.params
    target_type = _target_type(inp, member, objects, findings)
    protocol = first(catalogue.BACKEND_PROTOCOL, *objects) or "HTTP"
    version = first(catalogue.BACKEND_PROTOCOL_VERSION, *objects) or "HTTP1"
    ip_address_type = _ip_address_type(member, service, identity, field, findings)
    control_port = _control_port(service, port_as_written, objects, target_type, findings)
    traffic = _traffic_port(member, service, service_port, target_type, field, findings)
    port = traffic if isinstance(traffic, int) else _PLACEHOLDER_PORT
    health_check = build_health_check(
        service,
        objects,
        target_type=target_type,
        protocol=protocol,
        protocol_version=version,
        findings=findings,
    )
    meta = member.ingress.meta
    resource_id = f"{meta.namespace}/{meta.name}-{service.meta.name}:{port_as_written}"
    standing = standing_target_group(
        inp,
        resource_id=resource_id,
        target_type=target_type,
        protocol=protocol,
        protocol_version=version,
        ip_address_type=ip_address_type,
        control_port=control_port,
        load_balancer=identity.standing,
    )

    def name(extra: str = "") -> str:
        return naming.target_group_name(
            cluster=inp.cluster.name,
            key=inp.key,
            ingress_namespace=meta.namespace,
            ingress_name=meta.name,
            service_namespace=service.meta.namespace,
            service_name=service.meta.name,
            service_uid=service.meta.uid,
            service_port=port_as_written,
            port=port,
            target_type=target_type,
            protocol=protocol,
            protocol_version=version,
            control_port=control_port,
            extra=extra,
        )

    fresh = name(identity.name) if target_group_name_taken(inp, name()) else name()
    asked = asked_tags(inp.cluster, findings, params=params, objects=objects)
    return DesiredTargetGroup(
        resource_id=resource_id,
        name=standing.name if standing else fresh,
        target_type=target_type,
        protocol=protocol,
        protocol_version=version,
        port=port,
        ip_address_type=ip_address_type,
        health_check=health_check,
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=resource_id, asked=asked),
        binding=DesiredBinding(
            namespace=service.meta.namespace,
            labels=tags.binding_labels(inp.key),
            service_name=service.meta.name,
            service_port=port_as_written,
            node_selector=_node_selector(objects, target_type),
            networking=_networking(inp, identity, traffic, health_check.port, control_port),
            multi_cluster=_multi_cluster(objects),
        ),
        asked_by=member.ref,
        control_port=control_port,
        attributes=first(catalogue.TARGET_GROUP_ATTRIBUTES, *objects) or {},
    )


def _target_type(inp: StackInput, member: Active, objects: Sequence[Annotated], findings: Findings) -> str:
    params = member.params
    of_class = params.target_type if params is not None else None
    asked = of_class or first(catalogue.TARGET_TYPE, *objects)
    target_type = asked or inp.cluster.default_target_type
    if target_type == "ip" and Gate.IP_TARGET_TYPE not in inp.cluster.gates:
        carrier = next((o.where for o in objects if catalogue.TARGET_TYPE.key in o.values), member.ref)
        findings.problem(
            params.where if params is not None and of_class else carrier,
            Reason.INVALID_ANNOTATION,
            "ip targets are switched off in this installation (feature gate EnableIPTargetType)",
            field="spec.targetType" if of_class else catalogue.TARGET_TYPE.key,
        )
    return target_type


def _ip_address_type(member: Active, service: Service, identity: Identity, field: str, findings: Findings) -> str:
    if _IPV6 not in service.ip_families:
        return "ipv4"
    if not identity.dual_stack:
        findings.problem(
            member.ref,
            Reason.INVALID_SPEC,
            f"{_of(service)} has IPv6 addresses, which needs a dual-stack load balancer; this one is ipv4",
            field=field,
        )
    return "ipv6"


def _control_port(
    service: Service,
    port_as_written: int | str,
    objects: Sequence[Annotated],
    target_type: str,
    findings: Findings,
) -> int | None:
    """That of the target optimizer's agent, which runs beside the targets of this one port."""
    own = replace(catalogue.TARGET_CONTROL_PORT, name=f"target-control-port.{service.meta.name}.{port_as_written}")
    carrier = next((o for o in objects if own.key in o.values), None)
    if carrier is None:
        return None
    if target_type == "instance":
        findings.problem(
            carrier.where,
            Reason.INVALID_ANNOTATION,
            "a target control port needs ip targets; these are instances",
            field=own.key,
        )
        return None
    return carrier.get(own)


def _traffic_port(
    member: Active, service: Service, port: ServicePort, target_type: str, field: str, findings: Findings
) -> int | str:
    if target_type == "ip":
        if not port.target_port:
            findings.problem(
                member.ref,
                Reason.INVALID_SPEC,
                f"port {port.port} of {_of(service)} has no targetPort",
                field=field,
            )
        return port.target_port
    if not port.node_port:
        findings.problem(
            member.ref,
            Reason.INVALID_SPEC,
            f"port {port.port} of {_of(service)} has no node port: target-type instance needs a Service of type"
            f" NodePort or LoadBalancer, this one is {service.type}",
            field=field,
        )
    return port.node_port


def _networking(
    inp: StackInput, identity: Identity, traffic: int | str, health_check: str, control_port: int | None
) -> tuple[DesiredAccess, ...] | None:
    """One rule for each port that is reached, or one for all where rules are not restricted to ports."""
    backend = identity.security.backend
    if backend is None:
        return None
    peer = backend if isinstance(backend, GroupToken) else NetworkingPeer(security_group_id=backend)
    numbers: list[int | str | None] = [traffic]
    if health_check != TRAFFIC_PORT:
        numbers.append(int(health_check))
    if control_port is not None:
        numbers.append(control_port)
    reached = numbers if inp.cluster.restricted_rules else [None]
    return tuple(DesiredAccess(peers=(peer,), ports=(NetworkingPort(port=n),)) for n in reached)


def _node_selector(objects: tuple[Annotated, ...], target_type: str) -> LabelSelector | None:
    labels = first(catalogue.TARGET_NODE_LABELS, *objects)
    return LabelSelector(match_labels=labels) if labels and target_type == "instance" else None


def _multi_cluster(objects: Sequence[Annotated]) -> bool:
    """Whether any of the objects shares the target group with other clusters."""
    asked = [subject.get(catalogue.MULTI_CLUSTER) for subject in objects]
    return any(asked)


def _of(service: Service) -> str:
    return f"Service {service.meta.namespace}/{service.meta.name}"
