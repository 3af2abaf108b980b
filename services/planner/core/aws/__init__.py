"""AWS resources as values: what was observed, or follows from our own calls.

`tags` and `attributes` are None where they were not read. Absence of a resource is knowledge only as far as
`Knowledge` says. Ports, priorities and thresholds are numbers, durations are seconds, as in the ELBv2 API.
"""

from services.planner.core.aws.actions import (
    Action,
    Authentication,
    ClientSecret,
    Condition,
    FixedResponse,
    Forward,
    OpaqueAction,
    Redirect,
    TargetGroupWeight,
)
from services.planner.core.aws.certificates import Certificate, HostedZone, ValidationRecord
from services.planner.core.aws.inventory import Index, Inventory, Knowledge, Names
from services.planner.core.aws.load_balancing import (
    FACTS_OF_NEW,
    PRIVATE_LINK_DEFAULT,
    SECURE_PROTOCOLS,
    AccountLimit,
    Fact,
    Health,
    HealthCheck,
    Listener,
    LoadBalancer,
    MutualAuthentication,
    Rule,
    Target,
    TargetGroup,
    TargetRecord,
    TrustStore,
)
from services.planner.core.aws.network import (
    Interface,
    PeerVpc,
    Permission,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    Zone,
)
from services.planner.core.aws.protection import Subscription, WebAcl

__all__ = [
    "FACTS_OF_NEW",
    "PRIVATE_LINK_DEFAULT",
    "SECURE_PROTOCOLS",
    "AccountLimit",
    "Action",
    "Authentication",
    "Certificate",
    "ClientSecret",
    "Condition",
    "Fact",
    "FixedResponse",
    "Forward",
    "Health",
    "HealthCheck",
    "HostedZone",
    "Index",
    "Interface",
    "Inventory",
    "Knowledge",
    "Listener",
    "LoadBalancer",
    "MutualAuthentication",
    "Names",
    "OpaqueAction",
    "PeerVpc",
    "Permission",
    "Redirect",
    "RouteTable",
    "Rule",
    "SecurityGroup",
    "Subnet",
    "Subscription",
    "Target",
    "TargetGroup",
    "TargetGroupWeight",
    "TargetRecord",
    "TrustStore",
    "ValidationRecord",
    "Vpc",
    "WebAcl",
    "Zone",
]
