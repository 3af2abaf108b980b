"""Rules: actions, conditions, transforms, authentication (ingress behaviour, section 4.3)."""

from typing import Any

from services.planner.core.annotations import actions, authentication, conditions, transforms, values
from services.planner.core.annotations.annotation import Annotation, everything

ACTIONS = Annotation(
    name="actions.",
    parse=actions.action,
    supports=everything,
    value="JSON of an action: forward, redirect or fixed-response",
    default="answered with 503 where a backend names an action that does not exist",
    effect="What is done with requests for the backend of that name, whose port is `use-annotation`.",
)
CONDITIONS = Annotation(
    name="conditions.",
    parse=conditions.conditions,
    supports=everything,
    value="JSON list of conditions",
    default="host and path of the rule only",
    effect="Further conditions that the rules of the backend of that name have.",
)
TRANSFORMS = Annotation(
    name="transforms.",
    parse=transforms.transforms,
    supports=everything,
    value="JSON list of url-rewrite and host-header-rewrite, up to one of each",
    default="requests are passed on as they are",
    effect="How the rules of the backend of that name rewrite requests.",
)
USE_REGEX_PATH_MATCH = Annotation(
    name="use-regex-path-match",
    parse=values.boolean,
    supports=everything,
    value="true or false",
    default="false",
    effect="Paths of type ImplementationSpecific are regular expressions, without their first character.",
)
AUTH_TYPE = Annotation(
    name="auth-type",
    parse=values.choice("none", "cognito", "oidc"),
    supports=everything,
    on_service=True,
    value="none, cognito or oidc",
    default="none",
    effect="Users must be known to this kind of identity provider, on HTTPS listeners.",
)
AUTH_IDP_COGNITO = Annotation(
    name="auth-idp-cognito",
    parse=authentication.cognito,
    supports=everything,
    on_service=True,
    value="JSON with userPoolARN, userPoolClientID, userPoolDomain and authenticationRequestExtraParams",
    default="none; needed with auth-type cognito",
    effect="The Cognito user pool that knows the users.",
)
AUTH_IDP_OIDC = Annotation(
    name="auth-idp-oidc",
    parse=authentication.oidc,
    supports=everything,
    on_service=True,
    value="JSON with issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, secretName and"
    " authenticationRequestExtraParams",
    default="none; needed with auth-type oidc",
    effect="The OpenID Connect provider that knows the users; the Secret, in the namespace of the Ingress, has clientID"
    " and clientSecret.",
)
AUTH_ON_UNAUTHENTICATED_REQUEST = Annotation(
    name="auth-on-unauthenticated-request",
    parse=values.choice("authenticate", "allow", "deny"),
    supports=everything,
    on_service=True,
    value="authenticate, allow or deny",
    default="authenticate",
    effect="What happens to requests of users who are not known.",
)
AUTH_SCOPE = Annotation(
    name="auth-scope",
    parse=values.string,
    supports=everything,
    on_service=True,
    value="text",
    default="openid",
    effect="The claims that are asked of the identity provider.",
)
AUTH_SESSION_COOKIE = Annotation(
    name="auth-session-cookie",
    parse=values.string,
    supports=everything,
    on_service=True,
    value="text",
    default="AWSELBAuthSessionCookie",
    effect="Name of the cookie that keeps the session.",
)
AUTH_SESSION_TIMEOUT = Annotation(
    name="auth-session-timeout",
    parse=values.integer(1, authentication.MAX_SESSION_SECONDS),
    supports=everything,
    on_service=True,
    value=f"whole number from 1 to {authentication.MAX_SESSION_SECONDS}, in seconds",
    default="604800",
    effect="How long a session lasts.",
)
JWT_VALIDATION = Annotation(
    name="jwt-validation",
    parse=authentication.jwt_validation,
    supports=everything,
    value="JSON with jwksEndpoint, issuer and additionalClaims",
    default="none",
    effect="Requests must carry a valid JSON Web Token, on HTTPS listeners.",
)

ANNOTATIONS: tuple[Annotation[Any], ...] = (
    ACTIONS,
    CONDITIONS,
    TRANSFORMS,
    USE_REGEX_PATH_MATCH,
    AUTH_TYPE,
    AUTH_IDP_COGNITO,
    AUTH_IDP_OIDC,
    AUTH_ON_UNAUTHENTICATED_REQUEST,
    AUTH_SCOPE,
    AUTH_SESSION_COOKIE,
    AUTH_SESSION_TIMEOUT,
    JWT_VALIDATION,
)
