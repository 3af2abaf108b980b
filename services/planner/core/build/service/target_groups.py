"""Target groups of a Service and their bindings (service behaviour, section 10): one for each listener, and one for
each other Service that a weighted action names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.planner.core import naming, tags
from services.planner.core.annotations.service_nlb import target_groups as catalogue
from services.planner.core.aws import HealthCheck, LoadBalancer
from services.planner.core.build.service.attributes import keeps_client_address, target_group_attributes
from services.planner.core.build.service.health_checks import build_health_check
from services.planner.core.build.service.networking import Traffic
from services.planner.core.build.service.subject import Subject
from services.planner.core.build.standing import standing_target_group, target_group_name_taken
from services.planner.core.desired import DesiredAccess, DesiredBinding, DesiredTargetGroup
from services.planner.core.findings import Findings
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.objects import LabelSelector, Service, ServicePort
from services.planner.core.problems import Reason

# A target group needs a port; with a named targetPort every target brings its own.
_PLACEHOLDER_PORT = 1
_IPV6 = "IPv6"
_QUIC = ("QUIC", "TCP_QUIC")
_PORTS = "spec.ports"
Networking = Callable[[Traffic], tuple[DesiredAccess, ...] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBuilder:
    """Builds the target groups of one stack. `subject`: the Service whose annotations count, for other Services, too;
    `standing`: the load balancer that stays; `load_balancer_name`: that of the desired one; `networking`: who reaches
    the targets; `asked`: the tags that the Service asks for."""

    inp: StackInput
    subject: Subject
    standing: LoadBalancer | None
    load_balancer_name: str
    networking: Networking
    asked: Mapping[str, str]
    findings: Findings

    def build(self, service: Service, port: ServicePort, protocol: str) -> DesiredTargetGroup:
        """The target group of a port of the Service itself, or of one that its actions name."""
        inp, subject, cluster = self.inp, self.subject, self.inp.cluster
        target_type = subject.target_type(cluster)
        multi_cluster = subject.get(catalogue.MULTI_CLUSTER)
        ipv6 = _IPV6 in service.ip_families
        self._check(port, protocol, target_type, ipv6=ipv6)
        traffic_port = self._traffic_port(service, port, target_type)
        attributes = target_group_attributes(subject, port.port)
        check = build_health_check(subject, service, target_type=target_type, cluster=cluster, findings=self.findings)
        resource_id = f"{service.meta.namespace}/{service.meta.name}:{port.port}"
        found = standing_target_group(
            inp,
            resource_id=resource_id,
            target_type=target_type,
            protocol=protocol,
            protocol_version=None,
            ip_address_type="ipv6" if ipv6 else "ipv4",
            control_port=None,
            load_balancer=self.standing,
            same_check=None if Gate.NLB_HEALTH_CHECK_ADVANCED in cluster.gates else check,
        )
        number = traffic_port if isinstance(traffic_port, int) else _PLACEHOLDER_PORT
        return DesiredTargetGroup(
            resource_id=resource_id,
            name=found.name if found else self._fresh_name(service, port, protocol, number, target_type, check),
            target_type=target_type,
            protocol=protocol,
            protocol_version=None,
            port=number,
            ip_address_type="ipv6" if ipv6 else "ipv4",
            health_check=check,
            tags=tags.resource_tags(cluster=cluster, key=inp.key, resource_id=resource_id, asked=self.asked),
            binding=DesiredBinding(
                namespace=service.meta.namespace,
                labels=tags.binding_labels(inp.key),
                service_name=service.meta.name,
                service_port=port.port,
                node_selector=self._node_selector(target_type),
                networking=self.networking(
                    Traffic(
                        protocol=protocol,
                        port=traffic_port,
                        health_check_port=check.port,
                        keeps_client_address=keeps_client_address(attributes, target_type),
                        ipv6=ipv6,
                    )
                ),
                multi_cluster=multi_cluster is True,
            ),
            asked_by=subject.ref,
            attributes=attributes,
        )

    def _check(self, port: ServicePort, protocol: str, target_type: str, *, ipv6: bool) -> None:
        where, cluster = self.subject.ref, self.inp.cluster
        if target_type == "ip" and Gate.IP_TARGET_TYPE not in cluster.gates:
            message = f"pods are no targets in this installation: feature gate {Gate.IP_TARGET_TYPE} is closed"
            self.findings.problem(where, Reason.INVALID_ANNOTATION, message)
        if protocol in _QUIC and target_type != "ip":
            message = f"port {port.port} is QUIC, whose targets are pods: nlb-target-type ip is needed"
            self.findings.problem(where, Reason.INVALID_ANNOTATION, message)
        if ipv6 and not self.subject.dual_stack:
            message = "IPv6 targets need a dual stack load balancer; this one is ipv4"
            self.findings.problem(where, Reason.INVALID_SPEC, message, field="spec.ipFamilies")

    def _traffic_port(self, service: Service, port: ServicePort, target_type: str) -> int | str:
        found = port.target_port if target_type == "ip" else port.node_port
        if not found or (target_type != "ip" and service.type == "ClusterIP"):
            of = "" if service == self.subject.service else f" of Service {service.meta.name}"
            needs = "a targetPort" if target_type == "ip" else "a node port, which nlb-target-type instance needs"
            message = f"port {port.port}{of} has not {needs} (the Service is of type {service.type})"
            self.findings.problem(self.subject.ref, Reason.INVALID_SPEC, message, field=_PORTS)
        return found

    def _fresh_name(
        self, service: Service, port: ServicePort, protocol: str, number: int, target_type: str, check: HealthCheck
    ) -> str:
        """The name, with the load balancer's in its hash where a standing group of the stack has it."""
        base = self.subject.service.meta.uid

        def name(extra: str = "") -> str:
            return naming.service_target_group_name(
                cluster=self.inp.cluster.name,
                service_namespace=service.meta.namespace,
                service_name=service.meta.name,
                service_uid=service.meta.uid,
                port=number,
                service_port=port.port,
                target_type=target_type,
                protocol=protocol,
                health_check_protocol=check.protocol,
                health_check_interval_seconds=check.interval_seconds,
                base_uid="" if service.meta.uid == base else base,
                extra=extra,
            )

        return name(self.load_balancer_name) if target_group_name_taken(self.inp, name()) else name()

    def _node_selector(self, target_type: str) -> LabelSelector | None:
        labels = self.subject.get(catalogue.TARGET_NODE_LABELS)
        return LabelSelector(match_labels=labels) if labels and target_type == "instance" else None
