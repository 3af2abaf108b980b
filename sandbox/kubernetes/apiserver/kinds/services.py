"""Service: defaults and validation (core/v1; validation as of the API server's ValidateService)."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.kubernetes.apiserver.errors import (
    FieldError,
    duplicate,
    forbidden_field,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.names import dns_label, label_errors, port_name, subdomain
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_EXTERNAL_TYPES = {"NodePort", "LoadBalancer"}
_PORT_RANGE = "must be between 1 and 65535, inclusive"


def _default(service: JsonObject) -> None:
    spec = service.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        client_ip = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client_ip.setdefault("timeoutSeconds", 10800)
    elif spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in {None, 0, ""} and "port" in port:
            port["targetPort"] = port["port"]
    if spec["type"] == "ExternalName":
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
            spec.pop(key, None)
        return
    _default_traffic(spec)


def _prepare_update(new: JsonObject, old: JsonObject) -> None:
    """Drops what belonged to the old type, unless the same write sets it anew; keeps clusterIPs in step."""
    after, before = new["spec"], old["spec"]
    if after.get("clusterIP") != before.get("clusterIP") and after.get("clusterIPs") == before.get("clusterIPs"):
        after.pop("clusterIPs", None)
        if after.get("clusterIP"):
            after["clusterIPs"] = [after["clusterIP"]]
    kind = after.get("type", "ClusterIP")
    if kind not in _EXTERNAL_TYPES:
        _drop_unchanged(after, before, "externalTrafficPolicy")
        held = {port.get("nodePort") for port in before.get("ports") or []}
        for port in after.get("ports") or []:
            if port.get("nodePort") in held:
                port.pop("nodePort", None)
    if kind != "LoadBalancer":
        _drop_unchanged(after, before, "allocateLoadBalancerNodePorts", "loadBalancerClass")
        new["status"] = {"loadBalancer": {}}
    if kind != "LoadBalancer" or after.get("externalTrafficPolicy") != "Local":
        _drop_unchanged(after, before, "healthCheckNodePort")


def _drop_unchanged(after: JsonObject, before: JsonObject, *keys: str) -> None:
    for key in keys:
        if after.get(key) == before.get(key):
            after.pop(key, None)


def _default_traffic(spec: JsonObject) -> None:
    if spec["type"] in _EXTERNAL_TYPES:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _validate(service: JsonObject) -> list[FieldError]:
    spec = service["spec"]
    errors: list[FieldError] = []
    if spec["type"] not in _TYPES:
        errors.append(unsupported("spec.type", spec["type"], _TYPES))
    headless = spec.get("clusterIP") == "None"
    ports = spec.get("ports") or []
    if not ports and spec["type"] != "ExternalName" and not headless:
        errors.append(required("spec.ports"))
    if spec["type"] == "LoadBalancer" and headless:
        errors.append(invalid_value("spec.clusterIPs[0]", "None", "may not be set to 'None' for LoadBalancer services"))
    if spec["type"] == "ExternalName":
        name = spec.get("externalName", "").rstrip(".")
        errors += (
            [invalid_value("spec.externalName", name, text) for text in subdomain(name)]
            if name
            else [required("spec.externalName")]
        )
    errors += _port_list_errors(ports)
    errors += label_errors(spec.get("selector") or {}, "spec.selector")
    errors += _policy_errors(spec)
    return errors + _address_errors(spec)


def _port_list_errors(ports: list[JsonObject]) -> list[FieldError]:
    errors: list[FieldError] = []
    names: set[str] = set()
    for at, port in enumerate(ports):
        errors += _port_errors(port, f"spec.ports[{at}]", named=len(ports) > 1, names=names)
    seen: set[tuple[Any, Any]] = set()
    for at, port in enumerate(ports):
        pair = (port.get("protocol"), port.get("port"))
        if pair in seen:
            errors.append(duplicate(f"spec.ports[{at}]", _as_printed(pair)))
        seen.add(pair)
    return errors


def _as_printed(pair: tuple[Any, Any]) -> JsonObject:
    """How the refusal of a repeated port shows it: the identifying fields of the Go struct."""
    protocol, number = pair
    rest = {"AppProtocol": None, "Port": number, "TargetPort": 0, "NodePort": 0}
    return {"Name": "", "Protocol": protocol, **rest}


def _port_errors(port: JsonObject, field: str, *, named: bool, names: set[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    name = port.get("name", "")
    if named and not name:
        errors.append(required(f"{field}.name"))
    elif name:
        errors += [invalid_value(f"{field}.name", name, text) for text in dns_label(name)]
        if name in names:
            errors.append(duplicate(f"{field}.name", name))
        names.add(name)
    number = port.get("port", 0)
    if not 1 <= number <= 65535:
        errors.append(invalid_value(f"{field}.port", number, _PORT_RANGE))
    if port["protocol"] not in _PROTOCOLS:
        errors.append(unsupported(f"{field}.protocol", port["protocol"], _PROTOCOLS))
    target = port.get("targetPort")
    if isinstance(target, int) and not 1 <= target <= 65535:
        errors.append(invalid_value(f"{field}.targetPort", target, _PORT_RANGE))
    if isinstance(target, str):
        errors += [invalid_value(f"{field}.targetPort", target, text) for text in port_name(target)]
    return errors


def _policy_errors(spec: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    if spec["sessionAffinity"] not in {"None", "ClientIP"}:
        errors.append(unsupported("spec.sessionAffinity", spec["sessionAffinity"], ("ClientIP", "None")))
    for key in ("externalTrafficPolicy", "internalTrafficPolicy"):
        if key in spec and spec[key] not in {"Cluster", "Local"}:
            errors.append(unsupported(f"spec.{key}", spec[key], ("Cluster", "Local")))
    errors += _external_policy_errors(spec)
    for at, source in enumerate(spec.get("loadBalancerSourceRanges") or []):
        if spec["type"] != "LoadBalancer":
            detail = "may only be used when `type` is 'LoadBalancer'"
            errors.append(forbidden_field("spec.LoadBalancerSourceRanges", detail))
            break
        if not _is_network(source):
            detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            errors.append(invalid_value(f"spec.LoadBalancerSourceRanges[{at}]", source, detail))
    if spec.get("loadBalancerClass") and spec["type"] != "LoadBalancer":
        errors.append(forbidden_field("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"))
    return errors


def _external_policy_errors(spec: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    policy, check_port = spec.get("externalTrafficPolicy"), spec.get("healthCheckNodePort")
    if policy and spec["type"] not in _EXTERNAL_TYPES and not spec.get("externalIPs"):
        detail = "may only be set for externally-accessible services"
        errors.append(invalid_value("spec.externalTrafficPolicy", policy, detail))
    if check_port and not (spec["type"] == "LoadBalancer" and policy == "Local"):
        detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        errors.append(invalid_value("spec.healthCheckNodePort", check_port, detail))
    if spec["type"] == "ClusterIP":
        for at, port in enumerate(spec.get("ports") or []):
            if port.get("nodePort"):
                detail = "may not be used when `type` is 'ClusterIP'"
                errors.append(forbidden_field(f"spec.ports[{at}].nodePort", detail))
    return errors


def _is_network(text: str) -> bool:
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return "/" in text


def _address_errors(spec: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    address, addresses = spec.get("clusterIP"), spec.get("clusterIPs") or []
    if address and addresses and addresses[0] != address:
        errors.append(invalid_value("spec.clusterIPs", addresses, "first value must match `clusterIP`"))
    for at, each in enumerate(addresses):
        if each != "None" and not _is_address(each):
            detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            errors.append(invalid_value(f"spec.clusterIPs[{at}]", each, detail))
    for at, family in enumerate(spec.get("ipFamilies") or []):
        if family not in {"IPv4", "IPv6"}:
            errors.append(unsupported(f"spec.ipFamilies[{at}]", family, ("IPv4", "IPv6")))
        elif family == "IPv6" and spec.get("ipFamilyPolicy") in {"SingleStack", None}:
            detail = "not configured on this cluster"
            errors.append(invalid_value(f"spec.ipFamilies[{at}]", family, detail))
    return errors


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    before, after = old["spec"], new["spec"]
    errors: list[FieldError] = []
    if "ExternalName" not in {before["type"], after["type"]} and before.get("clusterIP"):
        changed = after.get("clusterIPs") or []
        if changed[:1] != (before.get("clusterIPs") or [])[:1]:
            detail = "may not change once set"
            errors.append(invalid_value("spec.clusterIPs[0]", changed, detail))
    both_balanced = before["type"] == after["type"] == "LoadBalancer"
    if both_balanced and before.get("loadBalancerClass") != after.get("loadBalancerClass"):
        detail = "may not change once set"
        errors.append(invalid_value("spec.loadBalancerClass", after.get("loadBalancerClass"), detail))
    return errors


def _status_errors(new: JsonObject, _old: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    balancer = (new.get("status") or {}).get("loadBalancer") or {}
    if balancer.get("ingress") and new["spec"]["type"] != "LoadBalancer":
        detail = 'may only be used when `spec.type` is "LoadBalancer"'
        errors.append(forbidden_field("status.loadBalancer.ingress", detail))
    return errors + balancer_status_errors(new)


def balancer_status_errors(obj: JsonObject) -> list[FieldError]:
    """What is wrong with the addresses in status.loadBalancer, of a Service as of an Ingress."""
    errors: list[FieldError] = []
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    for at, point in enumerate(balancer.get("ingress") or []):
        field = f"status.loadBalancer.ingress[{at}]"
        address, host = point.get("ip"), point.get("hostname")
        if address and not _is_address(address):
            detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            errors.append(invalid_value(f"{field}.ip", address, detail))
        if host:
            errors += [invalid_value(f"{field}.hostname", host, text) for text in subdomain(host)]
            if _is_address(host):
                errors.append(invalid_value(f"{field}.hostname", host, "must be a DNS name, not an IP address"))
    return errors


SERVICES = Strategy(
    name=dns_label,
    default=_default,
    prepare_update=_prepare_update,
    validate=_validate,
    validate_update=_validate_update,
    initial_status={"loadBalancer": {}},
    validate_status=_status_errors,
)
