"""The snapshot of the AWS endpoint, JSON in the shapes of Describe answers, as values.

What is missing gets AWS's default. A load balancer or target group that cannot be understood stays as it was: doing
something else than AWS would is worse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from sandbox.traffic.configuration import (
    Action,
    Authenticate,
    Certificate,
    ClaimRule,
    Condition,
    Configuration,
    Field,
    FixedResponse,
    Forward,
    Health,
    Kind,
    Listener,
    LoadBalancer,
    MutualTls,
    Redirect,
    Rule,
    Target,
    TargetGroup,
    Transform,
    Unauthenticated,
    ValidateToken,
    WeightedGroup,
    Zone,
)

_CONFIG_OF = {
    Field.HOST: "HostHeaderConfig",
    Field.PATH: "PathPatternConfig",
    Field.HEADER: "HttpHeaderConfig",
    Field.METHOD: "HttpRequestMethodConfig",
    Field.QUERY: "QueryStringConfig",
    Field.SOURCE: "SourceIpConfig",
}
_T = TypeVar("_T")
_LAST = 1 << 20
"""After every priority that AWS allows."""


def configuration(data: Mapping[str, Any]) -> tuple[Configuration, list[str]]:
    """One snapshot by itself, and what of it cannot be understood."""
    return Decoder().decode(data)


class Decoder:
    """Decodes one snapshot after another: what did not change since the last one is the same value."""

    def __init__(self) -> None:
        self._balancers = _Shelf(_load_balancer)
        self._groups = _Shelf(_target_group)

    def decode(self, data: Mapping[str, Any]) -> tuple[Configuration, list[str]]:
        """The whole snapshot, and what of it cannot be understood: that stays as it was."""
        balancers, problems = self._balancers.decode({item["arn"]: item for item in data["loadBalancers"]})
        groups, further = self._groups.decode(data["targetGroups"])
        made = Configuration(
            version=int(data["version"]), load_balancers=tuple(balancers.values()), target_groups=groups
        )
        return made, [*problems, *further]


class _Shelf(Generic[_T]):
    """Values of one kind by ARN, with what they were decoded from."""

    def __init__(self, decode: Callable[[str, Mapping[str, Any]], _T]) -> None:
        self._decode = decode
        self._known: dict[str, tuple[Mapping[str, Any], _T]] = {}

    def decode(self, items: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, _T], list[str]]:
        problems: list[str] = []
        known: dict[str, tuple[Mapping[str, Any], _T]] = {}
        for arn, item in items.items():
            old = self._known.get(arn)
            if old is not None and old[0] == item:
                known[arn] = old
                continue
            try:
                known[arn] = item, self._decode(arn, item)
            except (KeyError, ValueError, TypeError) as error:
                problems.append(f"{arn}: {type(error).__name__}: {error}")
                if old is not None:
                    known[arn] = old
        self._known = known
        return {arn: value for arn, (_, value) in known.items()}, problems


def _load_balancer(arn: str, data: Mapping[str, Any]) -> LoadBalancer:
    return LoadBalancer(
        arn=arn,
        name=data["name"],
        dns_name=data["dnsName"],
        kind=Kind(data["type"]),
        state=data["state"],
        zones=tuple(
            Zone(name=zone["name"], subnet=zone.get("subnet", ""), addresses=tuple(zone.get("addresses") or ()))
            for zone in data["zones"]
        ),
        attributes=dict(data.get("attributes") or {}),
        listeners=tuple(_listener(item) for item in data["listeners"]),
    )


def _listener(data: Mapping[str, Any]) -> Listener:
    return Listener(
        arn=data["arn"],
        port=int(data["port"]),
        protocol=data["protocol"],
        rules=tuple(sorted((_rule(item) for item in data["rules"]), key=_place)),
        ssl_policy=data.get("sslPolicy") or "",
        alpn_policy=next(iter(data.get("alpnPolicy") or ()), "None"),
        attributes=dict(data.get("attributes") or {}),
        certificates=tuple(
            Certificate(arn=item["arn"], default=bool(item.get("default")), chain=item["certificate"], key=item["key"])
            for item in data.get("certificates") or ()
        ),
        mutual_tls=_mutual_tls(data.get("mutualAuthentication") or {}),
    )


def _mutual_tls(data: Mapping[str, Any]) -> MutualTls:
    given = {key.lower(): value for key, value in data.items()}
    return MutualTls(
        mode=given.get("mode") or "off",
        authorities=given.get("certificateauthorities") or "",
        ignore_expiry=bool(given.get("ignoreclientcertificateexpiry")),
    )


def _place(rule: Rule) -> int:
    return _LAST if rule.priority is None else rule.priority


def _rule(data: Mapping[str, Any]) -> Rule:
    actions = sorted(enumerate(data["actions"]), key=lambda pair: (pair[1].get("Order") or pair[0] + 1, pair[0]))
    return Rule(
        arn=data["arn"],
        priority=None if data["priority"] == "default" else int(data["priority"]),
        conditions=tuple(_condition(item) for item in data.get("conditions") or ()),
        actions=tuple(_action(item) for _, item in actions),
        transforms=tuple(_transforms(data.get("transforms") or ())),
    )


def _condition(data: Mapping[str, Any]) -> Condition:
    field = Field(data["Field"])
    config = data.get(_CONFIG_OF[field]) or {}
    if field is Field.QUERY:
        pairs = tuple((pair.get("Key") or None, pair["Value"]) for pair in config["Values"])
        return Condition(field=field, pairs=pairs)
    flags = re.IGNORECASE if field in (Field.HOST, Field.HEADER) else re.NOFLAG
    return Condition(
        field=field,
        values=tuple(config.get("Values") or data.get("Values") or ()),
        patterns=tuple(_pattern(text, flags) for text in config.get("RegexValues") or data.get("RegexValues") or ()),
        header=config.get("HttpHeaderName") or "",
    )


def _pattern(text: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    try:
        return re.compile(text, flags)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error


def _action(data: Mapping[str, Any]) -> Action:
    match data["Type"]:
        case "forward":
            return _forward(data)
        case "redirect":
            return _redirect(data["RedirectConfig"])
        case "fixed-response":
            fixed = data["FixedResponseConfig"]
            return FixedResponse(
                status=int(fixed["StatusCode"]),
                content_type=fixed.get("ContentType") or "text/plain",
                body=fixed.get("MessageBody") or "",
            )
        case "authenticate-oidc":
            config = data["AuthenticateOidcConfig"]
            return _authenticate(config, config["AuthorizationEndpoint"], config["ClientId"])
        case "authenticate-cognito":
            config = data["AuthenticateCognitoConfig"]
            return _authenticate(config, _cognito(config), config["UserPoolClientId"])
        case "jwt-validation":
            return _validate_token(data["JwtValidationConfig"])
        case unknown:
            raise ValueError(f"there is no action of type {unknown!r}")


def _forward(data: Mapping[str, Any]) -> Forward:
    config = data.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or [{"TargetGroupArn": data["TargetGroupArn"]}]
    sticky = config.get("TargetGroupStickinessConfig") or {}
    return Forward(
        groups=tuple(
            WeightedGroup(arn=item["TargetGroupArn"], weight=1 if item.get("Weight") is None else int(item["Weight"]))
            for item in groups
        ),
        sticky_seconds=float(sticky.get("DurationSeconds") or 3600) if sticky.get("Enabled") else None,
    )


def _redirect(config: Mapping[str, Any]) -> Redirect:
    given = {key.lower(): config[key] for key in ("Protocol", "Host", "Port", "Path", "Query") if config.get(key)}
    return Redirect(status=int(config["StatusCode"].removeprefix("HTTP_")), **given)


def _cognito(config: Mapping[str, Any]) -> str:
    domain = config["UserPoolDomain"]
    if "." not in domain:
        region = config["UserPoolArn"].split(":")[3]
        domain = f"{domain}.auth.{region}.amazoncognito.com"
    return f"https://{domain}/oauth2/authorize"


def _authenticate(config: Mapping[str, Any], endpoint: str, client: str) -> Authenticate:
    return Authenticate(
        authorization_endpoint=endpoint,
        client_id=client,
        scope=config.get("Scope") or "openid",
        on_unauthenticated=Unauthenticated(config.get("OnUnauthenticatedRequest") or "authenticate"),
        extra=dict(config.get("AuthenticationRequestExtraParams") or {}),
    )


def _validate_token(config: Mapping[str, Any]) -> ValidateToken:
    return ValidateToken(
        jwks_endpoint=config["JwksEndpoint"],
        issuer=config["Issuer"],
        claims=tuple(
            ClaimRule(name=item["Name"], format=item["Format"], values=tuple(item["Values"]))
            for item in config.get("AdditionalClaims") or ()
        ),
    )


def _transforms(data: Iterable[Mapping[str, Any]]) -> Iterable[Transform]:
    for item in data:
        of_host = item["Type"] == "host-header-rewrite"
        config = item["HostHeaderRewriteConfig" if of_host else "UrlRewriteConfig"]
        for rewrite in config["Rewrites"]:
            flags = re.IGNORECASE if of_host else re.NOFLAG
            yield Transform(of_host=of_host, pattern=_pattern(rewrite["Regex"], flags), replacement=rewrite["Replace"])


def _target_group(arn: str, data: Mapping[str, Any]) -> TargetGroup:
    return TargetGroup(
        arn=arn,
        name=data["name"],
        protocol=data.get("protocol") or "",
        protocol_version=data.get("protocolVersion") or "",
        port=int(data.get("port") or 0),
        target_type=data["targetType"],
        attributes=dict(data.get("attributes") or {}),
        targets=tuple(_target(item) for item in data.get("targets") or ()),
    )


def _target(data: Mapping[str, Any]) -> Target:
    return Target(
        id=data["id"],
        port=int(data.get("port") or 0),
        zone=data.get("zone") or "all",
        address=data.get("address") or data["id"],
        health=Health(data["health"]),
        receives=bool(data["receives"]),
        healthy_since=data.get("healthySince"),
        drains_until=data.get("drainsUntil"),
    )
