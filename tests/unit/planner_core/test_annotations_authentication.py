"""`auth-*` and `jwt-validation`: what is read, and what is refused, with its place (ingress behaviour, section 14)."""

import json
from collections.abc import Mapping

import pytest

from services.planner.core.annotations.authentication import Cognito, Oidc, cognito, jwt_validation, oidc
from tests.unit.planner_core.checked import checked, refusal

POOL = {
    "userPoolARN": "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_abc",
    "userPoolClientID": "client",
    "userPoolDomain": "shop",
}
PROVIDER = {
    "issuer": "https://id.example.com",
    "authorizationEndpoint": "https://id.example.com/authorize",
    "tokenEndpoint": "https://id.example.com/token",
    "userInfoEndpoint": "https://id.example.com/user",
    "secretName": "client",
}
TOKEN = {"jwksEndpoint": "https://id.example.com/jwks", "issuer": "https://id.example.com"}
CLAIM = {"format": "single-string", "name": "aud", "values": ["shop"]}


def without(fields: Mapping[str, object], name: str, **rest: object) -> str:
    return json.dumps({**{k: v for k, v in fields.items() if k != name}, **rest})


def with_claims(*claims: object) -> str:
    return json.dumps({**TOKEN, "additionalClaims": claims})


TEN = {f"p{i}": "x" for i in range(10)}


def test_a_user_pool_that_is_taken() -> None:
    text = json.dumps({**POOL, "authenticationRequestExtraParams": {"prompt": "login", "display": "page"}})

    assert checked("auth-idp-cognito", text) == ()
    assert cognito(text) == Cognito(
        pool_arn=POOL["userPoolARN"],
        client_id="client",
        domain="shop",
        extra=(("display", "page"), ("prompt", "login")),
    )


def test_a_provider_that_is_taken() -> None:
    text = json.dumps({**PROVIDER, "authenticationRequestExtraParams": TEN})

    assert checked("auth-idp-oidc", text) == ()
    assert oidc(text) == Oidc(
        issuer="https://id.example.com",
        authorization_endpoint="https://id.example.com/authorize",
        token_endpoint="https://id.example.com/token",
        user_info_endpoint="https://id.example.com/user",
        secret_name="client",
        extra=tuple(TEN.items()),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            json.dumps(TOKEN),
            {"JwksEndpoint": "https://id.example.com/jwks", "Issuer": "https://id.example.com"},
            id="an issuer and its keys",
        ),
        pytest.param(
            with_claims(CLAIM, {"format": "string-array", "name": "roles", "values": ["a", "b"]}),
            {
                "JwksEndpoint": "https://id.example.com/jwks",
                "Issuer": "https://id.example.com",
                "AdditionalClaims": [
                    {"Format": "single-string", "Name": "aud", "Values": ["shop"]},
                    {"Format": "string-array", "Name": "roles", "Values": ["a", "b"]},
                ],
            },
            id="further claims",
        ),
    ],
)
def test_tokens_that_are_taken(text: str, expected: object) -> None:
    assert checked("jwt-validation", text) == ()
    assert json.loads(jwt_validation(text)) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("auth-type", "none", id="no provider"),
        pytest.param("auth-type", "cognito", id="a user pool"),
        pytest.param("auth-type", "oidc", id="another provider"),
        pytest.param("auth-on-unauthenticated-request", "allow", id="who is not known may go on"),
        pytest.param("auth-on-unauthenticated-request", "deny", id="who is not known may not"),
        pytest.param("auth-on-unauthenticated-request", "authenticate", id="who is not known is asked"),
        pytest.param("auth-scope", "openid email", id="claims"),
        pytest.param("auth-session-cookie", "shop", id="a cookie"),
        pytest.param("auth-session-timeout", "1", id="the shortest session"),
        pytest.param("auth-session-timeout", "604800", id="the longest session"),
    ],
)
def test_a_word_that_is_taken(name: str, text: str) -> None:
    assert checked(name, text) == ()


