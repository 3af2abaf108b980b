"""MutatingWebhookConfiguration and ValidatingWebhookConfiguration (admissionregistration.k8s.io/v1)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

from sandbox.kubernetes.apiserver.errors import (
    FieldError,
    duplicate,
    forbidden_field,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.names import subdomain
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_SELECTOR_OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")
_URL_FORM = "desired format: https://host[/path]"


def _default(configuration: JsonObject) -> None:
    for webhook in configuration.get("webhooks") or []:
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", 10)
        for rule in webhook.get("rules") or []:
            rule.setdefault("scope", "*")
        service = (webhook.get("clientConfig") or {}).get("service")
        if service:
            service.setdefault("port", 443)


def _default_mutating(configuration: JsonObject) -> None:
    _default(configuration)
    for webhook in configuration.get("webhooks") or []:
        webhook.setdefault("reinvocationPolicy", "Never")


def _validate(configuration: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    names: set[str] = set()
    for at, webhook in enumerate(configuration.get("webhooks") or []):
        field = f"webhooks[{at}]"
        errors += _webhook_errors(webhook, field)
        name = webhook.get("name", "")
        if name in names:
            errors.append(duplicate(f"{field}.name", name))
        names.add(name)
    return errors


def _webhook_errors(webhook: JsonObject, field: str) -> list[FieldError]:
    errors = _name_errors(webhook.get("name", ""), f"{field}.name")
    for at, rule in enumerate(webhook.get("rules") or []):
        errors += _rule_errors(rule, f"{field}.rules[{at}]")
    for key, known in (("failurePolicy", ("Fail", "Ignore")), ("matchPolicy", ("Equivalent", "Exact"))):
        if webhook[key] not in known:
            errors.append(unsupported(f"{field}.{key}", webhook[key], known))
    side_effects = webhook.get("sideEffects")
    if side_effects is None:
        errors.append(required(f"{field}.sideEffects", f"must specify one of {', '.join(_SIDE_EFFECTS)}"))
    elif side_effects not in _SIDE_EFFECTS:
        errors.append(unsupported(f"{field}.sideEffects", side_effects, _SIDE_EFFECTS))
    if not 1 <= webhook["timeoutSeconds"] <= 30:
        detail = "the timeout value must be between 1 and 30 seconds"
        errors.append(invalid_value(f"{field}.timeoutSeconds", webhook["timeoutSeconds"], detail))
    errors += _version_errors(webhook.get("admissionReviewVersions") or [], f"{field}.admissionReviewVersions")
    for key in ("namespaceSelector", "objectSelector"):
        errors += _selector_errors(webhook[key], f"{field}.{key}")
    if webhook.get("matchConditions"):
        errors.append(forbidden_field(f"{field}.matchConditions", "the sandbox evaluates no CEL expressions"))
    if webhook.get("reinvocationPolicy", "Never") != "Never":
        errors.append(forbidden_field(f"{field}.reinvocationPolicy", "the sandbox calls each webhook once"))
    return errors + _client_errors(webhook.get("clientConfig") or {}, f"{field}.clientConfig")


def _name_errors(name: str, field: str) -> list[FieldError]:
    if not name:
        return [required(field)]
    errors = [invalid_value(field, name, text) for text in subdomain(name)]
    if not errors and len(name.split(".")) < 3:
        errors.append(invalid_value(field, name, "should be a domain with at least three segments separated by dots"))
    return errors


def _rule_errors(rule: JsonObject, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for key in ("operations", "apiGroups", "apiVersions", "resources"):
        values = rule.get(key) or []
        if not values:
            errors.append(required(f"{field}.{key}"))
        elif len(values) > 1 and "*" in values:
            detail = f"if '*' is present, must not specify other {'resources' if key == 'resources' else key}"
            errors.append(invalid_value(f"{field}.{key}", values, detail))
    errors += [
        unsupported(f"{field}.operations[{at}]", each, _OPERATIONS)
        for at, each in enumerate(rule.get("operations") or [])
        if each not in _OPERATIONS
    ]
    if rule["scope"] not in _SCOPES:
        errors.append(unsupported(f"{field}.scope", rule["scope"], _SCOPES))
    return errors


def _version_errors(versions: list[str], field: str) -> list[FieldError]:
    if not versions:
        return [required(field, "must specify one of v1, v1beta1")]
    if "v1" not in versions:
        return [invalid_value(field, versions, "must include v1: the sandbox speaks no other version")]
    return []


def _selector_errors(selector: JsonObject, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for at, term in enumerate(selector.get("matchExpressions") or []):
        operator, values = term.get("operator", ""), term.get("values") or []
        where = f"{field}.matchExpressions[{at}]"
        if operator not in _SELECTOR_OPERATORS:
            errors.append(invalid_value(f"{where}.operator", operator, "not a valid selector operator"))
        elif operator in {"In", "NotIn"} and not values:
            errors.append(required(f"{where}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
        elif operator in {"Exists", "DoesNotExist"} and values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden_field(f"{where}.values", detail))
    return errors


def _client_errors(config: JsonObject, field: str) -> list[FieldError]:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        return [required(field, "exactly one of url or service is required")]
    errors = _url_errors(url, f"{field}.url") if url is not None else _service_errors(service or {}, f"{field}.service")
    return errors + _bundle_errors(config.get("caBundle") or "", f"{field}.caBundle")


def _url_errors(url: str, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    parts = urlsplit(url)
    if parts.scheme != "https":
        detail = f"'https' is the only allowed URL scheme; {_URL_FORM}"
        errors.append(invalid_value(field, parts.scheme, detail))
    if not parts.hostname:
        errors.append(invalid_value(field, "", f"host must be specified; {_URL_FORM}"))
    if parts.username:
        errors.append(invalid_value(field, parts.username, "user information is not permitted in the URL"))
    if parts.fragment:
        errors.append(invalid_value(field, parts.fragment, "fragments are not permitted in the URL"))
    if parts.query:
        errors.append(invalid_value(field, parts.query, "query parameters are not permitted in the URL"))
    return errors


def _service_errors(service: JsonObject, field: str) -> list[FieldError]:
    errors = [
        required(f"{field}.{key}", f"service {key} is required")
        for key in ("name", "namespace")
        if not service.get(key)
    ]
    path = service.get("path")
    if path is not None and not path.startswith("/"):
        errors.append(invalid_value(f"{field}.path", path, "must start with a '/'"))
    if not 1 <= service["port"] <= 65535:
        detail = "port is not valid: must be between 1 and 65535, inclusive"
        errors.append(invalid_value(f"{field}.port", service["port"], detail))
    return errors


def _bundle_errors(bundle: str, field: str) -> list[FieldError]:
    if not bundle:
        return []
    try:
        text = base64.b64decode(bundle, validate=True)
    except (binascii.Error, ValueError):
        text = b""
    if b"-----BEGIN CERTIFICATE-----" in text:
        return []
    detail = "unable to load root certificates: unable to parse bytes as PEM block"
    return [invalid_value(field, "<bytes>", detail)]


MUTATING = Strategy(name=subdomain, default=_default_mutating, validate=_validate)
VALIDATING = Strategy(name=subdomain, default=_default, validate=_validate)
