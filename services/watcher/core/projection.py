"""Which fields of a raw Kubernetes object the planner gets to see.

Called by `convert`, for every object that is listed, watched or handed in. The result is a tree of plain values in the
shape of `elbow.cluster.v1.Object`: what is not in it decides nothing, and a change of it wakes nobody.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.watcher.core.fields import INT64, Fields, UnreadableObjectError
from services.watcher.core.kinds import KIND_OF, Kind
from services.watcher.core.quic import quic_server_ids

Tree = dict[str, Any]
"""Field name to value, list or tree, with the names of the wire contract."""

# Containers that speak QUIC (targets and readiness, section 2).
QUIC_CONTAINERS: Final = "service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers"
QUIC_VARIABLE: Final = "AWS_LBC_QUIC_SERVER_ID"

POD_ANNOTATIONS: Final = frozenset(
    {
        # The pod's own network interface, where it has one (networking, section 7).
        "vpc.amazonaws.com/pod-eni",
        QUIC_CONTAINERS,
    }
)

_SERVICE_LABEL: Final = "kubernetes.io/service-name"

# kubectl keeps a second copy of the whole object there.
_IGNORED_ANNOTATIONS: Final = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})


class UnknownKindError(Exception):
    """An object of a kind, or of a version of a kind, that the watcher does not read."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(api_version, kind)
        self.api_version = api_version
        self.kind = kind

    def __str__(self) -> str:
        return f"kind {self.kind or '(none)'} of apiVersion {self.api_version or '(none)'} is not read by the watcher"


def kind_of(raw: object) -> Kind:
    """The kind that an object says it is. Raises UnknownKindError, and UnreadableObjectError for what is no object."""
    fields = Fields.of(raw)
    api_version, kind = fields.text("apiVersion"), fields.text("kind")
    known = KIND_OF.get((api_version, kind))
    if known is None:
        raise UnknownKindError(api_version, kind)
    return known


def name_of(raw: object) -> str:
    """namespace/name of a raw object for messages about it, as far as it can be read."""
    try:
        metadata = Fields.of(raw).child("metadata")
        namespace, name = metadata.text("namespace"), metadata.text("name")
    except UnreadableObjectError:
        return "(no name)"
    return f"{namespace}/{name}" if namespace else name or "(no name)"


def project(kind: Kind, raw: object, *, quic_variable: str = QUIC_VARIABLE) -> Tree:
    """The tree of one object: its metadata and one body, named for the kind. `quic_variable`: the environment variable
    of containers that holds their QUIC server id. Raises UnreadableObjectError."""
    fields = Fields.of(raw)
    name, body = _BODIES[kind]
    metadata, tree = fields.child("metadata"), body(fields)
    if kind is Kind.POD and QUIC_CONTAINERS in metadata.text_map("annotations"):
        tree["quic_server_ids"] = quic_server_ids(fields.child("spec"), quic_variable)
    return {"metadata": _metadata(kind, metadata), name: tree}


def _metadata(kind: Kind, fields: Fields) -> Tree:
    annotations = fields.text_map("annotations")
    if kind is Kind.POD:
        annotations = {key: value for key, value in annotations.items() if key in POD_ANNOTATIONS}
    return {
        "namespace": fields.text("namespace"),
        "name": fields.text("name"),
        "uid": fields.text("uid"),
        "resource_version": fields.text("resourceVersion"),
        "generation": fields.number("generation", INT64),
        "labels": fields.text_map("labels"),
        "annotations": {key: value for key, value in annotations.items() if key not in _IGNORED_ANNOTATIONS},
        "finalizers": fields.texts("finalizers"),
        "creation_timestamp": fields.text("creationTimestamp"),
        "deletion_timestamp": fields.text("deletionTimestamp"),
    }


