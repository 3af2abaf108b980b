"""Tags that objects ask for (ingress behaviour, section 4.1; naming and tags, section 4)."""

from collections.abc import Mapping

from services.planner.core.annotations.annotated import Annotated
from services.planner.core.annotations.ingress.load_balancer import TAGS
from services.planner.core.class_params import ClassParams
from services.planner.core.findings import Findings
from services.planner.core.inputs import Cluster
from services.planner.core.objects import ObjectRef
from services.planner.core.problems import Reason


def asked_tags(
    cluster: Cluster, findings: Findings, *, params: ClassParams | None, objects: tuple[Annotated, ...]
) -> Mapping[str, str]:
    """Tags by key: the parameters of the class win over the annotations, an earlier object over a later one. A key that
    the installation leaves to others to manage is a problem of the object that asks for it."""
    asked: dict[str, str] = {}
    for subject in reversed(objects):
        own = subject.get(TAGS) or {}
        refuse_external(cluster, findings, subject.where, TAGS.key, own)
        asked.update(own)
    if params is not None:
        refuse_external(cluster, findings, params.where, "spec.tags", params.tags)
        asked.update(params.tags)
    return dict(sorted(asked.items()))


def refuse_external(cluster: Cluster, findings: Findings, where: ObjectRef, field: str, own: Mapping[str, str]) -> None:
    """Finds tags among an object's `own` that the installation leaves to others."""
    external = sorted(cluster.external_managed_tags & own.keys())
    if external:
        listed = ", ".join(external)
        findings.problem(
            where,
            Reason.INVALID_ANNOTATION,
            f"tags that are left to others to manage (external managed tags): {listed}",
            field=field,
        )
