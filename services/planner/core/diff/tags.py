"""Tags of standing resources brought up to date (naming and tags, section 5)."""

from collections.abc import Iterable, Mapping, Sequence

from services.planner.core.draft import Draft
from services.planner.core.inputs import Cluster
from services.planner.core.plans import FieldChange, Json
from services.planner.core.tags import CLUSTER_TAG

_LEGACY_KEYS = frozenset(
    {
        "kubernetes.io/cluster-name",
        "kubernetes.io/namespace",
        "kubernetes.io/ingress-name",
        "kubernetes.io/service-name",
        "kubernetes.io/service-port",
        "ingress.k8s.aws/cluster",
    }
)


def kept_keys(cluster: Cluster) -> frozenset[str]:
    """Keys of load balancers, target groups and security groups that are left alone: others' and former controllers'.

    Of listeners and rules only those of `Cluster.external_managed_tags` are.
    """
    return cluster.external_managed_tags | _LEGACY_KEYS | {f"kubernetes.io/cluster/{cluster.name}"}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, Json]]:
    """Tags as AWS takes them, sorted by key."""
    return [{"Key": k, "Value": v} for k, v in sorted(tags.items())]


def tag_changes(
    desired: Mapping[str, str], found: Mapping[str, str] | None, kept: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """Tags to set and keys to remove. `kept` keys and those of AWS itself are left alone; unread tags change nothing.

    The cluster's ownership tag is never touched: policies forbid it, and resources without it are not ours.
    """
    if found is None:
        return {}, []
    left = {*kept, CLUSTER_TAG}
    put = {k: v for k, v in desired.items() if found.get(k) != v and k not in left}
    gone = [k for k in found if k not in desired and k not in left and not k.startswith("aws:")]
    return dict(sorted(put.items())), sorted(gone)


def diff_elb_tags(
    draft: Draft,
    step: str,
    arn: str,
    changes: tuple[dict[str, str], Sequence[str]],
    after: Iterable[str] = (),
) -> list[FieldChange]:
    """Steps that change the tags of one load balancing resource; answers the differing fields."""
    put, gone = changes
    if put:
        draft.call(f"tag-{step}", "elbv2", "AddTags", {"ResourceArns": [arn], "Tags": tag_list(put)}, after)
    if gone:
        draft.call(f"untag-{step}", "elbv2", "RemoveTags", {"ResourceArns": [arn], "TagKeys": list(gone)}, after)
    return tag_fields(changes)


def tag_fields(changes: tuple[dict[str, str], Sequence[str]]) -> list[FieldChange]:
    """The tag changes for people."""
    put, gone = changes
    return [
        *(FieldChange(field=f"tags.{k}", new=v) for k, v in put.items()),
        *(FieldChange(field=f"tags.{k}", old="") for k in gone),
    ]