def _service(fields: Fields) -> Tree:
    spec = fields.child("spec")
    return {
        "type": spec.text("type"),
        "ports": [
            {
                "name": port.text("name"),
                "protocol": port.text("protocol"),
                "port": port.number("port"),
                "target_port": port.number_or_name("targetPort"),
                "node_port": port.number("nodePort"),
                "app_protocol": port.text("appProtocol"),
            }
            for port in spec.children("ports")
        ],
        "selector": spec.text_map("selector"),
        "load_balancer_class": spec.text("loadBalancerClass"),
        "ip_families": spec.texts("ipFamilies"),
        "external_traffic_policy": spec.text("externalTrafficPolicy"),
        "health_check_node_port": spec.number("healthCheckNodePort"),
        "load_balancer_source_ranges": spec.texts("loadBalancerSourceRanges"),
        "load_balancer": _load_balancer(fields),
    }


def _load_balancer(fields: Fields) -> list[Tree]:
    return [
        {
            "hostname": entry.text("hostname"),
            "ip": entry.text("ip"),
            "ports": [port.number("port") for port in entry.children("ports")],
        }
        for entry in fields.child("status").child("loadBalancer").children("ingress")
    ]


def _ingress(fields: Fields) -> Tree:
    spec = fields.child("spec")
    return {
        "ingress_class_name": spec.text("ingressClassName") if spec.has("ingressClassName") else None,
        "default_backend": _backend(spec.child("defaultBackend")) if spec.has("defaultBackend") else None,
        "rules": [
            {
                "host": rule.text("host"),
                "http": rule.has("http"),
                "paths": [
                    {
                        "path": path.text("path"),
                        "path_type": path.text("pathType"),
                        "backend": _backend(path.child("backend")),
                    }
                    for path in rule.child("http").children("paths")
                ],
            }
            for rule in spec.children("rules")
        ],
        "tls": [{"hosts": tls.texts("hosts"), "secret_name": tls.text("secretName")} for tls in spec.children("tls")],
        "load_balancer": _load_balancer(fields),
    }


def _backend(fields: Fields) -> Tree:
    service = fields.child("service")
    port = service.child("port")
    by_name = {"name": port.text("name")} if port.text("name") else None
    return {
        "service_name": service.text("name"),
        "port": {"number": port.number("number")} if port.number("number") else by_name,
        "resource": fields.has("resource"),
    }


def _ingress_class(fields: Fields) -> Tree:
    spec = fields.child("spec")
    parameters = spec.child("parameters")
    reference = {
        "api_group": parameters.text("apiGroup"),
        "kind": parameters.text("kind"),
        "name": parameters.text("name"),
    }
    return {"controller": spec.text("controller"), "parameters": reference if spec.has("parameters") else None}


def _ingress_class_params(fields: Fields) -> Tree:
    return {"spec": json.dumps(fields.child("spec").raw, sort_keys=True, separators=(",", ":"))}


def _pod(fields: Fields) -> Tree:
    spec, status = fields.child("spec"), fields.child("status")
    # An init container that always restarts is a sidecar: it listens for as long as the pod lives.
    sidecars = [item for item in spec.children("initContainers") if item.text("restartPolicy") == "Always"]
    return {
        "node_name": spec.text("nodeName"),
        "ip": status.text("podIP"),
        "ips": [address.text("ip") for address in status.children("podIPs")],
        "phase": status.text("phase"),
        "ports": [
            {"name": port.text("name"), "port": port.number("containerPort"), "protocol": port.text("protocol")}
            for container in (*spec.children("containers"), *sidecars)
            for port in container.children("ports")
        ],
        "readiness_gates": [gate.text("conditionType") for gate in spec.children("readinessGates")],
        # Without times: a probe that repeats its answer is no change.
        "conditions": [
            {name: condition.text(name) for name in ("type", "status", "reason", "message")}
            for condition in status.children("conditions")
        ],
    }


def _endpoint_slice(fields: Fields) -> Tree:
    return {
        "service_name": fields.child("metadata").text_map("labels").get(_SERVICE_LABEL, ""),
        "address_type": fields.text("addressType"),
        "ports": [
            {"name": port.text("name"), "port": port.number("port"), "protocol": port.text("protocol")}
            for port in fields.children("ports")
        ],
        "endpoints": [_endpoint(endpoint) for endpoint in fields.children("endpoints")],
    }


