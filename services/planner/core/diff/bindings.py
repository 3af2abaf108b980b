"""TargetGroupBindings that a stack makes: created with their finalizer, overwritten when edited, taken away.

The stack plans them; the watched copy is only compared (architecture, section 4). Names, labels and matching follow
naming and tags, section 7.
"""

from collections.abc import Iterable, Mapping

from services.planner.core.desired import DesiredTargetGroup, GroupToken
from services.planner.core.draft import Draft
from services.planner.core.keys import BindingKey
from services.planner.core.objects import LabelSelector, NetworkingPeer, NetworkingPort, TargetGroupBinding
from services.planner.core.plans import ChangeAction, FieldChange, Json, KubernetesWrite, Ref, Verb
from services.planner.core.problems import Reason
from services.planner.core.targets.records import delete_record

KIND = "target group binding"
API_VERSION = "elbv2.k8s.aws/v1beta1"
RESOURCE = "targetgroupbindings"
FINALIZER = "elbv2.k8s.aws/resources"

Groups = Mapping[GroupToken, str | Ref]


def create_binding(
    draft: Draft,
    group: DesiredTargetGroup,
    name: str,
    arn: str | Ref,
    *,
    vpc: str,
    groups: Groups,
    after: Iterable[str] = (),
) -> str:
    """A step that makes the binding, finalizer included: it must stand before the first registration."""
    body: dict[str, Json] = {
        "apiVersion": API_VERSION,
        "kind": "TargetGroupBinding",
        "metadata": {
            "name": name,
            "namespace": group.binding.namespace,
            "labels": dict(group.binding.labels),
            "finalizers": [FINALIZER],
        },
        "spec": binding_spec(group, arn, vpc=vpc, groups=groups),
    }
    draft.change(KIND, name, ChangeAction.CREATE, Reason.WANTED, str(group.asked_by))
    write = _write(Verb.CREATE, group.binding.namespace, name, body=body)
    return draft.write(f"create-binding-{name}", write, after)


def diff_binding(
    draft: Draft, group: DesiredTargetGroup, found: TargetGroupBinding, arn: str | Ref, *, vpc: str, groups: Groups
) -> None:
    """A step that overwrites an edited binding: spec and labels are made as desired, annotations are left alone."""
    spec = binding_spec(group, arn, vpc=vpc, groups=groups)
    observed = observed_spec(found)
    labels = dict(group.binding.labels)
    fields = [
        FieldChange(field=f"spec.{k}", old=observed.get(k), new=spec.get(k))
        for k in sorted({*spec, *observed})
        if spec.get(k) != observed.get(k)
    ]
    if labels != dict(found.meta.labels):
        fields.append(FieldChange(field="labels", old=dict(found.meta.labels), new=labels))
    if not fields:
        return
    patch: dict[str, Json] = {
        "metadata": {"labels": _merge_patch(found.meta.labels, labels)},
        "spec": _merge_patch(observed, spec),
    }
    draft.write(
        f"update-binding-{found.meta.name}",
        _write(Verb.MERGE_PATCH, found.meta.namespace, found.meta.name, uid=found.meta.uid, body=patch),
    )
    draft.change(KIND, found.meta.name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, str(group.asked_by), fields=fields)


def delete_binding(draft: Draft, found: TargetGroupBinding, asked_by: str, after: Iterable[str]) -> str:
    """A step that asks for deletion; the finalizer stays with the binding key, which deregisters first."""
    draft.change(KIND, found.meta.name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by)
    return draft.write(
        f"delete-binding-{found.meta.name}",
        _write(Verb.DELETE, found.meta.namespace, found.meta.name, uid=found.meta.uid),
        after,
    )


def release_binding(draft: Draft, found: TargetGroupBinding, after: Iterable[str]) -> str:
    """A step that takes our finalizer off: targets go with their group, or are kept for a binding made anew."""
    rest = [f for f in found.meta.finalizers if f != FINALIZER]
    return draft.write(
        f"release-binding-{found.meta.name}",
        _write(
            Verb.MERGE_PATCH,
            found.meta.namespace,
            found.meta.name,
            uid=found.meta.uid,
            resource_version=found.meta.resource_version,
            body={"metadata": {"finalizers": rest}},
        ),
        after,
    )


