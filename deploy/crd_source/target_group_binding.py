"""TargetGroupBinding (targets and readiness, section 1)."""

from deploy.crd_source.definition import AGE, Column, Definition
from deploy.crd_source.schema import ListOf, NumberOrName, Record, Text, Truth, Whole, label_selector

_PEER = Record(
    description="Either an address block or a security group.",
    fields={
        "ipBlock": Record(
            required=("cidr",),
            fields={"cidr": Text(description="IPv4 or IPv6 address block.")},
        ),
        "securityGroup": Record(
            required=("groupID",),
            fields={"groupID": Text(description="Id of an EC2 security group.")},
        ),
    },
)

_PORT = Record(
    fields={
        "protocol": Text(choices=("TCP", "UDP"), description="TCP if absent."),
        "port": NumberOrName(description="Number or, for pods, name of a port. All ports if absent."),
    },
)

_NETWORKING = Record(
    description="Traffic to allow to the targets in their security groups. Without it no security group is touched.",
    fields={
        "ingress": ListOf(
            items=Record(
                required=("from", "ports"),
                fields={
                    "from": ListOf(items=_PEER, description="Who may reach the targets."),
                    "ports": ListOf(items=_PORT, description="Ports of the targets that may be reached."),
                },
            ),
        ),
    },
)

_SPEC = Record(
    description="Which target group, and which targets.",
    required=("serviceRef",),
    fields={
        "targetGroupARN": Text(description="ARN of the target group. This or targetGroupName must be given."),
        "targetGroupName": Text(description="Name of the target group, in the region of the controller."),
        "targetType": Text(
            choices=("instance", "ip"),
            description="Whether targets are nodes (instance) or pods (ip). Taken from the target group if absent.",
        ),
        "targetGroupProtocol": Text(
            choices=("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
            description="Protocol of the target group. Taken from the target group if absent.",
        ),
        "ipAddressType": Text(
            choices=("ipv4", "ipv6"),
            description="Address family of the targets. Taken from the target group if absent.",
        ),
        "vpcID": Text(description="VPC of the target group. Taken from the target group if absent."),
        "serviceRef": Record(
            description="The Service port whose endpoints are the targets.",
            required=("name", "port"),
            fields={
                "name": Text(description="Name of a Service in the namespace of the binding."),
                "port": NumberOrName(description="Number or name of a port of the Service."),
            },
        ),
        "nodeSelector": label_selector(
            "For instance targets, the nodes that may be targets. All suitable nodes if absent."
        ),
        "networking": _NETWORKING,
        "multiClusterTargetGroup": Truth(
            description="Whether other clusters register targets in the same group. Then only targets of this binding"
            " are ever deregistered by it.",
        ),
        "iamRoleArnToAssume": Text(
            description="Role under which the target group is managed, for one in another account."
        ),
        "assumeRoleExternalId": Text(description="External id to give when the role is assumed."),
    },
)

_CONDITION = Record(
    required=("type", "status", "reason", "message", "lastTransitionTime"),
    fields={
        "type": Text(),
        "status": Text(choices=("True", "False", "Unknown")),
        "reason": Text(),
        "message": Text(),
        "observedGeneration": Whole(bits=64, minimum=0),
        "lastTransitionTime": Text(format="date-time"),
    },
)

_STATUS = Record(
    fields={
        "observedGeneration": Whole(bits=64, description="The generation of the last complete reconcile."),
        "conditions": ListOf(items=_CONDITION, keys=("type",)),
    },
)

TARGET_GROUP_BINDING = Definition(
    kind="TargetGroupBinding",
    plural="targetgroupbindings",
    namespaced=True,
    versions=("v1beta1", "v1alpha1"),
    description="Binds the endpoints of a Service port to an AWS target group.",
    columns=(
        Column(
            name="SERVICE-NAME",
            description="The Service whose endpoints are the targets",
            path=".spec.serviceRef.name",
        ),
        Column(name="SERVICE-PORT", description="The port of the Service", path=".spec.serviceRef.port"),
        Column(
            name="TARGET-TYPE",
            description="Whether targets are nodes (instance) or pods (ip)",
            path=".spec.targetType",
        ),
        Column(name="ARN", description="The target group", path=".spec.targetGroupARN", priority=1),
        Column(name="NAME", description="The name of the target group", path=".spec.targetGroupName", priority=2),
        AGE,
    ),
    parts={"spec": _SPEC, "status": _STATUS},
    has_status=True,
    comment="Which pods or nodes are the targets of a target group. Elbow makes one per target group of its own; users"
    " make them for target groups that they manage themselves.",
)
