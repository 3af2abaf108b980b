"""Web ACLs of AWS WAF on load balancers. Installed by the package."""

from __future__ import annotations

from typing import Any

from moto.wafv2.exceptions import WAFNonexistentItemException
from moto.wafv2.models import WAFV2Backend

from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.patches.patching import Patches

_LOAD_BALANCER = ":loadbalancer/"


def install(patches: Patches, elbv2: Elbv2) -> None:
    """Section 6, row 30: a load balancer that exists has one web ACL at most, and another takes its place."""
    original = WAFV2Backend.associate_web_acl

    def associate(backend: Any, web_acl_arn: str, resource_arn: str) -> None:
        if _LOAD_BALANCER in resource_arn and not elbv2.has_load_balancer(resource_arn):
            raise WAFNonexistentItemException
        if web_acl_arn in backend.wacls:
            backend.disassociate_web_acl(resource_arn)
        original(backend, web_acl_arn, resource_arn)

    patches.replace(WAFV2Backend, "associate_web_acl", associate)
