"""What requests must pass before their action (ingress behaviour, section 14)."""

from collections.abc import Mapping

from services.planner.core.annotations.actions import ActionValue, ForwardTo
from services.planner.core.annotations.annotated import Annotated, annotated, first
from services.planner.core.annotations.ingress import routing as catalogue
from services.planner.core.aws import Authentication, ClientSecret
from services.planner.core.build.part import Waiting
from services.planner.core.build.service_backends import find_service
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Kind
from services.planner.core.parse.descriptions import canonical
from services.planner.core.problems import Reason
from services.planner.core.secrets import CLIENT_SECRET, client_of, secret_reference

_DEFAULT_COOKIE = "AWSELBAuthSessionCookie"
_DEFAULT_SESSION_SECONDS = 604_800


def build_authentication(
    inp: StackInput, member: Active, value: ActionValue, findings: Findings
) -> Authentication | Waiting | None:
    """What the annotations ask for; None for nothing. The annotations of a Service count before those of the Ingress
    where the action forwards to that Service alone."""
    objects = _objects(inp, member, value)
    type_ = first(catalogue.AUTH_TYPE, *objects) or "none"
    token = member.annotated.get(catalogue.JWT_VALIDATION)
    if token is not None and type_ != "none":
        findings.problem(
            member.ref,
            Reason.INVALID_ANNOTATION,
            f"jwt-validation and auth-type {type_} are for the same requests: only one of them can be",
            field=catalogue.JWT_VALIDATION.key,
        )
        return None
    match type_:
        case "cognito":
            return _cognito(member, objects, findings)
        case "oidc":
            return _oidc(inp, member, objects, findings)
    return None if token is None else Authentication(type="jwt-validation", config=token)


def _objects(inp: StackInput, member: Active, value: ActionValue) -> tuple[Annotated, ...]:
    alone = value.entries[0].service if isinstance(value, ForwardTo) and len(value.entries) == 1 else ""
    service = find_service(inp, member, alone) if alone else None
    own = () if service is None else (annotated(Kind.SERVICE, service.meta),)
    return (*own, member.annotated)


def _cognito(member: Active, objects: tuple[Annotated, ...], findings: Findings) -> Authentication | None:
    provider = first(catalogue.AUTH_IDP_COGNITO, *objects)
    if provider is None:
        _needs(member, catalogue.AUTH_IDP_COGNITO.key, objects, findings)
        return None
    config = {
        "UserPoolArn": provider.pool_arn,
        "UserPoolClientId": provider.client_id,
        "UserPoolDomain": provider.domain,
        **_session(objects, dict(provider.extra)),
    }
    return Authentication(type="authenticate-cognito", config=canonical(config))


def _oidc(
    inp: StackInput, member: Active, objects: tuple[Annotated, ...], findings: Findings
) -> Authentication | Waiting | None:
    provider = first(catalogue.AUTH_IDP_OIDC, *objects)
    if provider is None:
        _needs(member, catalogue.AUTH_IDP_OIDC.key, objects, findings)
        return None
    name = (member.ref.namespace, provider.secret_name)
    client = client_of(inp.secrets.get(name), name, inp.cluster.required_secrets_label)
    if isinstance(client, str):
        return Waiting(what=client, field=catalogue.AUTH_IDP_OIDC.key)
    config = {
        "Issuer": provider.issuer,
        "AuthorizationEndpoint": provider.authorization_endpoint,
        "TokenEndpoint": provider.token_endpoint,
        "UserInfoEndpoint": provider.user_info_endpoint,
        "ClientId": client.id,
        **_session(objects, dict(provider.extra)),
    }
    secret = ClientSecret(reference=secret_reference(name, CLIENT_SECRET), digest=client.digest)
    return Authentication(type="authenticate-oidc", config=canonical(config), secret=secret)


def _needs(member: Active, key: str, objects: tuple[Annotated, ...], findings: Findings) -> None:
    if not any(key in subject.values for subject in objects):
        findings.problem(member.ref, Reason.INVALID_ANNOTATION, "auth-type needs this annotation", field=key)


def _session(objects: tuple[Annotated, ...], extra: Mapping[str, str]) -> dict[str, object]:
    """What both kinds of identity provider have in common."""
    timeout = first(catalogue.AUTH_SESSION_TIMEOUT, *objects)
    on_unknown = first(catalogue.AUTH_ON_UNAUTHENTICATED_REQUEST, *objects)
    scope, cookie = first(catalogue.AUTH_SCOPE, *objects), first(catalogue.AUTH_SESSION_COOKIE, *objects)
    session: dict[str, object] = {
        "OnUnauthenticatedRequest": on_unknown or "authenticate",
        "Scope": scope or "openid",
        "SessionCookieName": cookie or _DEFAULT_COOKIE,
        "SessionTimeout": _DEFAULT_SESSION_SECONDS if timeout is None else timeout,
    }
    return {**session, "AuthenticationRequestExtraParams": extra} if extra else session
