"""Firewalls and protection (ingress behaviour, sections 4.5 and 18)."""

from typing import Any

from services.planner.core.annotations import values
from services.planner.core.annotations.annotation import Annotation, Merge, everything

# The value that takes a firewall away.
NONE = "none"

WAFV2_ARN = Annotation(
    name="wafv2-acl-arn",
    parse=values.string,
    supports=everything,
    value="ARN of a web ACL, or none",
    default="the association is left as it is",
    merge=Merge.EXCLUSIVE,
    effect="AWS WAF web ACL of the load balancer; none takes it away.",
)
WAFV2_NAME = Annotation(
    name="wafv2-acl-name",
    parse=values.string,
    supports=everything,
    value="name of a regional web ACL, or none",
    default="the association is left as it is",
    merge=Merge.EXCLUSIVE,
    effect="The same by name; a name of any member counts before all ARNs.",
)
WAF_ACL_ID = Annotation(
    name="waf-acl-id",
    parse=values.string,
    supports=everything,
    value="id of a web ACL of AWS WAF Classic, or none",
    default="the association is left as it is",
    merge=Merge.EXCLUSIVE,
    effect="AWS WAF Classic web ACL of the load balancer; none takes it away.",
)
WEB_ACL_ID = Annotation(
    name="web-acl-id",
    parse=values.string,
    supports=everything,
    value="id of a web ACL of AWS WAF Classic, or none",
    default="the association is left as it is",
    merge=Merge.EXCLUSIVE,
    effect="Old name of waf-acl-id, which counts before it.",
)
SHIELD = Annotation(
    name="shield-advanced-protection",
    parse=values.boolean,
    supports=everything,
    value="true or false",
    default="the protection is left as it is",
    merge=Merge.EXCLUSIVE,
    effect="AWS Shield Advanced protection of the load balancer; false takes away one that a controller made.",
)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    WAFV2_ARN,
    WAFV2_NAME,
    WAF_ACL_ID,
    WEB_ACL_ID,
    SHIELD,
)
