"""A member of an ingress group as it was when the group was last planned with it: what it falls back to when an edit of
it, or of what it refers to, cannot be planned (architecture, section 5).

Made for every member that a build accepts, kept by `records`, and put in the place of a member by the judging of a
group.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.planner.core.annotations.annotated import annotated
from services.planner.core.annotations.annotation import PREFIX
from services.planner.core.annotations.service_nlb import PREFIX as SERVICE_PREFIX
from services.planner.core.class_params import parse_class_params
from services.planner.core.classes import CLASS_ANNOTATION
from services.planner.core.desired import Member
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import Ingress, IngressClassParams, Kind, Meta, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The Ingress, the Services that it names, and the parameters of its class, each without what Kubernetes and
    controllers write: namespace, name, annotations that are read, and spec."""

    ingress: Ingress
    services: tuple[Service, ...] = field(default=())
    params: IngressClassParams | None = None


def accepted_version(inp: StackInput, member: Active, services: Iterable[str]) -> Accepted:
    """The member as it is planned with now; `services`: names of those that it refers to."""
    found = (inp.services.get((member.ref.namespace, name)) for name in sorted(services))
    params = inp.class_params.get(member.params.where.name) if member.params is not None else None
    return Accepted(
        ingress=replace(member.ingress, meta=_bare(member.ingress.meta), load_balancer=()),
        services=tuple(replace(s, meta=_bare(s.meta), load_balancer=()) for s in found if s is not None),
        params=replace(params, meta=_bare(params.meta)) if params is not None else None,
    )


def restored(inp: StackInput, ingress: Ingress, member: Member, version: Accepted) -> Active:
    """The member as it was accepted: the objects that stand, with the annotations and the spec of the version."""
    then = version.ingress
    was = replace(
        then, meta=replace(ingress.meta, annotations=then.meta.annotations), load_balancer=ingress.load_balancer
    )
    return Active(
        ingress=was,
        member=replace(member, quarantined=True),
        annotated=annotated(Kind.INGRESS, was.meta),
        params=parse_class_params(version.params) if version.params is not None else None,
        services={(s.meta.namespace, s.meta.name): _standing(inp, s) for s in version.services},
    )


def _standing(inp: StackInput, then: Service) -> Service:
    now = inp.services.get((then.meta.namespace, then.meta.name))
    return then if now is None else replace(then, meta=replace(now.meta, annotations=then.meta.annotations))


def _bare(meta: Meta) -> Meta:
    return Meta(name=meta.name, namespace=meta.namespace, annotations=_read(meta.annotations))


def _read(annotations: Mapping[str, str]) -> dict[str, str]:
    prefixes = (PREFIX, SERVICE_PREFIX)
    return {k: v for k, v in sorted(annotations.items()) if k == CLASS_ANNOTATION or k.startswith(prefixes)}
