"""The options of Network Load Balancers that experiment `options` tries, and where each must show in AWS.

The list is the one of the laboratory's annotations (laboratory, experiment 3); what each does, "service behaviour",
section 3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.lab.account import Balancer

PREFIX = "service.beta.kubernetes.io/"
NLB = f"{PREFIX}aws-load-balancer-"
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"

Look = Callable[[Balancer], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that must be seen."""

    what: str
    look: Look
    expected: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One annotation, with those that it needs beside it."""

    name: str
    """The annotation without the prefix that most share."""
    annotations: Mapping[str, str]
    """Without that prefix too."""
    seen: Sequence[Seen]
    ports: Sequence[int] = (80,)
    by_ip: bool = True
    """Targets are pods; else nodes."""
    load_balancer_class: str | None = "service.k8s.aws/nlb"

    def full_annotations(self) -> Mapping[str, str]:
        """Of the Service."""
        base = {f"{NLB}nlb-target-type": "ip"} if self.by_ip else {}
        return base | {full_name(name): value for name, value in self.annotations.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadValue:
    """A value that cannot be followed."""

    name: str
    value: str
    beside: Mapping[str, str] = field(default_factory=dict)
    """What must stand beside it for it to count."""

    def full_annotations(self) -> Mapping[str, str]:
        """Of the Service."""
        given = {"nlb-target-type": "ip", **self.beside, self.name: self.value}
        return {full_name(name): value for name, value in given.items()}


def full_name(name: str) -> str:
    """The annotation's key."""
    return f"{PREFIX}{name}" if name == "load-balancer-source-ranges" else f"{NLB}{name}"


def attribute(key: str, expected: str) -> Seen:
    """An attribute of the load balancer."""
    return Seen(what=key, look=lambda one: one.attributes.get(key), expected=expected)


def group_attribute(key: str, expected: str) -> Seen:
    """An attribute of the target group."""
    return Seen(what=key, look=lambda one: one.group_attributes[0].get(key), expected=expected)


def described(key: str, expected: object) -> Seen:
    """A field of the load balancer."""
    return Seen(what=key, look=lambda one: one.described.get(key), expected=expected)


def group(key: str, expected: object) -> Seen:
    """A field of the target group."""
    return Seen(what=key, look=lambda one: one.group.get(key), expected=expected)


def listener(port: int, key: str, expected: object) -> Seen:
    """A field of the listener of a port."""

    def look(one: Balancer) -> object:
        return next((found.get(key) for found in one.listeners if found["Port"] == port), None)

    return Seen(what=f"{key} of port {port}", look=look, expected=expected)


def zones(one: Balancer) -> list[str]:
    return sorted(zone["SubnetId"] for zone in one.described["AvailabilityZones"])


def zone_addresses(key: str) -> Look:
    """The addresses of the load balancer's nodes, by which kind of them."""

    def look(one: Balancer) -> object:
        found = [
            address
            for zone in one.described["AvailabilityZones"]
            for address in zone.get("LoadBalancerAddresses") or []
        ]
        return sorted(address[key] for address in found if key in address)

    return look


def source_ranges(one: Balancer) -> list[str]:
    permissions = [permission for held in one.security_groups for permission in held["IpPermissions"]]
    return sorted({found["CidrIp"] for permission in permissions for found in permission["IpRanges"]})


