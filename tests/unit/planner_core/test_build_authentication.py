"""What requests must pass before their action: whose annotations count, where, and what is waited for (ingress
behaviour, section 14)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Authentication, ClientSecret
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.inputs import StackInput
from services.planner.core.objects import IngressBackend
from services.planner.core.problems import Problem, Reason
from services.planner.core.secrets import SecretState
from tests.unit.planner_core.build_inputs import CLUSTER, PREFIX, built, ingress, path, service, stack_input
from tests.unit.planner_core.checked import INGRESS
from tests.unit.planner_core.test_annotations_authentication import POOL, PROVIDER, TOKEN

HTTPS = {"listen-ports": '[{"HTTPS": 443}]', "certificate-arn": "arn:aws:acm:us-west-2:123456789012:certificate/1"}
COGNITO = {"auth-type": "cognito", "auth-idp-cognito": json.dumps(POOL)}
OIDC = {"auth-type": "oidc", "auth-idp-oidc": json.dumps(PROVIDER)}
JWT = {"jwt-validation": json.dumps(TOKEN)}
OTHER = {"auth-type": "cognito", "auth-idp-cognito": json.dumps({**POOL, "userPoolClientID": "other"})}
SECRET = SecretState(namespace="shop", name="client", present=True, client_id="id", digests={"clientSecret": "d1"})
SESSION = {
    "OnUnauthenticatedRequest": "authenticate",
    "Scope": "openid",
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "SessionTimeout": 604_800,
}


def asking(
    annotations: Mapping[str, str], on_service: Mapping[str, str] | None = None, *, action: str = "", **fields: Any
) -> StackInput:
    """An Ingress on HTTPS in front of the Service `app`, or with an action, and what each of them says."""
    paths = (path(name="act", port="use-annotation"),) if action else (path(),)
    own = {f"{PREFIX}{k}": v for k, v in (on_service or {}).items()}
    acting = {"actions.act": action} if action else {}
    services = {("shop", name): service(name, annotations=own) for name in ("app", "more")}
    fields = {"services": services, "secrets": {("shop", "client"): SECRET}, **fields}
    return stack_input(ingress({**HTTPS, **annotations, **acting}, paths=paths), **fields)


def first_actions(inp: StackInput) -> list[tuple[str, Any]]:
    """Type and configuration of what stands before the last action of the only rule."""
    (listener,) = built(inp).listeners
    (rule,) = listener.rules
    return [(a.type, json.loads(a.config)) for a in rule.actions[:-1] if isinstance(a, Authentication)]


POOL_SENT = {
    "UserPoolArn": POOL["userPoolARN"],
    "UserPoolClientId": "client",
    "UserPoolDomain": "shop",
    **SESSION,
}
FORWARD_ONE = '{"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "app", "servicePort": 80}]}}'
FORWARD_TWO = (
    '{"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "app", "servicePort": 80, "weight": 1},'
    ' {"serviceName": "more", "servicePort": 80, "weight": 1}]}}'
)
RESPONSE = '{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200"}}'


@pytest.mark.parametrize(
    ("inp", "expected"),
    [
        pytest.param(asking({}), [], id="nothing is asked for"),
        pytest.param(asking({"auth-type": "none", **dict(list(COGNITO.items())[1:])}), [], id="type none"),
        pytest.param(asking(COGNITO), [("authenticate-cognito", POOL_SENT)], id="a user pool with what is usual"),
        pytest.param(
            asking(
                {
                    **COGNITO,
                    "auth-idp-cognito": json.dumps({**POOL, "authenticationRequestExtraParams": {"prompt": "login"}}),
                    "auth-on-unauthenticated-request": "deny",
                    "auth-scope": "openid email",
                    "auth-session-cookie": "shop",
                    "auth-session-timeout": "60",
                }
            ),
            [
                (
                    "authenticate-cognito",
                    {
                        **POOL_SENT,
                        "OnUnauthenticatedRequest": "deny",
                        "Scope": "openid email",
                        "SessionCookieName": "shop",
                        "SessionTimeout": 60,
                        "AuthenticationRequestExtraParams": {"prompt": "login"},
                    },
                )
            ],
            id="a user pool with everything said",
        ),
        pytest.param(
            asking(OTHER, COGNITO), [("authenticate-cognito", POOL_SENT)], id="the Service counts before the Ingress"
        ),
        pytest.param(asking(COGNITO, {"auth-type": "none"}), [], id="a Service that wants none"),
        pytest.param(
            asking(COGNITO, {"auth-scope": "email"}),
            [("authenticate-cognito", {**POOL_SENT, "Scope": "email"})],
            id="each annotation by itself",
        ),
        pytest.param(
            asking(OTHER, COGNITO, action=FORWARD_ONE),
            [("authenticate-cognito", POOL_SENT)],
            id="the Service of a forward by annotation",
        ),
        pytest.param(
            asking(COGNITO, OTHER, action=FORWARD_TWO),
            [("authenticate-cognito", POOL_SENT)],
            id="of a forward to two Services neither counts",
        ),
        pytest.param(
            asking(COGNITO, OTHER, action=RESPONSE),
            [("authenticate-cognito", POOL_SENT)],
            id="a response has no Service that counts",
        ),
        pytest.param(
            asking(JWT),
            [("jwt-validation", {"JwksEndpoint": TOKEN["jwksEndpoint"], "Issuer": TOKEN["issuer"]})],
            id="a token",
        ),
        pytest.param(
            asking({**JWT, **COGNITO}, {"auth-type": "none"}),
            [("jwt-validation", {"JwksEndpoint": TOKEN["jwksEndpoint"], "Issuer": TOKEN["issuer"]})],
            id="a token where the Service wants no provider",
        ),
    ],
)
def test_what_a_request_must_pass(inp: StackInput, expected: list[tuple[str, Any]]) -> None:
    assert first_actions(inp) == expected


def test_a_provider_has_its_client_from_the_secret_and_the_plan_only_its_digest() -> None:
    (listener,) = built(asking(OIDC)).listeners

    action = listener.rules[0].actions[0]

    assert isinstance(action, Authentication)
    assert action.secret == ClientSecret(reference="shop/client#clientSecret", digest="d1")
    assert json.loads(action.config) == {
        "Issuer": PROVIDER["issuer"],
        "AuthorizationEndpoint": PROVIDER["authorizationEndpoint"],
        "TokenEndpoint": PROVIDER["tokenEndpoint"],
        "UserInfoEndpoint": PROVIDER["userInfoEndpoint"],
        "ClientId": "id",
        **SESSION,
    }


def test_a_default_backend_asks_for_the_same_and_plain_listeners_ask_for_nothing() -> None:
    both = {**COGNITO, "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', "certificate-arn": HTTPS["certificate-arn"]}
    subject = replace(ingress(both), default_backend=IngressBackend(service_name="app", port=80))

    plain, secure = built(stack_input(subject)).listeners

    types = [
        [a.type for a in x if isinstance(a, Authentication)] for x in (plain.default_actions, plain.rules[0].actions)
    ]
    assert types == [[], []]
    types = [
        [a.type for a in x if isinstance(a, Authentication)] for x in (secure.default_actions, secure.rules[0].actions)
    ]
    assert types == [["authenticate-cognito"], ["authenticate-cognito"]]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        pytest.param({"secrets": {}}, "Secret shop/client to be read", id="a Secret that was not read yet"),
        pytest.param(
            {"secrets": {("shop", "client"): replace(SECRET, present=False)}},
            "Secret shop/client, which does not exist",
            id="a Secret that is not there",
        ),
        pytest.param(
            {"secrets": {("shop", "client"): replace(SECRET, refusal="forbidden")}},
            "leave to read Secret shop/client (forbidden)",
            id="a Secret that may not be read",
        ),
        pytest.param(
            {"secrets": {("shop", "client"): replace(SECRET, client_id="")}},
            "Secret shop/client to have the key clientID",
            id="a Secret without a client",
        ),
        pytest.param(
            {"secrets": {("shop", "client"): replace(SECRET, digests={})}},
            "Secret shop/client to have the key clientSecret",
            id="a Secret without a secret",
        ),
        pytest.param(
            {"cluster": replace(CLUSTER, required_secrets_label=("use", "oidc"))},
            "Secret shop/client to carry the label use=oidc",
            id="a Secret without the label that is required",
        ),
    ],
)
def test_rules_wait_for_what_their_provider_needs_and_the_rest_is_made(fields: Mapping[str, Any], what: str) -> None:
    outcome = build_stack(asking(OIDC, **fields))

    assert isinstance(outcome, Built)
    assert outcome.waits_for == (what,)
    (listener,) = outcome.desired.listeners
    assert [(r.actions, r.waits_for) for r in listener.rules] == [((), what)]
    assert outcome.warnings == (
        Problem(
            where=INGRESS,
            reason=Reason.WAITING,
            message=f"rules that need it are not made yet: waiting for {what}",
            field=f"{PREFIX}auth-idp-oidc",
        ),
    )


@pytest.mark.parametrize(
    ("inp", "message", "field"),
    [
        pytest.param(
            asking({"auth-type": "oidc"}), "auth-type needs this annotation", "auth-idp-oidc", id="no provider"
        ),
        pytest.param(
            asking({}, {"auth-type": "cognito"}), "auth-type needs this annotation", "auth-idp-cognito", id="no pool"
        ),
        pytest.param(
            asking({**JWT, **COGNITO}),
            "jwt-validation and auth-type cognito are for the same requests: only one of them can be",
            "jwt-validation",
            id="a token and a user pool",
        ),
        pytest.param(
            asking(JWT, OIDC),
            "jwt-validation and auth-type oidc are for the same requests: only one of them can be",
            "jwt-validation",
            id="a token and the provider of a Service",
        ),
    ],
)
def test_what_cannot_be_asked_for(inp: StackInput, message: str, field: str) -> None:
    outcome = build_stack(inp)

    assert isinstance(outcome, Broken)
    assert [(p.where, p.reason, p.message, p.field) for p in outcome.problems] == [
        (INGRESS, Reason.INVALID_ANNOTATION, message, f"{PREFIX}{field}")
    ]


def test_tokens_are_asked_for_on_an_ingress_only() -> None:
    outcome = build_stack(asking({}, JWT))

    assert isinstance(outcome, Built)
    assert [(str(w.where), w.reason, w.message, w.field) for w in outcome.warnings] == [
        (
            "Service/shop/app",
            Reason.UNKNOWN_ANNOTATION,
            "read on an Ingress, not on a Service",
            f"{PREFIX}jwt-validation",
        )
    ]
    assert first_actions(asking({}, JWT)) == []
