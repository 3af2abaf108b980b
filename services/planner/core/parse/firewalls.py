"""Web ACLs as AWS WAF lists them, and the state of a subscription."""

from services.planner.core.aws import Subscription, WebAcl
from services.planner.core.parse.descriptions import Description, Pairs


def web_acl(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> WebAcl:
    """A web ACL, as ListWebACLs gives it."""
    del tags, attributes, parent
    return WebAcl(arn=d["ARN"], name=d["Name"])


def subscription(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Subscription:
    """A subscription: the answer of Shield's GetSubscriptionState with the service's name beside it."""
    del tags, attributes, parent
    return Subscription(id=d["Service"], active=d["SubscriptionState"] == "ACTIVE")