SECURE = "must be a full URL that starts with https://"
CLAIMS = "additionalClaims"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        pytest.param("auth-type", "ldap", "accepted are none, cognito, oidc", id="a type that is not known"),
        pytest.param(
            "auth-on-unauthenticated-request",
            "ask",
            "accepted are authenticate, allow, deny",
            id="a treatment that is not known",
        ),
        pytest.param(
            "auth-session-timeout", "0", "accepted are whole numbers from 1 to 604800", id="a session of no time"
        ),
        pytest.param(
            "auth-session-timeout", "604801", "accepted are whole numbers from 1 to 604800", id="a session too long"
        ),
        # Cognito
        pytest.param("auth-idp-cognito", "x", "accepted is valid JSON", id="a pool that is no JSON"),
        pytest.param("auth-idp-cognito", "[]", "the value must be a JSON object", id="a pool that is a list"),
        pytest.param("auth-idp-cognito", without(POOL, "userPoolARN"), "userPoolARN is needed", id="no pool"),
        pytest.param(
            "auth-idp-cognito",
            without(POOL, "", userPoolARN="us-west-2_abc"),
            "userPoolARN must be the ARN of a Cognito user pool",
            id="a pool by its id",
        ),
        pytest.param(
            "auth-idp-cognito", without(POOL, "userPoolClientID"), "userPoolClientID is needed", id="no client"
        ),
        pytest.param("auth-idp-cognito", without(POOL, "userPoolDomain"), "userPoolDomain is needed", id="no domain"),
        pytest.param(
            "auth-idp-cognito",
            without(POOL, "", authenticationRequestExtraParams={**TEN, "more": "x"}),
            "authenticationRequestExtraParams must have up to 10 entries",
            id="a pool with eleven parameters",
        ),
        pytest.param(
            "auth-idp-cognito",
            without(POOL, "", authenticationRequestExtraParams={"prompt": 1}),
            "authenticationRequestExtraParams.prompt must be a text",
            id="a parameter that is a number",
        ),
        # OIDC
        pytest.param("auth-idp-oidc", "x", "accepted is valid JSON", id="a provider that is no JSON"),
        *(
            pytest.param("auth-idp-oidc", without(PROVIDER, name), f"{name} is needed", id=f"a provider without {name}")
            for name in PROVIDER
        ),
        *(
            pytest.param(
                "auth-idp-oidc",
                without(PROVIDER, "", **{name: "http://id.example.com/x"}),
                f"{name} {SECURE}",
                id=f"{name} in clear",
            )
            for name in PROVIDER
            if name != "secretName"
        ),
        pytest.param(
            "auth-idp-oidc", without(PROVIDER, "", issuer="id.example.com"), f"issuer {SECURE}", id="a bare host"
        ),
        pytest.param(
            "auth-idp-oidc", without(PROVIDER, "", secretName=["client"]), "secretName must be a text", id="Secrets"
        ),
        pytest.param(
            "auth-idp-oidc",
            without(PROVIDER, "", authenticationRequestExtraParams=["prompt"]),
            "authenticationRequestExtraParams must be a JSON object",
            id="parameters as a list",
        ),
        # Tokens
        pytest.param("jwt-validation", "x", "accepted is valid JSON", id="tokens that are no JSON"),
        pytest.param("jwt-validation", without(TOKEN, "jwksEndpoint"), "jwksEndpoint is needed", id="no keys"),
        pytest.param("jwt-validation", without(TOKEN, "issuer"), "issuer is needed", id="no issuer"),
        pytest.param(
            "jwt-validation",
            without(TOKEN, "", jwksEndpoint="http://id.example.com/jwks"),
            f"jwksEndpoint {SECURE}",
            id="keys in clear",
        ),
        pytest.param(
            "jwt-validation",
            without(TOKEN, "", jwksEndpoint=f"https://id.example.com/{'x' * 256}"),
            "jwksEndpoint must have up to 256 characters",
            id="an address of keys that is too long",
        ),
        pytest.param(
            "jwt-validation",
            without(TOKEN, "", issuer="x" * 257),
            "issuer must have up to 256 characters",
            id="an issuer that is too long",
        ),
        pytest.param("jwt-validation", with_claims("aud"), f"{CLAIMS}[0] must be a JSON object", id="a claim as text"),
        pytest.param(
            "jwt-validation",
            with_claims(*[CLAIM] * 11),
            f"{CLAIMS} must have up to 10 entries",
            id="eleven claims",
        ),
        pytest.param(
            "jwt-validation",
            with_claims(CLAIM, {**CLAIM, "name": ""}),
            f"{CLAIMS}[1].name is needed",
            id="a claim without a name",
        ),
        pytest.param(
            "jwt-validation",
            with_claims({**CLAIM, "name": "exp"}),
            f"{CLAIMS}[0].name must be none of exp, iss, nbf, iat, which are always validated",
            id="a claim that is always validated",
        ),
        pytest.param(
            "jwt-validation",
            with_claims({**CLAIM, "format": None}),
            f"{CLAIMS}[0].format is needed: one of single-string, string-array, space-separated-values",
            id="a claim without a format",
        ),
        pytest.param(
            "jwt-validation",
            with_claims({**CLAIM, "format": "number"}),
            f"{CLAIMS}[0].format must be one of single-string, string-array, space-separated-values",
            id="a format that is not known",
        ),
        pytest.param(
            "jwt-validation",
            with_claims({**CLAIM, "values": []}),
            f"{CLAIMS}[0].values must have 1 to 10 entries",
            id="a claim without values",
        ),
        pytest.param(
            "jwt-validation",
            with_claims({**CLAIM, "values": ["a", "x" * 257]}),
            f"{CLAIMS}[0].values[1] must have up to 256 characters",
            id="a value that is too long",
        ),
    ],
)
def test_what_is_refused_names_the_place_in_the_json(name: str, text: str, why: str) -> None:
    assert checked(name, text) == refusal(name, text, why)