def let_go(draft: Draft, found: TargetGroupBinding, after: Iterable[str]) -> str:
    """Steps that end a binding whose targets go with their group: what it registered needs no record any more."""
    released = release_binding(draft, found, after)
    if found.multi_cluster:
        delete_record(draft, BindingKey(namespace=found.meta.namespace, name=found.meta.name), (released,))
    return released


def binding_spec(group: DesiredTargetGroup, arn: str | Ref, *, vpc: str, groups: Groups) -> dict[str, Json]:
    """The spec as it is to stand in Kubernetes (ingress, section 19)."""
    binding = group.binding
    spec: dict[str, Json] = {
        "targetGroupARN": arn,
        "targetType": group.target_type,
        "targetGroupProtocol": group.protocol,
        "serviceRef": {"name": binding.service_name, "port": binding.service_port},
        "ipAddressType": group.ip_address_type,
        "vpcID": vpc,
    }
    if binding.node_selector is not None:
        spec["nodeSelector"] = _selector(binding.node_selector)
    if binding.multi_cluster:
        spec["multiClusterTargetGroup"] = True
    if binding.networking is not None:
        spec["networking"] = {
            "ingress": [
                {"from": [_desired_peer(p, groups) for p in access.peers], "ports": [_port(p) for p in access.ports]}
                for access in binding.networking
            ]
        }
    return spec


def observed_spec(found: TargetGroupBinding) -> dict[str, Json]:
    """The spec of a watched binding, in the form of `binding_spec`."""
    optional = {
        "targetGroupARN": found.target_group_arn,
        "targetGroupName": found.target_group_name,
        "targetType": found.target_type,
        "targetGroupProtocol": found.target_group_protocol,
        "ipAddressType": found.ip_address_type,
        "vpcID": found.vpc_id,
        "iamRoleArnToAssume": found.iam_role_arn,
        "assumeRoleExternalId": found.assume_role_external_id,
        "nodeSelector": _selector(found.node_selector) if found.node_selector is not None else None,
        "multiClusterTargetGroup": found.multi_cluster or None,
    }
    spec: dict[str, Json] = {"serviceRef": {"name": found.service_name, "port": found.service_port}}
    spec.update({k: v for k, v in optional.items() if v})
    if found.networking is not None:
        spec["networking"] = {
            "ingress": [
                {
                    "from": [_peer(p) for p in rule.peers],
                    "ports": [_port(p) for p in rule.ports],
                }
                for rule in found.networking
            ]
        }
    return spec


def _desired_peer(peer: GroupToken | NetworkingPeer, groups: Groups) -> dict[str, Json]:
    return {"securityGroup": {"groupID": groups[peer]}} if isinstance(peer, GroupToken) else _peer(peer)


def _peer(peer: NetworkingPeer) -> dict[str, Json]:
    return {"ipBlock": {"cidr": peer.cidr}} if peer.cidr else {"securityGroup": {"groupID": peer.security_group_id}}


def _merge_patch(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """The patch that makes `new` of `old`: keys that are to go are null at every depth (RFC 7396)."""
    patch: dict[str, Json] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        patch[key] = _merge_patch(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return patch


def _port(port: NetworkingPort) -> dict[str, Json]:
    return {"protocol": port.protocol, **({"port": port.port} if port.port is not None else {})}


def _selector(selector: LabelSelector) -> dict[str, Json]:
    body: dict[str, Json] = {}
    if selector.match_labels:
        body["matchLabels"] = dict(selector.match_labels)
    if selector.match_expressions:
        body["matchExpressions"] = [
            {"key": e.key, "operator": e.operator, **({"values": list(e.values)} if e.values else {})}
            for e in selector.match_expressions
        ]
    return body


def _write(
    verb: Verb,
    namespace: str,
    name: str,
    *,
    uid: str = "",
    resource_version: str = "",
    body: Mapping[str, Json] | None = None,
) -> KubernetesWrite:
    return KubernetesWrite(
        verb=verb,
        api_version=API_VERSION,
        resource=RESOURCE,
        namespace=namespace,
        name=name,
        uid=uid,
        resource_version=resource_version,
        body=body,
    )
