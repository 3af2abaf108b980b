"""How long an answer of AWS is taken for true, kind by kind, and what follows from a longer time."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.planner.core.outcomes import LookupKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Seconds per question; a question that is not named here is answered until an own call or a new observation says
    otherwise.
    """

    network: float = 600.0
    """VPC, subnets and zones. Longer: a new subnet or a new tag on one is found that much later, and only by a new load
    balancer or one whose scheme changes.
    """

    route_tables: float = 600.0
    """Route tables. Longer: a subnet that became public is taken for private that much longer, where discovery falls
    back on reachability.
    """

    interfaces: float = 3_600.0
    """Network interfaces of an instance. Longer: security groups that somebody exchanged on a standing node are found
    that much later. Shorter: a new pod costs a read that often.
    """

    addresses: float = 600.0
    """Interfaces found by address (Fargate, and pods on nodes whose interfaces disagree). An address moves to another
    pod only after its old one is gone.
    """

    groups: float = 600.0
    """Security groups that were asked for by id or `Name` tag. Longer: rules and tags that somebody else changed are
    found later.
    """

    certificates: float = 60.0
    """ACM's listing of issued certificates. Longer: a host whose certificate was just issued waits that much longer.
    Shorter: stacks that look their certificates up by host list them that often.
    """

    certificate_details: float = 10.0
    """The state of a certificate that is being validated. Longer: it is used that much later. Shorter: each is read
    that often while it is waited for.
    """

    hosted_zones: float = 600.0
    """Zones of Route 53. Longer: a new zone, or one in the place of another, is used that much later."""

    trust_stores: float = 600.0
    """Trust stores found by name. Longer: one that was made anew under its name is found later."""
    target_groups: float = 5.0
    """Target groups that a user's binding names, found or not. Longer: one that is made after its binding is found
    later. Nothing is asked again once the binding says all of it.
    """

    peer_vpcs: float = 300.0
    """Other VPCs than the cluster's. Longer: ranges that they got or lost are found later."""

    described: float = 10.0
    """Load balancers that were asked for by ARN. Longer: one that becomes active is found to be so later. Shorter:
    while a key waits for that, it asks more often.
    """

    web_acls: float = 3_600.0
    """Names of web ACLs. Longer: another web ACL under the same name is found later."""

    subscriptions: float = 7_200.0
    """Whether the account has subscribed to Shield Advanced."""

    account_limits: float = 3_600.0
    """Limits of the account. Longer: one that was raised is made use of later."""

    made: float = 60.0
    """How long a resource that we made is believed against a Describe that does not find it: AWS's answers are
    eventually consistent. Longer: what somebody deleted right after it was made is missed for that long.
    """

    def of(self, kind: LookupKind) -> float | None:
        """Seconds for a kind, None for as long as the process lives."""
        table: Mapping[LookupKind, float] = {
            LookupKind.NETWORK: self.network,
            LookupKind.ROUTE_TABLES: self.route_tables,
            LookupKind.INSTANCE_INTERFACES: self.interfaces,
            LookupKind.ADDRESS_INTERFACES: self.addresses,
            LookupKind.SECURITY_GROUPS: self.groups,
            LookupKind.TARGET_GROUPS: self.target_groups,
            LookupKind.TARGET_GROUP_NAMES: self.target_groups,
            LookupKind.PEER_VPCS: self.peer_vpcs,
            LookupKind.SECURITY_GROUP_NAMES: self.groups,
            LookupKind.CERTIFICATES: self.certificates,
            LookupKind.TRUST_STORES: self.trust_stores,
            LookupKind.LOAD_BALANCERS: self.described,
            LookupKind.WEB_ACLS: self.web_acls,
            LookupKind.SHIELD_SUBSCRIPTION: self.subscriptions,
            LookupKind.ACCOUNT_LIMITS: self.account_limits,
            LookupKind.CERTIFICATE_DETAILS: self.certificate_details,
            LookupKind.HOSTED_ZONES: self.hosted_zones,
        }
        return table.get(kind)
