"""Tags of AWS resources and Kubernetes labels by which a stack finds its own (naming and tags, sections 3, 4, 6 and 7).

Called while a stack or the network is built, and by whoever has to tell whose a standing resource is.
"""

from collections.abc import Mapping

from services.planner.core.gates import Gate
from services.planner.core.inputs import Cluster
from services.planner.core.keys import StackKey, StackKind

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
SHARED_GROUP_RESOURCE_TAG = "elbv2.k8s.aws/resource"
SHARED_GROUP_RESOURCE = "backend-sg"

LOAD_BALANCER = "LoadBalancer"
FRONT = "FrontendNlb"
FRONT_LISTENER = "FrontendNlb-ls-TCP-"
FRONT_TARGET_GROUP = "FrontendNlb-tg-TCP-"
MANAGED_GROUP = "ManagedLBSecurityGroup"

# Keys of tags that a user may ask for and values (ELBv2 API, type Tag).
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 256
RESERVED_PREFIX = "aws:"


def stack_tag(kind: StackKind) -> str:
    """Key of the tag that names the stack."""
    return f"{kind}.k8s.aws/stack"


def resource_tag(kind: StackKind) -> str:
    """Key of the tag that names the resource inside its stack."""
    return f"{kind}.k8s.aws/resource"


def resource_tags(
    *, cluster: Cluster, key: StackKey, resource_id: str, asked: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All tags of one resource, sorted by key: tracking tags win over all others, default tags over the ones asked for
    unless a gate gives those the last word."""
    tracking = {
        CLUSTER_TAG: cluster.name,
        stack_tag(key.kind): key.stack_id,
        resource_tag(key.kind): resource_id,
    }
    own = asked or {}
    low = Gate.DEFAULT_TAGS_LOW_PRIORITY in cluster.gates
    others = {**cluster.default_tags, **own} if low else {**own, **cluster.default_tags}
    return _sorted({**others, **tracking})


def shared_group_tags(cluster: Cluster) -> dict[str, str]:
    """All tags of the cluster's shared backend security group, sorted by key."""
    fixed = {CLUSTER_TAG: cluster.name, SHARED_GROUP_RESOURCE_TAG: SHARED_GROUP_RESOURCE}
    return _sorted({**cluster.default_tags, **fixed})


def is_of_stack(tags: Mapping[str, str] | None, *, cluster: Cluster, key: StackKey) -> bool:
    """Whether the tags are those of a resource of this stack; tags that were not read are nobody's."""
    if tags is None or tags.get(CLUSTER_TAG) != cluster.name:
        return False
    return tags.get(stack_tag(key.kind)) == key.stack_id


def is_resource(tags: Mapping[str, str] | None, *, cluster: Cluster, key: StackKey, resource_id: str) -> bool:
    """Whether the tags are those of this resource of this stack."""
    if tags is None or tags.get(resource_tag(key.kind)) != resource_id:
        return False
    return is_of_stack(tags, cluster=cluster, key=key)


def is_managed(tags: Mapping[str, str] | None) -> bool:
    """Whether a controller of any cluster made the resource for an Ingress, by the keys of its tags."""
    keys = {CLUSTER_TAG, stack_tag(StackKind.INGRESS), resource_tag(StackKind.INGRESS)}
    return tags is not None and keys <= tags.keys()


def binding_labels(key: StackKey) -> dict[str, str]:
    """Labels of the TargetGroupBindings of a stack."""
    prefix = stack_tag(key.kind)
    if not key.namespace:
        return {prefix: key.name}
    return {f"{prefix}-name": key.name, f"{prefix}-namespace": key.namespace}


def _sorted(tags: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(tags.items()))
