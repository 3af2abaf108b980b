"""Ingresses that are about to be written: what is refused, and what their owner is told (targets and readiness,
section 9). Only what concerns this controller.

What is refused is little: a wrong annotation is reported where all is, on the Ingress, and keeps what stands. Here its
owner hears of it at once, as a warning.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.planner.core.annotations.annotated import annotated, check
from services.planner.core.annotations.ingress.load_balancer import GROUP_NAME
from services.planner.core.annotations.ingress.routing import CONDITIONS
from services.planner.core.classes import CLASS_ANNOTATION, NotOurs, Ours, load_class
from services.planner.core.findings import Findings
from services.planner.core.inputs import Cluster, StackInput
from services.planner.core.objects import Ingress, Kind
from services.planner.core.problems import Problem, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`denial`: why the Ingress cannot be written, empty when it can. `missing_class`: because its class is not known,
    which it may be in a moment. `warnings`: sentences for its owner."""

    denial: str = ""
    missing_class: bool = False
    warnings: tuple[str, ...] = ()


def review_ingress(inp: StackInput, ingress: Ingress, old: Ingress | None) -> Verdict:
    """The verdict on the Ingress; `old` None: a new one. `inp`: the classes and namespaces as they are known."""
    found = load_class(ingress, inp)
    if isinstance(found, NotOurs):
        return Verdict()
    refused = _newly_annotated(inp.cluster, ingress, old)
    if refused:
        return Verdict(denial=refused)
    if isinstance(found, Problem):
        return _of_class(found, ingress, old)
    findings = Findings()
    check(annotated(Kind.INGRESS, ingress.meta), findings)
    of_conditions = next((p for p in findings.problems if _is_of_conditions(ingress, p)), None)
    if of_conditions is not None:
        return Verdict(denial=_sentence(of_conditions))
    return Verdict(warnings=tuple(_warnings(findings, found)))


def _of_class(problem: Problem, ingress: Ingress, old: Ingress | None) -> Verdict:
    """A class that is named anew has to be there; one that was named before may have gone."""
    named_before = old is not None and old.class_name == ingress.class_name
    if problem.reason is not Reason.INVALID_INGRESS_CLASS or named_before or ingress.class_name is None:
        return Verdict(warnings=(_sentence(problem),))
    return Verdict(denial=_sentence(problem), missing_class=True)


def _newly_annotated(cluster: Cluster, ingress: Ingress, old: Ingress | None) -> str:
    for refused, key, instead in (
        (cluster.refuse_class_annotation, CLASS_ANNOTATION, "name the class in spec.ingressClassName"),
        (cluster.refuse_group_name_annotation, GROUP_NAME.key, "the parameters of a class name its group"),
    ):
        before = old.meta.annotations.get(key) if old is not None else None
        if refused and ingress.meta.annotations.get(key, before) != before:
            return f"the annotation {key} is not accepted in this cluster: {instead}"
    return ""


def _is_of_conditions(ingress: Ingress, problem: Problem) -> bool:
    if problem.reason is not Reason.INVALID_ANNOTATION or not problem.field.startswith(CONDITIONS.key):
        return False
    name = problem.field.removeprefix(CONDITIONS.key)
    return any(path.backend.service_name == name for rule in ingress.rules for path in rule.paths)


def _warnings(findings: Findings, found: Ours) -> Iterator[str]:
    yield from map(_sentence, findings.problems)
    yield from map(_sentence, findings.warnings)
    if found.params is not None:
        yield from (f"{problem.where}: {_sentence(problem)}" for problem in found.params.problems)


def _sentence(problem: Problem) -> str:
    return f"{problem.field}: {problem.message}" if problem.field else problem.message
