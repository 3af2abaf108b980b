"""Values of the annotations that say who a user must be (ingress behaviour, section 14).

Bounds are those of the ELBv2 API (types AuthenticateOidcActionConfig, AuthenticateCognitoActionConfig,
JwtValidationActionConfig). Read by the catalogue.
"""

import re
from dataclasses import dataclass

from services.planner.core.annotations.json_fields import JsonFields
from services.planner.core.annotations.values import json_value
from services.planner.core.parse.descriptions import canonical

MAX_SESSION_SECONDS = 604_800
_MAX_EXTRA_PARAMETERS = 10
_MAX_CLAIMS = 10
_MAX_LENGTH = 256
_OWN_CLAIMS = ("exp", "iss", "nbf", "iat")
_POOL_ARN = re.compile(r"arn:[^:]*:cognito-idp:[^:]*:[^:]*:userpool/.+")
_SECURE_ADDRESS = re.compile(r"https://[^/\s]\S*", re.IGNORECASE)
_FORMATS = ("single-string", "string-array", "space-separated-values")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cognito:
    """A Cognito user pool as identity provider."""

    pool_arn: str
    client_id: str
    domain: str
    extra: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """An OpenID Connect identity provider; `secret_name`: the Secret with the client's id and secret."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    secret_name: str
    extra: Pairs = ()


def cognito(text: str) -> Cognito:
    """The user pool that the JSON describes."""
    fields = JsonFields(json_value(text))
    pool = fields.needed_text("userPoolARN")
    if not _POOL_ARN.fullmatch(pool):
        fields.refuse("userPoolARN", "must be the ARN of a Cognito user pool")
    return Cognito(
        pool_arn=pool,
        client_id=fields.needed_text("userPoolClientID"),
        domain=fields.needed_text("userPoolDomain"),
        extra=_extra(fields),
    )


def oidc(text: str) -> Oidc:
    """The identity provider that the JSON describes."""
    fields = JsonFields(json_value(text))
    return Oidc(
        issuer=_secure_address(fields, "issuer"),
        authorization_endpoint=_secure_address(fields, "authorizationEndpoint"),
        token_endpoint=_secure_address(fields, "tokenEndpoint"),
        user_info_endpoint=_secure_address(fields, "userInfoEndpoint"),
        secret_name=fields.needed_text("secretName"),
        extra=_extra(fields),
    )


def _secure_address(fields: JsonFields, name: str) -> str:
    address = fields.needed_text(name)
    if not _SECURE_ADDRESS.fullmatch(address):
        fields.refuse(name, "must be a full URL that starts with https://")
    return address


def _extra(fields: JsonFields) -> Pairs:
    pairs = fields.text_map("authenticationRequestExtraParams")
    if len(pairs) > _MAX_EXTRA_PARAMETERS:
        fields.refuse("authenticationRequestExtraParams", f"must have up to {_MAX_EXTRA_PARAMETERS} entries")
    return tuple(pairs.items())


def jwt_validation(text: str) -> str:
    """The configuration of a jwt-validation action as ELBv2 takes it, as JSON."""
    fields = JsonFields(json_value(text))
    claims = [_claim(claim) for claim in fields.children("additionalClaims")]
    if len(claims) > _MAX_CLAIMS:
        fields.refuse("additionalClaims", f"must have up to {_MAX_CLAIMS} entries")
    _secure_address(fields, "jwksEndpoint")
    config: dict[str, object] = {"JwksEndpoint": _short(fields, "jwksEndpoint"), "Issuer": _short(fields, "issuer")}
    return canonical({**config, "AdditionalClaims": claims} if claims else config)


def _claim(fields: JsonFields) -> dict[str, object]:
    name = fields.needed_text("name")
    if name in _OWN_CLAIMS:
        fields.refuse("name", f"must be none of {', '.join(_OWN_CLAIMS)}, which are always validated")
    values = fields.texts("values")
    if not 1 <= len(values) <= _MAX_CLAIMS:
        fields.refuse("values", f"must have 1 to {_MAX_CLAIMS} entries")
    for i, value in enumerate(values):
        if len(value) > _MAX_LENGTH:
            fields.refuse(f"values[{i}]", f"must have up to {_MAX_LENGTH} characters")
    return {"Format": fields.needed_choice("format", *_FORMATS), "Name": name, "Values": list(values)}


def _short(fields: JsonFields, name: str) -> str:
    text = fields.needed_text(name)
    if len(text) > _MAX_LENGTH:
        fields.refuse(name, f"must have up to {_MAX_LENGTH} characters")
    return text
