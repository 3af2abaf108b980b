"""Target groups of an Ingress and their bindings (ingress behaviour, section 19).

One target group for each Service and port, as written, that the Ingress names; listeners and rules share it.
"""

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
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Kind, LabelSelector, NetworkingPort, Service, ServicePort
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
    target_type = (
        (params and params.target_type) or first(catalogue.TARGET_TYPE, *objects) or inp.cluster.default_target_type
    )
    protocol = first(catalogue.BACKEND_PROTOCOL, *objects) or "HTTP"
    version = first(catalogue.BACKEND_PROTOCOL_VERSION, *objects) or "HTTP1"
    if _IPV6 in service.ip_families:
        findings.problem(
            member.ref,
            Reason.INVALID_SPEC,
            f"{_of(service)} has IPv6 addresses, which needs a dual-stack load balancer; this one is ipv4",
            field=field,
        )
    traffic = _traffic_port(member, service, service_port, target_type, field, findings)
    port = traffic if isinstance(traffic, int) else _PLACEHOLDER_PORT
    health_check = build_health_check(service, objects, target_type=target_type, protocol=protocol, findings=findings)
    meta = member.ingress.meta
    resource_id = f"{meta.namespace}/{meta.name}-{service.meta.name}:{port_as_written}"
    standing = standing_target_group(
        inp,
        resource_id=resource_id,
        target_type=target_type,
        protocol=protocol,
        protocol_version=version,
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
        ip_address_type="ipv4",
        health_check=health_check,
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=resource_id, asked=asked),
        binding=DesiredBinding(
            namespace=service.meta.namespace,
            labels=tags.binding_labels(inp.key),
            service_name=service.meta.name,
            service_port=port_as_written,
            node_selector=_node_selector(objects, target_type),
            networking=_networking(traffic, health_check.port),
        ),
        asked_by=member.ref,
        attributes=first(catalogue.TARGET_GROUP_ATTRIBUTES, *objects) or {},
    )


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


def _networking(traffic: int | str, health_check: str) -> tuple[DesiredAccess, ...]:
    """One rule for each port that is reached."""
    numbers = (traffic,) if health_check == TRAFFIC_PORT else (traffic, int(health_check))
    return tuple(DesiredAccess(peers=(GroupToken.SHARED,), ports=(NetworkingPort(port=n),)) for n in numbers)


def _node_selector(objects: tuple[Annotated, ...], target_type: str) -> LabelSelector | None:
    labels = first(catalogue.TARGET_NODE_LABELS, *objects)
    return LabelSelector(match_labels=labels) if labels and target_type == "instance" else None


def _of(service: Service) -> str:
    return f"Service {service.meta.namespace}/{service.meta.name}"
