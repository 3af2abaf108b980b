"""IngressClassParams (ingress behaviour, section 5)."""

from deploy.crd_source.definition import AGE, Column, Definition
from deploy.crd_source.schema import ListOf, MapOf, Record, Rule, Text, Whole, label_selector, pairs

_LISTENER = Record(
    fields={
        "protocol": Text(choices=("HTTP", "HTTPS")),
        "port": Whole(),
        "listenerAttributes": pairs(""),
    },
)

_SUBNETS = Record(
    description="Subnets of the load balancer, either by id or by tag.",
    one_of=("ids", "tags"),
    fields={
        "ids": ListOf(items=Text(pattern="subnet-[0-9a-f]+"), at_least=1),
        "tags": MapOf(
            values=ListOf(items=Text()),
            description="A subnet is taken if it has each of these tags with one of the values listed for it.",
        ),
    },
)

_SPEC = Record(
    rules=(
        Rule(
            expression="!(has(self.prefixListsIDs) && has(self.PrefixListsIDs))",
            message="only one of prefixListsIDs and PrefixListsIDs may be given",
        ),
    ),
    fields={
        "namespaceSelector": label_selector("Namespaces whose Ingresses may use the class. All if absent or empty."),
        "group": Record(
            description="The ingress group that all Ingresses of the class belong to.",
            required=("name",),
            fields={"name": Text()},
        ),
        "loadBalancerName": Text(description="Name of the load balancer."),
        "scheme": Text(choices=("internal", "internet-facing")),
        "ipAddressType": Text(choices=("ipv4", "dualstack", "dualstack-without-public-ipv4")),
        "subnets": _SUBNETS,
        "certificateArn": ListOf(items=Text(), description="ARNs of the certificates of HTTPS listeners."),
        "inboundCIDRs": ListOf(items=Text(), description="Address blocks that may reach the load balancer."),
        "sslPolicy": Text(description="TLS policy of HTTPS listeners."),
        "sslRedirectPort": Text(description="HTTPS port that all HTTP listeners redirect to."),
        "prefixListsIDs": ListOf(items=Text(), description="Prefix lists whose addresses may reach the load balancer."),
        "PrefixListsIDs": ListOf(
            items=Text(), description="The older spelling of prefixListsIDs; only one of the two may be given."
        ),
        "tags": pairs("Tags of everything that is made in AWS for Ingresses of the class."),
        "targetType": Text(choices=("instance", "ip")),
        "loadBalancerAttributes": pairs(""),
        "listeners": ListOf(items=_LISTENER, description="Attributes of listeners, by protocol and port."),
        "minimumLoadBalancerCapacity": Record(required=("capacityUnits",), fields={"capacityUnits": Whole()}),
        "ipamConfiguration": Record(fields={"ipv4IPAMPoolId": Text()}),
        "wafv2AclArn": Text(description="ARN of the web ACL of the load balancer."),
        "wafv2AclName": Text(description="Name of the web ACL of the load balancer."),
    },
)

INGRESS_CLASS_PARAMS = Definition(
    kind="IngressClassParams",
    plural="ingressclassparams",
    namespaced=False,
    versions=("v1beta1",),
    description="Settings for all Ingresses whose IngressClass refers to this object.",
    columns=(
        Column(name="GROUP-NAME", description="The ingress group", path=".spec.group.name"),
        Column(name="SCHEME", description="The scheme of the load balancers", path=".spec.scheme"),
        Column(
            name="IP-ADDRESS-TYPE",
            description="The address families of the load balancers",
            path=".spec.ipAddressType",
        ),
        AGE,
    ),
    parts={"spec": _SPEC},
    has_status=False,
    comment="Settings that an administrator fixes for all Ingresses of an IngressClass; they go before annotations.",
)
