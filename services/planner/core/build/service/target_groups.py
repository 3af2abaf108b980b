"""Target groups of a Service and their bindings (service behaviour, section 10): one for each port of the Service."""

from collections.abc import Callable

from services.planner.core import naming, tags
from services.planner.core.annotations import service_nlb as catalogue
from services.planner.core.aws import HealthCheck, LoadBalancer
from services.planner.core.build.service.attributes import keeps_client_address, target_group_attributes
from services.planner.core.build.service.networking import Traffic
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.standing import standing_target_group, target_group_name_taken
from services.planner.core.desired import DesiredAccess, DesiredBinding, DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.objects import LabelSelector, ServicePort
from services.planner.core.problems import Reason

# A target group needs a port; with a named targetPort every target brings its own.
_PLACEHOLDER_PORT = 1
Networking = Callable[[Traffic], tuple[DesiredAccess, ...] | None]


def resource_id(subject: Subject, port: ServicePort) -> str:
    """Identity of the target group of that port inside its stack (naming and tags, section 3)."""
    return f"{subject.ref.namespace}/{subject.ref.name}:{port.port}"


def build_target_group(
    inp: StackInput,
    subject: Subject,
    port: ServicePort,
    *,
    load_balancer: LoadBalancer | None,
    load_balancer_name: str,
    health_check: HealthCheck,
    networking: Networking,
    asked: dict[str, str],
    findings: Findings,
) -> DesiredTargetGroup:
    """The target group of that port. `load_balancer`: the standing one that stays; `networking`: who reaches the
    targets; `asked`: the tags that the Service asks for."""
    target_type = subject.target_type(inp.cluster)
    traffic_port = _traffic_port(subject, port, target_type, findings)
    number = traffic_port if isinstance(traffic_port, int) else _PLACEHOLDER_PORT
    attributes = target_group_attributes(subject, port.port)
    id_ = resource_id(subject, port)
    standing = standing_target_group(
        inp,
        resource_id=id_,
        target_type=target_type,
        protocol=port.protocol,
        protocol_version=None,
        ip_address_type="ipv4",
        control_port=None,
        load_balancer=load_balancer,
    )
    return DesiredTargetGroup(
        resource_id=id_,
        name=standing.name
        if standing
        else _fresh_name(inp, subject, port, number, target_type, health_check, load_balancer_name),
        target_type=target_type,
        protocol=port.protocol,
        protocol_version=None,
        port=number,
        ip_address_type="ipv4",
        health_check=health_check,
        tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=id_, asked=asked),
        binding=DesiredBinding(
            namespace=subject.ref.namespace,
            labels=tags.binding_labels(inp.key),
            service_name=subject.ref.name,
            service_port=port.port,
            node_selector=_node_selector(subject, target_type),
            networking=networking(
                Traffic(
                    protocol=port.protocol,
                    port=traffic_port,
                    health_check_port=health_check.port,
                    keeps_client_address=keeps_client_address(attributes, target_type),
                )
            ),
        ),
        asked_by=subject.ref,
        attributes=attributes,
    )


def _fresh_name(
    inp: StackInput,
    subject: Subject,
    port: ServicePort,
    number: int,
    target_type: str,
    health_check: HealthCheck,
    load_balancer_name: str,
) -> str:
    """The name, with the load balancer's in its hash where a standing group of the stack has it."""

    def name(extra: str = "") -> str:
        return naming.service_target_group_name(
            cluster=inp.cluster.name,
            service_namespace=subject.ref.namespace,
            service_name=subject.ref.name,
            service_uid=subject.service.meta.uid,
            port=number,
            service_port=port.port,
            target_type=target_type,
            protocol=port.protocol,
            health_check_protocol=health_check.protocol,
            health_check_interval_seconds=health_check.interval_seconds,
            extra=extra,
        )

    return name(load_balancer_name) if target_group_name_taken(inp, name()) else name()


def _traffic_port(subject: Subject, port: ServicePort, target_type: str, findings: Findings) -> int | str:
    found = port.target_port if target_type == "ip" else port.node_port
    if not found:
        needs = "a targetPort" if target_type == "ip" else "a node port, which nlb-target-type instance needs"
        message = f"port {port.port} has not {needs} (the Service is of type {subject.service.type})"
        findings.problem(subject.ref, Reason.INVALID_SPEC, message, field="spec.ports")
    return found


def _node_selector(subject: Subject, target_type: str) -> LabelSelector | None:
    labels = subject.get(catalogue.TARGET_NODE_LABELS)
    return LabelSelector(match_labels=labels) if labels and target_type == "instance" else None
