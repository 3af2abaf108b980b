"""Firewalls and protection (ingress behaviour, sections 4.5 and 18)."""

from typing import Any

from services.planner.core.annotations import values
from services.planner.core.annotations.annotation import Annotation, nothing

WAFV2_ARN = Annotation(name="wafv2-acl-arn", parse=values.string, supports=nothing)
WAFV2_NAME = Annotation(name="wafv2-acl-name", parse=values.string, supports=nothing)
WAF_ACL_ID = Annotation(name="waf-acl-id", parse=values.string, supports=nothing)
WEB_ACL_ID = Annotation(name="web-acl-id", parse=values.string, supports=nothing)
SHIELD = Annotation(name="shield-advanced-protection", parse=values.boolean, supports=nothing)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    WAFV2_ARN,
    WAFV2_NAME,
    WAF_ACL_ID,
    WEB_ACL_ID,
    SHIELD,
)
