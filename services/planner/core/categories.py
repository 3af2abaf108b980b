"""Which bucket of AWS's rate limits a call is paid from (ELBv2 behaviour, section 1), for the cost of a plan."""

from collections import Counter
from collections.abc import Iterable

from services.planner.core.plans import AwsCall, Step

_ELB = {
    "CreateLoadBalancer": "elb-resource-intensive",
    "SetSubnets": "elb-resource-intensive",
    "RegisterTargets": "elb-registration",
    "DeregisterTargets": "elb-registration",
}
_OTHERS = {
    "wafv2": "waf",
    "waf-regional": "waf-classic",
    "shield": "shield",
    "acm": "acm-mutating",
    "route53": "route53-mutating",
}
_EC2 = {
    "AuthorizeSecurityGroupIngress": "ec2-resource-intensive",
    "RevokeSecurityGroupIngress": "ec2-resource-intensive",
    "CreateTags": "ec2-tagging",
    "DeleteTags": "ec2-tagging",
}


def category(call: AwsCall) -> str:
    """The category of one mutating call."""
    if call.service == "elbv2":
        return _ELB.get(call.operation, "elb-mutating")
    if call.service in _OTHERS:
        return _OTHERS[call.service]
    return _EC2.get(call.operation, "ec2-mutating")


def cost(steps: Iterable[Step]) -> dict[str, int]:
    """Number of AWS calls by category, sorted by category; Kubernetes writes cost none."""
    counts = Counter(category(s.work) for s in steps if isinstance(s.work, AwsCall))
    return dict(sorted(counts.items()))
