"""Attributes that a Service asks for (service behaviour, sections 10 and 13)."""

from collections.abc import Mapping

from services.planner.core.annotations.service_nlb import load_balancer, target_groups
from services.planner.core.annotations.shapes import PRESERVE_CLIENT_IP
from services.planner.core.annotations.values import is_true
from services.planner.core.build.service.subject import Subject

_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_PROXY_PROTOCOL = "proxy_protocol_v2.enabled"


def load_balancer_attributes(subject: Subject) -> Mapping[str, str]:
    """Attributes of the load balancer, sorted; the annotations of single attributes win."""
    given = subject.get(load_balancer.ATTRIBUTES)
    asked = {**given} if given else {}
    if subject.get(load_balancer.ACCESS_LOG_ENABLED):
        asked["access_logs.s3.enabled"] = "true"
        for key, annotation in (
            ("access_logs.s3.bucket", load_balancer.ACCESS_LOG_BUCKET),
            ("access_logs.s3.prefix", load_balancer.ACCESS_LOG_PREFIX),
        ):
            value = subject.get(annotation)
            if value is not None:
                asked[key] = value
    cross_zone = subject.get(load_balancer.CROSS_ZONE)
    if cross_zone is not None:
        asked[_CROSS_ZONE] = _text(cross_zone)
    return dict(sorted(asked.items()))


def target_group_attributes(subject: Subject, port: int) -> Mapping[str, str]:
    """Attributes of the target group of that port of the Service, sorted. Whether proxy protocol is spoken is always
    among them, so that taking the annotation away switches it off."""
    of_all = subject.get(target_groups.TARGET_GROUP_ATTRIBUTES)
    asked = {_PROXY_PROTOCOL: "false", **(of_all or {})}
    of_port = subject.annotated.family(target_groups.PORT_ATTRIBUTES).get(str(port), {})
    asked.update({k: v for k, v in of_port.items() if v})
    listed = subject.get(target_groups.PROXY_PROTOCOL_PORTS)
    if listed is not None:
        asked[_PROXY_PROTOCOL] = _text(port in listed)
    if subject.get(target_groups.PROXY_PROTOCOL):
        asked[_PROXY_PROTOCOL] = "true"
    if not asked[_PROXY_PROTOCOL]:
        del asked[_PROXY_PROTOCOL]
    return dict(sorted(asked.items()))


def keeps_client_address(attributes: Mapping[str, str], target_type: str) -> bool:
    """Whether targets see the client's address, as far as rules of security groups care."""
    asked = attributes.get(PRESERVE_CLIENT_IP)
    return is_true(asked) if asked else target_type == "instance"


def _text(flag: bool) -> str:
    return str(flag).lower()
