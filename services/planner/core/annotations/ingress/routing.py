"""Rules: actions, conditions, transforms, authentication (ingress behaviour, section 4.3)."""

from typing import Any

from services.planner.core.annotations import values
from services.planner.core.annotations.annotation import Annotation, nothing, only

ACTIONS = Annotation(name="actions.", parse=values.json_object, supports=nothing)
CONDITIONS = Annotation(name="conditions.", parse=values.json_value, supports=nothing)
TRANSFORMS = Annotation(name="transforms.", parse=values.json_value, supports=nothing)
USE_REGEX_PATH_MATCH = Annotation(name="use-regex-path-match", parse=values.boolean, supports=only(False))
AUTH_TYPE = Annotation(
    name="auth-type", parse=values.choice("none", "cognito", "oidc"), supports=only("none"), on_service=True
)
AUTH_IDP_COGNITO = Annotation(name="auth-idp-cognito", parse=values.json_object, supports=nothing, on_service=True)
AUTH_IDP_OIDC = Annotation(name="auth-idp-oidc", parse=values.json_object, supports=nothing, on_service=True)
AUTH_ON_UNAUTHENTICATED_REQUEST = Annotation(
    name="auth-on-unauthenticated-request", parse=values.string, supports=nothing, on_service=True
)
AUTH_SCOPE = Annotation(name="auth-scope", parse=values.string, supports=nothing, on_service=True)
AUTH_SESSION_COOKIE = Annotation(name="auth-session-cookie", parse=values.string, supports=nothing, on_service=True)
AUTH_SESSION_TIMEOUT = Annotation(
    name="auth-session-timeout", parse=values.integer(*values.INT64), supports=nothing, on_service=True
)
JWT_VALIDATION = Annotation(name="jwt-validation", parse=values.json_object, supports=nothing)

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
