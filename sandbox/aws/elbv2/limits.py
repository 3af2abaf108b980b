"""Which request limits AWS sets on which operations: data for the throttling (aws-elbv2, sections 1.1 and 1.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One token bucket."""

    name: str
    """What shares it: two operations of one name take from one bucket."""
    burst: float
    """Tokens of a full bucket."""
    per_second: float
    """Tokens that come back in a sandbox second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The answer to a call that finds its bucket empty."""

    code: str
    message: str
    status: int


ACCOUNT = Limit(name="elasticloadbalancing account", burst=40, per_second=10)
"""What all load balancing calls share, where this limit is on; AWS's page names it and contradicts it."""
READS = Limit(name="elasticloadbalancing reads", burst=200, per_second=50)
OLDER_READS = Limit(name="elasticloadbalancing reads", burst=40, per_second=10)
"""The older revision of the same page."""

_RESOURCES = Limit(name="elasticloadbalancing resources", burst=10, per_second=0.2)
_REGISTRATIONS = Limit(name="elasticloadbalancing registrations", burst=20, per_second=4)
_MUTATIONS = Limit(name="elasticloadbalancing mutations", burst=20, per_second=3)
_TRUST_STORE_CREATES = Limit(name="elasticloadbalancing trust store creates", burst=10, per_second=0.2)
_TRUST_STORE_MUTATIONS = Limit(name="elasticloadbalancing trust store mutations", burst=10, per_second=0.2)
_TRUST_STORE_READS = Limit(name="elasticloadbalancing trust store reads", burst=40, per_second=10)
_GETS = Limit(name="elasticloadbalancing gets", burst=20, per_second=4)

_LOAD_BALANCING: tuple[tuple[str, Limit], ...] = (
    ("CreateLoadBalancer|SetSubnets", _RESOURCES),
    ("RegisterTargets|DeregisterTargets", _REGISTRATIONS),
    ("DescribeTrustStore.*", _TRUST_STORE_READS),
    ("CreateTrustStore", _TRUST_STORE_CREATES),
    (
        "(Add|Remove)TrustStoreRevocations|(Delete|Modify)TrustStore|DeleteSharedTrustStoreAssociation",
        _TRUST_STORE_MUTATIONS,
    ),
    ("Get.*", _GETS),
    ("Describe.*", READS),
    (".*", _MUTATIONS),
)

# Where the page gives a rate only, a bucket holds one second of it, and never less than one call.
_EACH: Mapping[str, tuple[tuple[str, float, float], ...]] = {
    "ec2": (
        ("DescribeSecurityGroupReferences|DescribeStaleSecurityGroups", 20, 5),
        ("Describe.*|Get.*|List.*|Search.*", 100, 20),
        ("CreateTags|DeleteTags", 100, 10),
        (".*", 50, 5),
    ),
    "tagging": (
        ("GetResources", 15, 15),
        ("(Tag|Untag)Resources|GetTagKeys|GetTagValues", 5, 5),
    ),
    "acm": (
        ("ListCertificates", 8, 8),
        ("DescribeCertificate|GetCertificate|ListTagsForCertificate|DeleteCertificate", 10, 10),
        ("RequestCertificate|AddTagsToCertificate", 5, 5),
        ("ImportCertificate", 1, 1),
    ),
    "wafv2": (
        ("AssociateWebACL|DisassociateWebACL", 1, 0.5),
        ("GetWebACLForResource|ListResourcesForWebACL", 1, 1),
        ("(Get|List|Describe|Check).*", 5, 5),
        (".*", 1, 1),
    ),
}
_UNFILTERED = (50.0, 10.0)
_FILTERED_BETTER = re.compile(
    "DescribeInstances|DescribeNetworkInterfaces|DescribeSecurityGroups|DescribeInstanceStatus|DescribeVolumes|DescribeSnapshots"
)
_NARROWING = ("Filters", "MaxResults", "NextToken")
_REFUSAL = Refusal(code="ThrottlingException", message="Rate exceeded", status=HTTPStatus.BAD_REQUEST)
_REFUSALS: Mapping[str, Refusal] = {
    "elasticloadbalancing": Refusal(code="Throttling", message="Rate exceeded", status=HTTPStatus.BAD_REQUEST),
    "ec2": Refusal(
        code="RequestLimitExceeded", message="Request limit exceeded.", status=HTTPStatus.SERVICE_UNAVAILABLE
    ),
    "tagging": Refusal(code="ThrottledException", message="Rate exceeded", status=HTTPStatus.BAD_REQUEST),
}


def limit_of(service: str, operation: str, parameters: Mapping[str, Any]) -> Limit | None:
    """The bucket of one call, by the signing name of its service; None where AWS publishes no limit."""
    if service == "elasticloadbalancing":
        return next(limit for pattern, limit in _LOAD_BALANCING if re.fullmatch(pattern, operation))
    if service == "ec2" and _FILTERED_BETTER.fullmatch(operation) and not any(parameters.get(n) for n in _NARROWING):
        burst, per_second = _UNFILTERED
        return Limit(name=f"ec2 {operation} of everything", burst=burst, per_second=per_second)
    for pattern, burst, per_second in _EACH.get(service, ()):
        if re.fullmatch(pattern, operation):
            return Limit(name=f"{service} {operation}", burst=burst, per_second=per_second)
    return None


def refusal_of(service: str) -> Refusal:
    """How a service says that a limit is reached."""
    return _REFUSALS.get(service, _REFUSAL)
