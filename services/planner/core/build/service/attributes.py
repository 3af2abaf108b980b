"""Attributes that a Service asks for (service behaviour, sections 10 and 13)."""

from collections.abc import Mapping

from services.planner.core.annotations import service_nlb as catalogue
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.shapes import PRESERVE_CLIENT_IP, target_group_attribute_map
from services.planner.core.annotations.values import BadValueError, is_true
from services.planner.core.build.service.subject import Subject

_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_PROXY_PROTOCOL = "proxy_protocol_v2.enabled"


def load_balancer_attributes(subject: Subject) -> Mapping[str, str]:
    """Attributes of the load balancer, sorted; the annotations of single attributes win."""
    given = subject.get(catalogue.ATTRIBUTES)
    asked = {**given} if given else {}
    if subject.get(catalogue.ACCESS_LOG_ENABLED):
        asked["access_logs.s3.enabled"] = "true"
        for key, annotation in (
            ("access_logs.s3.bucket", catalogue.ACCESS_LOG_BUCKET),
            ("access_logs.s3.prefix", catalogue.ACCESS_LOG_PREFIX),
        ):
            value = subject.get(annotation)
            if value is not None:
                asked[key] = value
    cross_zone = subject.get(catalogue.CROSS_ZONE)
    if cross_zone is not None:
        asked[_CROSS_ZONE] = _text(cross_zone)
    return dict(sorted(asked.items()))


def target_group_attributes(subject: Subject, port: int) -> Mapping[str, str]:
    """Attributes of the target group of that port of the Service, sorted. Whether proxy protocol is spoken is always
    among them, so that taking the annotation away switches it off."""
    of_all = subject.get(catalogue.TARGET_GROUP_ATTRIBUTES)
    asked = {_PROXY_PROTOCOL: "false", **(of_all or {})}
    asked.update({k: v for k, v in _of_port(subject, port).items() if v})
    listed = subject.get(catalogue.PROXY_PROTOCOL_PORTS)
    if listed is not None:
        asked[_PROXY_PROTOCOL] = _text(port in listed)
    if subject.get(catalogue.PROXY_PROTOCOL):
        asked[_PROXY_PROTOCOL] = "true"
    if not asked[_PROXY_PROTOCOL]:
        del asked[_PROXY_PROTOCOL]
    return dict(sorted(asked.items()))


def keeps_client_address(attributes: Mapping[str, str], target_type: str) -> bool:
    """Whether targets see the client's address, as far as rules of security groups care."""
    asked = attributes.get(PRESERVE_CLIENT_IP)
    return is_true(asked) if asked else target_type == "instance"


def _of_port(subject: Subject, port: int) -> Mapping[str, str]:
    of_family: Annotation[Mapping[str, str]] = catalogue.PORT_ATTRIBUTES
    raw = subject.annotated.values.get(f"{of_family.key}{port}")
    try:
        return target_group_attribute_map(raw) if raw is not None else {}
    except BadValueError:
        return {}


def _text(flag: bool) -> str:
    return str(flag).lower()