def options(world: Mapping[str, Any]) -> Sequence[Option]:
    """Every option alone. `world`: what the account was seeded with."""
    certificate, subnets = world["certs"]["www"], world["subnets"]
    public = [subnets[f"public-{zone}"] for zone in "abc"]
    private = {f"private-{zone}": f"10.0.{100 + order}.200" for order, zone in enumerate("abc")}
    tls = {"ssl-cert": certificate, "ssl-ports": "443"}
    logs = {"access-log-enabled": "true", "access-log-s3-bucket-name": "lab-logs"}
    http = {"healthcheck-protocol": "http"}
    return [
        Option(
            name="load-balancer-source-ranges",
            annotations={"load-balancer-source-ranges": "10.1.0.0/16,10.2.0.0/16"},
            seen=[Seen(what="ranges let in", look=source_ranges, expected=["10.1.0.0/16", "10.2.0.0/16"])],
        ),
        Option(
            name="type",
            annotations={"type": "external"},
            load_balancer_class=None,
            seen=[described("Type", "network")],
        ),
        Option(name="nlb-target-type", annotations={}, seen=[group("TargetType", "ip")]),
        Option(name="name", annotations={"name": "lab-by-name"}, seen=[described("LoadBalancerName", "lab-by-name")]),
        Option(name="internal", annotations={"internal": "false"}, seen=[described("Scheme", "internet-facing")]),
        Option(name="scheme", annotations={"scheme": "internet-facing"}, seen=[described("Scheme", "internet-facing")]),
        Option(
            name="proxy-protocol",
            annotations={"proxy-protocol": "*"},
            seen=[group_attribute("proxy_protocol_v2.enabled", "true")],
        ),
        Option(
            name="ip-address-type",
            annotations={"scheme": "internet-facing", "ip-address-type": "dualstack"},
            seen=[described("IpAddressType", "dualstack")],
        ),
        Option(name="access-log-enabled", annotations=logs, seen=[attribute("access_logs.s3.enabled", "true")]),
        Option(
            name="access-log-s3-bucket-name", annotations=logs, seen=[attribute("access_logs.s3.bucket", "lab-logs")]
        ),
        Option(
            name="access-log-s3-bucket-prefix",
            annotations={**logs, "access-log-s3-bucket-prefix": "echo"},
            seen=[attribute("access_logs.s3.prefix", "echo")],
        ),
        Option(
            name="cross-zone-load-balancing-enabled",
            annotations={"cross-zone-load-balancing-enabled": "true"},
            seen=[attribute("load_balancing.cross_zone.enabled", "true")],
        ),
        Option(
            name="ssl-cert",
            annotations={"ssl-cert": certificate},
            seen=[
                listener(80, "Protocol", "TLS"),
                listener(80, "Certificates", [{"CertificateArn": certificate}]),
            ],
        ),
        Option(
            name="ssl-ports",
            annotations=tls,
            ports=(80, 443),
            seen=[listener(80, "Protocol", "TCP"), listener(443, "Protocol", "TLS")],
        ),
        Option(
            name="ssl-negotiation-policy",
            annotations={**tls, "ssl-negotiation-policy": POLICY},
            ports=(443,),
            seen=[listener(443, "SslPolicy", POLICY)],
        ),
        Option(
            name="backend-protocol",
            annotations={**tls, "backend-protocol": "ssl"},
            ports=(443,),
            seen=[group("Protocol", "TLS")],
        ),
        Option(
            name="additional-resource-tags",
            annotations={"additional-resource-tags": "team=games,cost=7"},
            seen=[
                Seen(
                    what="tags of load balancer and target group",
                    look=lambda one: [(tags.get("team"), tags.get("cost")) for tags in (one.tags, *one.group_tags)],
                    expected=[("games", "7"), ("games", "7")],
                )
            ],
        ),
        Option(
            name="healthcheck-healthy-threshold",
            annotations={"healthcheck-healthy-threshold": "4"},
            seen=[group("HealthyThresholdCount", 4)],
        ),
        Option(
            name="healthcheck-unhealthy-threshold",
            annotations={"healthcheck-unhealthy-threshold": "5"},
            seen=[group("UnhealthyThresholdCount", 5)],
        ),
        Option(
            name="healthcheck-timeout",
            annotations={"healthcheck-timeout": "7"},
            seen=[group("HealthCheckTimeoutSeconds", 7)],
        ),
        Option(
            name="healthcheck-interval",
            annotations={"healthcheck-interval": "20"},
            seen=[group("HealthCheckIntervalSeconds", 20)],
        ),
        Option(name="healthcheck-protocol", annotations=http, seen=[group("HealthCheckProtocol", "HTTP")]),
        Option(
            name="healthcheck-port", annotations={"healthcheck-port": "8080"}, seen=[group("HealthCheckPort", "8080")]
        ),
        Option(
            name="healthcheck-path",
            annotations={**http, "healthcheck-path": "/ready"},
            seen=[group("HealthCheckPath", "/ready")],
        ),
        Option(
            name="eip-allocations",
            annotations={"scheme": "internet-facing", "eip-allocations": ",".join(world["eips"])},
            seen=[
                Seen(what="allocations", look=zone_addresses("AllocationId"), expected=sorted(world["eips"])),
            ],
        ),
        Option(
            name="private-ipv4-addresses",
            annotations={
                "scheme": "internal",
                "subnets": ",".join(private),
                "private-ipv4-addresses": ",".join(private.values()),
            },
            seen=[Seen(what="addresses", look=zone_addresses("PrivateIPv4Address"), expected=sorted(private.values()))],
        ),
        Option(
            name="target-group-attributes",
            annotations={"target-group-attributes": "deregistration_delay.timeout_seconds=30"},
            seen=[group_attribute("deregistration_delay.timeout_seconds", "30")],
        ),
        Option(
            name="subnets",
            annotations={"scheme": "internet-facing", "subnets": f"{public[0]},public-b"},
            seen=[Seen(what="subnets", look=zones, expected=sorted(public[:2]))],
        ),
        Option(
            name="alpn-policy",
            annotations={**tls, "alpn-policy": "HTTP2Preferred"},
            ports=(443,),
            seen=[listener(443, "AlpnPolicy", ["HTTP2Preferred"])],
        ),
        Option(
            name="target-node-labels",
            annotations={"nlb-target-type": "instance", "target-node-labels": "tier=front"},
            by_ip=False,
            seen=[
                group("TargetType", "instance"),
                Seen(what="targets", look=lambda one: sorted(one.target_ids), expected=[world["nodes"][0]["id"]]),
            ],
        ),
    ]


