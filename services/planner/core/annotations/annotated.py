"""Reading the annotations of one object, and checking all of them at once.

The build checks every object that takes part before it reads: what is wrong is found there, with its place, whether or
not it would have been read. Reading a value that the check refused gives None, as if it were absent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from services.planner.core.annotations import ingress, service_nlb
from services.planner.core.annotations.annotation import PREFIX, Annotation
from services.planner.core.annotations.nearest import nearest
from services.planner.core.annotations.values import BadValueError, quoted
from services.planner.core.findings import Findings
from services.planner.core.objects import Kind, Meta, ObjectRef
from services.planner.core.problems import Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """The annotations of one object, by full key."""

    where: ObjectRef
    values: Mapping[str, str]

    def get(self, annotation: Annotation[T]) -> T | None:
        """The value, or None where it is absent or not acceptable."""
        return self.named(annotation, "")

    def named(self, family: Annotation[T], name: str) -> T | None:
        """The value of the annotation of that name in a family, or None where it is absent or not acceptable."""
        raw = self.values.get(f"{family.key}{name}")
        if raw is None:
            return None
        try:
            return family.parse(raw)
        except BadValueError:
            return None

    def family(self, annotation: Annotation[T]) -> dict[str, T]:
        """The values of a family by what the user chose of the key, sorted, without those that are not acceptable."""
        found = {}
        for key in sorted(k for k in self.values if k.startswith(annotation.key)):
            try:
                found[key.removeprefix(annotation.key)] = annotation.parse(self.values[key])
            except BadValueError:
                continue
        return found


def annotated(kind: Kind, meta: Meta) -> Annotated:
    """The annotations of the object of that kind."""
    return Annotated(where=ObjectRef(kind=kind, namespace=meta.namespace, name=meta.name), values=meta.annotations)


def first(annotation: Annotation[T], *objects: Annotated | None) -> T | None:
    """The value of the first object that carries the annotation, acceptable or not."""
    for candidate in objects:
        if candidate is not None and annotation.key in candidate.values:
            return candidate.get(annotation)
    return None


def check(subject: Annotated, findings: Findings, *, unread: Collection[str] = ()) -> None:
    """Finds everything that is wrong with the annotations of the object: values that are not accepted, values that are
    not built yet, and (as warnings) names that are not known. `unread`: keys of annotations that nothing refers to."""
    for key in sorted(subject.values):
        if key in unread:
            message = "no backend of this Ingress has this name: it is not read"
            findings.warning(subject.where, Reason.UNKNOWN_ANNOTATION, message, field=key)
        elif key.startswith(PREFIX):
            _check_known(subject, key, findings)
        elif key.startswith(service_nlb.PREFIX) and subject.where.kind is Kind.SERVICE:
            _check_service_name(subject, key, findings)


def _check_known(subject: Annotated, key: str, findings: Findings) -> None:
    name = key.removeprefix(PREFIX)
    if name in ingress.WRITTEN_BY_CONTROLLERS:
        return
    annotation = ingress.find(name)
    if annotation is None:
        _unknown(subject, key, nearest(name, ingress.CATALOGUE), PREFIX, findings)
        return
    if subject.where.kind is Kind.SERVICE and not annotation.on_service:
        findings.warning(subject.where, Reason.UNKNOWN_ANNOTATION, "read on an Ingress, not on a Service", field=key)
        return
    _check_value(subject, key, annotation, findings)


def _check_value(subject: Annotated, key: str, annotation: Annotation[Any], findings: Findings) -> None:
    raw = subject.values[key]
    try:
        value = annotation.parse(raw)
    except BadValueError as bad:
        findings.problem(
            subject.where, Reason.INVALID_ANNOTATION, f"the value {quoted(raw)} is not accepted: {bad}", field=key
        )
        return
    if not annotation.supports(value):
        findings.problem(
            subject.where,
            Reason.NOT_SUPPORTED_YET,
            f"the value {quoted(raw)} is not supported yet",
            field=key,
        )


def check_network_load_balancer(subject: Annotated, findings: Findings) -> None:
    """The same for a Service that asks for a network load balancer, and the annotations that say how it is to be."""
    for key in sorted(subject.values):
        if not key.startswith(service_nlb.PREFIX):
            continue
        annotation = service_nlb.find(key.removeprefix(service_nlb.PREFIX))
        if annotation is None:
            _check_service_name(subject, key, findings)
        else:
            _check_value(subject, key, annotation, findings)


def _check_service_name(subject: Annotated, key: str, findings: Findings) -> None:
    name = key.removeprefix(service_nlb.PREFIX)
    if service_nlb.find(name) is None and not service_nlb.is_foreign(name):
        _unknown(subject, key, nearest(name, service_nlb.CATALOGUE), service_nlb.PREFIX, findings)


def _unknown(subject: Annotated, key: str, suggestion: str | None, prefix: str, findings: Findings) -> None:
    hint = f", did you mean {prefix}{suggestion}?" if suggestion else ""
    findings.warning(subject.where, Reason.UNKNOWN_ANNOTATION, f"the annotation is not known{hint}", field=key)