def _endpoint(fields: Fields) -> Tree:
    conditions, target = fields.child("conditions"), fields.child("targetRef")
    return {
        "addresses": fields.texts("addresses"),
        "ready": conditions.optional_flag("ready"),
        "serving": conditions.optional_flag("serving"),
        "terminating": conditions.optional_flag("terminating"),
        "node_name": fields.text("nodeName"),
        "zone": fields.text("zone"),
        "target_kind": target.text("kind"),
        "target_name": target.text("name"),
        "target_uid": target.text("uid"),
    }


def _node(fields: Fields) -> Tree:
    spec, status = fields.child("spec"), fields.child("status")
    states = {condition.text("type"): condition.text("status") for condition in status.children("conditions")}
    return {
        "provider_id": spec.text("providerID"),
        "taints": [
            {name: taint.text(name) for name in ("key", "value", "effect")} for taint in spec.children("taints")
        ],
        "ready": states.get("Ready", ""),
        "internal_ips": [
            address.text("address") for address in status.children("addresses") if address.text("type") == "InternalIP"
        ],
    }


def _namespace(_: Fields) -> Tree:
    return {}


def _target_group_binding(fields: Fields) -> Tree:
    spec = fields.child("spec")
    service = spec.child("serviceRef")
    return {
        "target_group_arn": spec.text("targetGroupARN"),
        "target_group_name": spec.text("targetGroupName"),
        "target_type": spec.text("targetType"),
        "target_group_protocol": spec.text("targetGroupProtocol"),
        "service_name": service.text("name"),
        "service_port": service.number_or_name("port"),
        "ip_address_type": spec.text("ipAddressType"),
        "vpc_id": spec.text("vpcID"),
        "node_selector": _label_selector(spec.child("nodeSelector")) if spec.has("nodeSelector") else None,
        "networking": _networking(spec.child("networking")) if spec.has("networking") else None,
        "multi_cluster": spec.flag("multiClusterTargetGroup"),
        "iam_role_arn": spec.text("iamRoleArnToAssume"),
        "assume_role_external_id": spec.text("assumeRoleExternalId"),
        "observed_generation": fields.child("status").number("observedGeneration", INT64),
    }


def _label_selector(fields: Fields) -> Tree:
    return {
        "match_labels": fields.text_map("matchLabels"),
        "match_expressions": [
            {"key": term.text("key"), "operator": term.text("operator"), "values": term.texts("values")}
            for term in fields.children("matchExpressions")
        ],
    }


def _networking(fields: Fields) -> Tree:
    return {
        "ingress": [
            {
                "peers": [
                    {
                        "cidr": peer.child("ipBlock").text("cidr"),
                        "security_group_id": peer.child("securityGroup").text("groupID"),
                    }
                    for peer in rule.children("from")
                ],
                "ports": [
                    {"protocol": port.text("protocol"), "port": port.number_or_name("port")}
                    for port in rule.children("ports")
                ],
            }
            for rule in fields.children("ingress")
        ]
    }


def _config_map(fields: Fields) -> Tree:
    return {"data": fields.text_map("data")}


_BODIES: Final[Mapping[Kind, tuple[str, Callable[[Fields], Tree]]]] = {
    Kind.NAMESPACE: ("namespace", _namespace),
    Kind.INGRESS_CLASS: ("ingress_class", _ingress_class),
    Kind.INGRESS_CLASS_PARAMS: ("ingress_class_params", _ingress_class_params),
    Kind.NODE: ("node", _node),
    Kind.INGRESS: ("ingress", _ingress),
    Kind.SERVICE: ("service", _service),
    Kind.TARGET_GROUP_BINDING: ("target_group_binding", _target_group_binding),
    Kind.ENDPOINT_SLICE: ("endpoint_slice", _endpoint_slice),
    Kind.POD: ("pod", _pod),
    Kind.CONFIG_MAP: ("config_map", _config_map),
}