def mixed(world: Mapping[str, Any]) -> Option:
    """Many at once."""
    alone = {option.name: option for option in options(world)}
    names = (
        "load-balancer-source-ranges",
        "scheme",
        "proxy-protocol",
        "access-log-s3-bucket-prefix",
        "cross-zone-load-balancing-enabled",
        "ssl-ports",
        "ssl-negotiation-policy",
        "additional-resource-tags",
        "healthcheck-unhealthy-threshold",
        "healthcheck-interval",
        "healthcheck-path",
        "target-group-attributes",
        "alpn-policy",
    )
    chosen = [alone[name] for name in names]
    return Option(
        name="mixed",
        annotations={key: value for option in chosen for key, value in option.annotations.items()},
        ports=(80, 443),
        seen=[
            seen
            for option in chosen
            for seen in option.seen
            # Two listeners have two target groups, each with the tags.
            if option.name != "additional-resource-tags"
        ],
    )


BAD_VALUES: Sequence[BadValue] = (
    BadValue(name="scheme", value="sideways"),
    BadValue(name="name", value="a-name-of-more-than-thirty-two-characters"),
    BadValue(name="internal", value="perhaps"),
    BadValue(name="ip-address-type", value="ipv5"),
    BadValue(name="proxy-protocol", value="yes"),
    BadValue(name="cross-zone-load-balancing-enabled", value="maybe"),
    BadValue(name="access-log-enabled", value="sometimes"),
    BadValue(name="load-balancer-source-ranges", value="10.0.0.0/99"),
    BadValue(name="ssl-ports", value="9999", beside={"ssl-cert": "arn:aws:acm:us-west-2:123456789012:certificate/x"}),
    BadValue(name="additional-resource-tags", value="no equals sign"),
    BadValue(name="healthcheck-healthy-threshold", value="many"),
    BadValue(name="healthcheck-unhealthy-threshold", value="few"),
    BadValue(name="healthcheck-timeout", value="long"),
    BadValue(name="healthcheck-interval", value="often"),
    BadValue(name="healthcheck-protocol", value="udp"),
    BadValue(name="healthcheck-port", value="no-such-port"),
    BadValue(name="eip-allocations", value="eipalloc-0", beside={"scheme": "internet-facing"}),
    BadValue(name="private-ipv4-addresses", value="192.0.2.300"),
    BadValue(name="target-group-attributes", value="deregistration_delay"),
    BadValue(name="subnets", value="no-such-subnet"),
    BadValue(
        name="alpn-policy",
        value="HTTP9Only",
        beside={"ssl-cert": "arn:aws:acm:us-west-2:123456789012:certificate/x"},
    ),
    BadValue(name="target-node-labels", value="tier", beside={"nlb-target-type": "instance"}),
)
"""One bad value of each option that can have one, and that is found without asking AWS."""

REFUSED = BadValue(name="ssl-cert", value="arn:aws:acm:us-west-2:123456789012:certificate/none")
"""A value that is good in itself; AWS refuses the listener."""
