"""Ingress and IngressClass: defaults and validation (networking.k8s.io/v1)."""

from __future__ import annotations

import re

from sandbox.kubernetes.apiserver.errors import (
    Fault,
    FieldError,
    forbidden_field,
    immutable,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.names import (
    dns_label,
    port_name,
    subdomain,
    wildcard_subdomain,
)
from sandbox.kubernetes.apiserver.kinds.services import balancer_status_errors
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_IN_PATH = ("//", "/./", "/../", "%2f", "%2F")
_BAD_AT_END = ("/..", "/.")
_MAX_CONTROLLER = 250
_LEGACY_CLASS = "kubernetes.io/ingress.class"
_IS_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|.*:.*")


def _default(ingress: JsonObject) -> None:
    ingress.setdefault("spec", {})


def _validate(ingress: JsonObject) -> list[FieldError]:
    spec = ingress["spec"]
    errors: list[FieldError] = []
    rules = spec.get("rules") or []
    if not rules and not spec.get("defaultBackend"):
        detail = "either `defaultBackend` or `rules` must be specified"
        errors.append(invalid_value("spec", None, detail))
    if spec.get("defaultBackend"):
        errors += _backend_errors(spec["defaultBackend"], "spec.defaultBackend")
    for at, rule in enumerate(rules):
        errors += _rule_errors(rule, f"spec.rules[{at}]")
    for at, tls in enumerate(spec.get("tls") or []):
        for index, host in enumerate(tls.get("hosts") or []):
            errors += _host_errors(host, f"spec.tls[{at}].hosts[{index}]")
        secret = tls.get("secretName", "")
        errors += [invalid_value(f"spec.tls[{at}].secretName", secret, text) for text in subdomain(secret) if secret]
    name = spec.get("ingressClassName")
    if name is not None:
        errors += [invalid_value("spec.ingressClassName", name, text) for text in subdomain(name)]
    return errors


def _both_classes(ingress: JsonObject) -> list[FieldError]:
    annotation = (ingress["metadata"].get("annotations") or {}).get(_LEGACY_CLASS)
    name = ingress["spec"].get("ingressClassName")
    if annotation is None or name is None or annotation == name:
        return []
    detail = "must match `ingressClassName` when both are specified"
    return [invalid_value(f"annotations.{_LEGACY_CLASS}", annotation, detail)]


def _host_errors(host: str, field: str) -> list[FieldError]:
    if not host:
        return []
    if _IS_ADDRESS.fullmatch(host):
        return [invalid_value(field, host, "must be a DNS name, not an IP address")]
    rule = wildcard_subdomain if "*" in host else subdomain
    return [invalid_value(field, host, text) for text in rule(host)]


def _rule_errors(rule: JsonObject, field: str) -> list[FieldError]:
    errors = _host_errors(rule.get("host", ""), f"{field}.host")
    http = rule.get("http")
    if http is None:
        return errors
    paths = http.get("paths") or []
    if not paths:
        return [*errors, required(f"{field}.http.paths")]
    for at, path in enumerate(paths):
        errors += _path_errors(path, f"{field}.http.paths[{at}]")
    return errors


def _path_errors(path: JsonObject, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    kind, value = path.get("pathType"), path.get("path", "")
    if kind is None:
        return [required(f"{field}.pathType", "pathType must be specified")]
    if kind in {"Exact", "Prefix"}:
        if not value.startswith("/"):
            errors.append(invalid_value(f"{field}.path", value, "must be an absolute path"))
        for part in _BAD_IN_PATH:
            if part in value:
                errors.append(invalid_value(f"{field}.path", value, f"must not contain '{part}'"))
        for part in _BAD_AT_END:
            if value.endswith(part):
                errors.append(invalid_value(f"{field}.path", value, f"cannot end with '{part}'"))
    elif kind == "ImplementationSpecific":
        if value and not value.startswith("/"):
            errors.append(invalid_value(f"{field}.path", value, "must be an absolute path"))
    else:
        errors.append(unsupported(f"{field}.pathType", kind, _PATH_TYPES))
    return errors + _backend_errors(path.get("backend") or {}, f"{field}.backend")


def _backend_errors(backend: JsonObject, field: str) -> list[FieldError]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        detail = "cannot set both resource and service backends"
        return [invalid_value(field, "", detail)]
    if resource is not None:
        return [required(f"{field}.resource.{key}") for key in ("kind", "name") if not resource.get(key)]
    if service is None:
        return [invalid_value(field, "", "resource or service backend is required")]
    return _service_backend_errors(service, field)


def _service_backend_errors(service: JsonObject, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    name = service.get("name", "")
    if not name:
        errors.append(required(f"{field}.service.name"))
    else:
        errors += [invalid_value(f"{field}.service.name", name, text) for text in dns_label(name)]
    port = service.get("port") or {}
    number, port_text = port.get("number", 0), port.get("name", "")
    if number and port_text:
        errors.append(invalid_value(field, "", "cannot set both port name & port number"))
    elif port_text:
        errors += [invalid_value(f"{field}.service.port.name", port_text, text) for text in port_name(port_text)]
    elif not number:
        errors.append(required(field, "port name or number is required"))
    elif not 1 <= number <= 65535:
        detail = "must be between 1 and 65535, inclusive"
        errors.append(invalid_value(f"{field}.service.port.number", number, detail))
    return errors


def _status_errors(new: JsonObject, _old: JsonObject) -> list[FieldError]:
    return balancer_status_errors(new)


def _default_class(ingress_class: JsonObject) -> None:
    parameters = ingress_class.setdefault("spec", {}).get("parameters")
    if parameters:
        parameters.setdefault("scope", "Cluster")


def _validate_class(ingress_class: JsonObject) -> list[FieldError]:
    spec = ingress_class["spec"]
    controller = spec.get("controller", "")
    errors: list[FieldError] = []
    if not controller:
        errors.append(required("spec.controller"))
    else:
        errors += _controller_errors(controller)
    parameters = spec.get("parameters") or {}
    if parameters:
        errors += [required(f"spec.parameters.{key}") for key in ("kind", "name") if not parameters.get(key)]
        errors += _scope_errors(parameters)
    return errors


def _controller_errors(controller: str) -> list[FieldError]:
    if len(controller) > _MAX_CONTROLLER:
        return [
            FieldError(
                fault=Fault.TOO_LONG, field="spec.controller", detail=f"may not be more than {_MAX_CONTROLLER} bytes"
            )
        ]
    domain, slash, rest = controller.partition("/")
    if slash and rest and not subdomain(domain):
        return []
    detail = 'must be a domain-prefixed path (such as "acme.io/foo")'
    return [invalid_value("spec.controller", controller, detail)]


def _scope_errors(parameters: JsonObject) -> list[FieldError]:
    scope, namespace = parameters["scope"], parameters.get("namespace")
    if scope not in {"Cluster", "Namespace"}:
        return [unsupported("spec.parameters.scope", scope, ("Cluster", "Namespace"))]
    if scope == "Namespace" and not namespace:
        detail = "`parameters.scope` is set to 'Namespace'"
        return [required("spec.parameters.namespace", detail)]
    if scope == "Cluster" and namespace is not None:
        detail = "`parameters.scope` is set to 'Cluster'"
        return [forbidden_field("spec.parameters.namespace", detail)]
    return []


def _update_class(new: JsonObject, old: JsonObject) -> list[FieldError]:
    if new["spec"].get("controller") != old["spec"].get("controller"):
        return [immutable("spec.controller", new["spec"].get("controller"))]
    return []


INGRESSES = Strategy(
    name=subdomain,
    default=_default,
    validate=_validate,
    validate_new=_both_classes,
    initial_status={"loadBalancer": {}},
    validate_status=_status_errors,
)
INGRESS_CLASSES = Strategy(
    name=subdomain,
    default=_default_class,
    validate=_validate_class,
    validate_update=_update_class,
)
