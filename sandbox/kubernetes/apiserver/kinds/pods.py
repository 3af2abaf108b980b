"""Pod and pod templates: defaults, validation, and what of a pod's spec may still change."""

from __future__ import annotations

from typing import Any

from sandbox.kubernetes.apiserver.errors import (
    Fault,
    FieldError,
    duplicate,
    forbidden_field,
    invalid_value,
    required,
    unsupported,
)
from sandbox.kubernetes.apiserver.kinds.names import dns_label, label_errors, port_name, qualified_name, subdomain
from sandbox.kubernetes.apiserver.kinds.strategy import Strategy
from sandbox.kubernetes.apiserver.objects import JsonObject, deep_copy

_RESTART_POLICIES = ("Always", "Never", "OnFailure")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE_DEFAULTS = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PORT_RANGE = "must be between 1 and 65535, inclusive"
_UPDATABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_UNREACHABLE_SECONDS = 300
_MUTABLE_FIELDS = ("activeDeadlineSeconds", "tolerations", "schedulingGates")


def default_pod_spec(spec: JsonObject) -> None:
    """Sets what a pod spec leaves out; the same for pods and for templates."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        _default_container(container)
        if spec.get("hostNetwork"):
            for port in container.get("ports") or []:
                port.setdefault("hostPort", port.get("containerPort"))
    for volume in spec.get("volumes") or []:
        _default_volume(volume)


def _default_container(container: JsonObject) -> None:
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image", "")))
    for port in container.get("ports") or []:
        port.setdefault("protocol", "TCP")
    for name in _PROBES:
        if container.get(name):
            _default_probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict) and hook.get("httpGet"):
            _default_http_get(hook["httpGet"])
    for variable in container.get("env") or []:
        field_ref = (variable.get("valueFrom") or {}).get("fieldRef")
        if field_ref:
            field_ref.setdefault("apiVersion", "v1")
        if variable.get("value") == "":
            del variable["value"]


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2]
    tag = "" if "@" in image else name.rpartition(":")[2] if ":" in name else "latest"
    return "Always" if tag == "latest" else "IfNotPresent"


def _default_probe(probe: JsonObject) -> None:
    for key, value in _PROBE_DEFAULTS.items():
        if not probe.get(key):
            probe[key] = value
    if probe.get("httpGet"):
        _default_http_get(probe["httpGet"])
    if probe.get("grpc"):
        probe["grpc"].setdefault("service", "")


def _default_http_get(action: JsonObject) -> None:
    if not action.get("path"):
        action["path"] = "/"
    if not action.get("scheme"):
        action["scheme"] = "HTTP"


def _default_volume(volume: JsonObject) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if volume.get(source) is not None:
            volume[source].setdefault("defaultMode", 420)


def _default(pod: JsonObject) -> None:
    spec = pod.setdefault("spec", {})
    default_pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        resources = container["resources"]
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    _default_status(pod.get("status") or {})


def _default_status(status: JsonObject) -> None:
    """What a Go client always finds in a status, though nobody has set it."""
    for condition in status.get("conditions") or []:
        for key in ("lastProbeTime", "lastTransitionTime"):
            condition.setdefault(key, None)
    for each in status.get("containerStatuses") or []:
        each.setdefault("lastState", {})
        running = (each.get("state") or {}).get("running")
        if running is not None:
            running.setdefault("startedAt", None)


def _prepare(pod: JsonObject) -> None:
    """What admission gives a new pod: priority and tolerations (Priority, DefaultTolerationSeconds)."""
    spec = pod.setdefault("spec", {})
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.get("tolerations") or []
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(_tolerates(each, key) for each in tolerations):
            added = {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _UNREACHABLE_SECONDS}
            tolerations = [*tolerations, added]
    spec["tolerations"] = tolerations
    pod["status"] = {"phase": "Pending", "qosClass": _quality(spec)}


def _tolerates(toleration: JsonObject, key: str) -> bool:
    return toleration.get("key") in {key, None, ""} and toleration.get("effect") in {"NoExecute", None, ""}


def _quality(spec: JsonObject) -> str:
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    parts = [container.get("resources") or {} for container in containers]
    if not any(part.get("limits") or part.get("requests") for part in parts):
        return "BestEffort"
    guaranteed = all(
        {"cpu", "memory"} <= set(part.get("limits") or {})
        and (part.get("requests") or part["limits"]) == part["limits"]
        for part in parts
    )
    return "Guaranteed" if guaranteed else "Burstable"


def pod_spec_errors(spec: JsonObject, field: str) -> list[FieldError]:
    """What is wrong with a pod spec, of a pod or of a template."""
    errors: list[FieldError] = []
    containers = spec.get("containers") or []
    if not containers:
        errors.append(required(f"{field}.containers"))
    names: set[str] = set()
    for part in ("initContainers", "containers"):
        for at, container in enumerate(spec.get(part) or []):
            errors += _container_errors(container, f"{field}.{part}[{at}]", names)
    if spec["restartPolicy"] not in _RESTART_POLICIES:
        errors.append(unsupported(f"{field}.restartPolicy", spec["restartPolicy"], _RESTART_POLICIES))
    for at, gate in enumerate(spec.get("readinessGates") or []):
        kind = gate.get("conditionType", "")
        where = f"{field}.readinessGates[{at}].conditionType"
        errors += [invalid_value(where, kind, text) for text in qualified_name(kind)]
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    for at, container in enumerate(containers):
        for index, mount in enumerate(container.get("volumeMounts") or []):
            if mount.get("name") not in volumes:
                where = f"{field}.containers[{at}].volumeMounts[{index}].name"
                errors.append(FieldError(fault=Fault.NOT_FOUND, field=where, value=mount.get("name")))
    node = spec.get("nodeName", "")
    errors += [invalid_value(f"{field}.nodeName", node, text) for text in (subdomain(node) if node else [])]
    grace = spec["terminationGracePeriodSeconds"]
    if grace < 0:
        errors.append(
            invalid_value(f"{field}.terminationGracePeriodSeconds", grace, "must be greater than or equal to 0")
        )
    return errors + label_errors(spec.get("nodeSelector") or {}, f"{field}.nodeSelector")


def _container_errors(container: JsonObject, field: str, names: set[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    name = container.get("name", "")
    if not name:
        errors.append(required(f"{field}.name"))
    else:
        errors += [invalid_value(f"{field}.name", name, text) for text in dns_label(name)]
        if name in names:
            errors.append(duplicate(f"{field}.name", name))
        names.add(name)
    if not container.get("image"):
        errors.append(required(f"{field}.image"))
    if container["imagePullPolicy"] not in _PULL_POLICIES:
        errors.append(unsupported(f"{field}.imagePullPolicy", container["imagePullPolicy"], _PULL_POLICIES))
    seen: set[str] = set()
    for at, port in enumerate(container.get("ports") or []):
        errors += _port_errors(port, f"{field}.ports[{at}]", seen)
    for probe in _PROBES:
        if container.get(probe):
            errors += _probe_errors(container[probe], f"{field}.{probe}")
    return errors


def _port_errors(port: JsonObject, field: str, seen: set[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    name, number = port.get("name", ""), port.get("containerPort", 0)
    if name:
        errors += [invalid_value(f"{field}.name", name, text) for text in port_name(name)]
        if name in seen:
            errors.append(duplicate(f"{field}.name", name))
        seen.add(name)
    if not number:
        errors.append(required(f"{field}.containerPort"))
    elif not 1 <= number <= 65535:
        errors.append(invalid_value(f"{field}.containerPort", number, _PORT_RANGE))
    if port["protocol"] not in {"TCP", "UDP", "SCTP"}:
        errors.append(unsupported(f"{field}.protocol", port["protocol"], ("SCTP", "TCP", "UDP")))
    return errors


def _probe_errors(probe: JsonObject, field: str) -> list[FieldError]:
    handlers = [key for key in ("exec", "httpGet", "tcpSocket", "grpc") if probe.get(key) is not None]
    if not handlers:
        return [required(field, "must specify a handler type")]
    errors = [forbidden_field(f"{field}.{key}", "may not specify more than 1 handler type") for key in handlers[1:]]
    port = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
    if isinstance(port, int) and not 1 <= port <= 65535:
        errors.append(invalid_value(f"{field}.{handlers[0]}.port", port, _PORT_RANGE))
    if isinstance(port, str):
        errors += [invalid_value(f"{field}.{handlers[0]}.port", port, text) for text in port_name(port)]
    return errors


def _validate(pod: JsonObject) -> list[FieldError]:
    return pod_spec_errors(pod["spec"], "spec")


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    """A pod's spec is settled, but for images, a deadline, more tolerations, and gates that are lifted."""
    before, after = old["spec"], new["spec"]
    if _settled(after) == _settled(before):
        kept = [each for each in before.get("tolerations") or [] if each not in (after.get("tolerations") or [])]
        if not kept:
            return []
        detail = "existing toleration can not be modified except its tolerationSeconds"
        return [forbidden_field("spec.tolerations", detail)]
    return [forbidden_field("spec", _UPDATABLE)]


def _settled(spec: JsonObject) -> Any:
    copied = deep_copy(spec)
    for key in _MUTABLE_FIELDS:
        copied.pop(key, None)
    for container in [*(copied.get("containers") or []), *(copied.get("initContainers") or [])]:
        container.pop("image", None)
        container.pop("imagePullPolicy", None)
    return copied


def _status_errors(new: JsonObject, _old: JsonObject) -> list[FieldError]:
    errors: list[FieldError] = []
    for at, condition in enumerate((new.get("status") or {}).get("conditions") or []):
        kind = condition.get("type", "")
        field = f"status.conditions[{at}]"
        errors += [invalid_value(f"{field}.type", kind, text) for text in qualified_name(kind)]
        if condition.get("status") not in {"True", "False", "Unknown"}:
            errors.append(unsupported(f"{field}.status", condition.get("status"), ("False", "True", "Unknown")))
    return errors


PODS = Strategy(
    name=subdomain,
    default=_default,
    prepare=_prepare,
    validate=_validate,
    validate_update=_validate_update,
    initial_status={},
    validate_status=_status_errors,
)
