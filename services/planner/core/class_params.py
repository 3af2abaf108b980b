"""IngressClassParams: their fields are annotations by another name (ingress behaviour, section 5).

Read while the class of an Ingress is resolved. The API server has validated the object; what it let through and cannot
be understood is a problem of the IngressClassParams, and so is a field that is not built yet.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from services.planner.core.annotations import shapes
from services.planner.core.annotations.ingress.load_balancer import IP_ADDRESS_TYPES, SCHEMES
from services.planner.core.annotations.ingress.target_groups import TARGET_TYPES
from services.planner.core.annotations.values import (
    INT32,
    BadValueError,
    choice,
    integer,
    json_object,
    quoted,
    string,
)
from services.planner.core.label_selectors import OPERATORS
from services.planner.core.objects import IngressClassParams, Kind, LabelRequirement, LabelSelector, ObjectRef
from services.planner.core.problems import Problem, Reason

T = TypeVar("T")

# Where the group's name stands.
GROUP_FIELD = "spec.group"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetSelector:
    """Subnets by `ids`, or by `tags`: accepted values by key, all of which must match."""

    ids: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassParams:
    """What the parameters of a class say; None and empty: nothing said. `listener_attributes` by protocol and port
    (`HTTPS-443`). `problems`: what is wrong with them."""

    where: ObjectRef
    namespace_selector: LabelSelector | None = None
    group_name: str | None = None
    scheme: str | None = None
    ip_address_type: str | None = None
    target_type: str | None = None
    load_balancer_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    load_balancer_attributes: Mapping[str, str] = field(default_factory=dict)
    subnets: SubnetSelector | None = None
    certificates: tuple[str, ...] | None = None
    ssl_policy: str | None = None
    ssl_redirect_port: int | None = None
    inbound_cidrs: tuple[str, ...] | None = None
    prefix_lists: tuple[str, ...] | None = None
    listener_attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    web_acl_arn: str | None = None
    web_acl_name: str | None = None
    capacity: int | None = None
    ipam_pool: str | None = None
    problems: tuple[Problem, ...] = ()


def parse_class_params(params: IngressClassParams) -> ClassParams:
    """The parameters as values, with everything that is wrong with them."""
    return _Reader(params).read()


class _Reader:
    """Reads one spec field by field; fields that no one took are those that are not built."""

    def __init__(self, params: IngressClassParams) -> None:
        self._where = ObjectRef(kind=Kind.INGRESS_CLASS_PARAMS, namespace="", name=params.meta.name)
        self._problems: list[Problem] = []
        self._rest: dict[str, Any] = {}
        try:
            self._rest.update(json_object(params.spec))
        except BadValueError as bad:
            self._problem(Reason.INVALID_SPEC, "spec", f"it cannot be read: {bad}")

    def read(self) -> ClassParams:
        selector = self._take("namespaceSelector", _selector)
        group = self._take("group", _group_name)
        scheme = self._take("scheme", _text(choice(*SCHEMES)))
        ip_address_type = self._take("ipAddressType", _text(choice(*IP_ADDRESS_TYPES)))
        target_type = self._take("targetType", _text(choice(*TARGET_TYPES)))
        name = self._take("loadBalancerName", _text(shapes.load_balancer_name))
        tags = self._take("tags", lambda value: shapes.checked_tags(_pairs(value)))
        attributes = self._take("loadBalancerAttributes", lambda value: shapes.checked_attributes(_pairs(value)))
        subnets = self._take("subnets", _subnets)
        certificates = self._take("certificateArn", lambda value: shapes.checked_certificates(_texts(value)))
        ssl_policy = self._take("sslPolicy", _text(shapes.ssl_policy))
        redirect = self._take("sslRedirectPort", _text(integer()))
        cidrs = self._take("inboundCIDRs", lambda value: tuple(shapes.address_range(v) for v in _texts(value)))
        legacy_lists = self._take("PrefixListsIDs", lambda value: shapes.checked_prefix_lists(_texts(value)))
        prefix_lists = self._take("prefixListsIDs", lambda value: shapes.checked_prefix_lists(_texts(value)))
        listeners = self._take("listeners", _listener_attributes)
        web_acl_arn = self._take("wafv2AclArn", _text(string))
        web_acl_name = self._take("wafv2AclName", _text(string))
        capacity = self._take("minimumLoadBalancerCapacity", _capacity)
        ipam_pool = self._take("ipamConfiguration", _ipam_pool)
        self._refuse_rest()
        return ClassParams(
            where=self._where,
            namespace_selector=selector,
            group_name=group,
            scheme=scheme,
            ip_address_type=ip_address_type,
            target_type=target_type,
            load_balancer_name=name,
            tags=tags or {},
            load_balancer_attributes=attributes or {},
            subnets=subnets,
            certificates=certificates,
            ssl_policy=ssl_policy,
            ssl_redirect_port=redirect,
            inbound_cidrs=cidrs,
            prefix_lists=prefix_lists or legacy_lists,
            listener_attributes=listeners or {},
            web_acl_arn=web_acl_arn,
            web_acl_name=web_acl_name,
            capacity=capacity,
            ipam_pool=ipam_pool,
            problems=tuple(self._problems),
        )

    def _take(self, name: str, parse: Callable[[object], T]) -> T | None:
        value = self._rest.pop(name, None)
        # An empty selector selects everything, as none does: it is no different from a field that is not set.
        if value is None or value in ("", [], {}):
            return None
        try:
            return parse(value)
        except BadValueError as bad:
            self._problem(
                Reason.INVALID_SPEC, f"spec.{name}", f"the value {quoted(json.dumps(value))} is not accepted: {bad}"
            )
            return None

    def _refuse_rest(self) -> None:
        for name, value in sorted(self._rest.items()):
            if _asks_for_something(value):
                self._problem(
                    Reason.NOT_SUPPORTED_YET,
                    f"spec.{name}",
                    f"the value {quoted(json.dumps(value))} is not supported yet",
                )

    def _problem(self, reason: Reason, name: str, message: str) -> None:
        self._problems.append(Problem(where=self._where, reason=reason, message=message, field=name))


def _asks_for_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(_asks_for_something(v) for v in value.values())
    return value is not None and value not in ("", [])


def _text(parse: Callable[[str], T]) -> Callable[[object], T]:
    def checked(value: object) -> T:
        if not isinstance(value, str):
            raise BadValueError("accepted is a string")
        return parse(value)

    return checked


def _group_name(value: object) -> str | None:
    name = value.get("name", "") if isinstance(value, dict) else None
    if not isinstance(name, str):
        raise BadValueError("accepted is an object with a name")
    return shapes.group_name(name) if name else None


def _subnets(value: object) -> SubnetSelector:
    given = value if isinstance(value, dict) else {}
    ids, by_tag = given.get("ids") or [], given.get("tags") or {}
    lists = [ids, *by_tag.values()] if isinstance(by_tag, dict) else [None]
    if bool(ids) == bool(by_tag) or not all(isinstance(x, list) and all(isinstance(t, str) for t in x) for x in lists):
        raise BadValueError("accepted are either ids or tags, the latter with a list of values for each key")
    return SubnetSelector(ids=tuple(ids), tags={k: tuple(v) for k, v in sorted(by_tag.items())})


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadValueError("accepted is a list of texts")
    return tuple(value)


def _listener_attributes(value: object) -> dict[str, Mapping[str, str]]:
    refusal = "accepted is a list of listeners with protocol, port and listenerAttributes"
    found = {}
    for entry in value if isinstance(value, list) else [None]:
        if not isinstance(entry, dict) or type(entry.get("port")) is not int:
            raise BadValueError(refusal)
        protocol = choice(*shapes.ListenerProtocol)(str(entry.get("protocol")))
        attributes = shapes.checked_attributes(_pairs(entry.get("listenerAttributes") or []))
        found[f"{protocol}-{entry['port']}"] = attributes
    return found


def _capacity(value: object) -> int:
    units = value.get("capacityUnits") if isinstance(value, dict) else None
    if not isinstance(units, int) or isinstance(units, bool) or not 0 <= units <= INT32[1]:
        raise BadValueError("accepted is an object with capacityUnits, a whole number that is not negative")
    return units


def _ipam_pool(value: object) -> str | None:
    pool = value.get("ipv4IPAMPoolId") if isinstance(value, dict) else None
    if pool is not None and not isinstance(pool, str):
        raise BadValueError("accepted is an object with ipv4IPAMPoolId")
    return pool or None


def _pairs(value: object) -> dict[str, str]:
    if not isinstance(value, list):
        raise BadValueError("accepted is a list of key and value")
    return dict(_pair(entry) for entry in value)


def _pair(entry: object) -> tuple[str, str]:
    if isinstance(entry, dict):
        key, value = entry.get("key"), entry.get("value", "")
        if isinstance(key, str) and isinstance(value, str):
            return key, value
    raise BadValueError("accepted are entries with a key and a value")


def _selector(value: object) -> LabelSelector:
    if not isinstance(value, dict):
        raise BadValueError("accepted is a label selector")
    labels = value.get("matchLabels") or {}
    expressions = value.get("matchExpressions") or []
    if not isinstance(labels, dict) or not isinstance(expressions, list):
        raise BadValueError("accepted are matchLabels and matchExpressions")
    return LabelSelector(
        match_labels={str(k): str(v) for k, v in labels.items()},
        match_expressions=tuple(_requirement(expression) for expression in expressions),
    )


def _requirement(value: object) -> LabelRequirement:
    if not isinstance(value, dict) or value.get("operator") not in OPERATORS or not isinstance(value.get("key"), str):
        raise BadValueError(f"accepted are expressions with a key and one of {', '.join(sorted(OPERATORS))}")
    return LabelRequirement(
        key=value["key"], operator=value["operator"], values=tuple(str(v) for v in value.get("values") or ())
    )
