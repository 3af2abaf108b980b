"""Ingresses under review: the few things that are refused, and what their owner is told."""

from dataclasses import replace

import pytest

from services.planner.core.objects import Ingress
from services.planner.core.review.ingresses import Verdict, review_ingress
from tests.unit.planner_core.build_inputs import CLUSTER, ingress, ingress_class, stack_input, with_params

LEGACY = {"kubernetes.io/ingress.class": "alb"}
GROUP_NAME = "alb.ingress.kubernetes.io/group.name"
STRICT = stack_input(cluster=replace(CLUSTER, refuse_class_annotation=True, refuse_group_name_annotation=True))
NO_CLASS_ANNOTATION = (
    "the annotation kubernetes.io/ingress.class is not accepted in this cluster: name the class in "
    "spec.ingressClassName"
)
NO_GROUP_ANNOTATION = (
    f"the annotation {GROUP_NAME} is not accepted in this cluster: the parameters of a class name its group"
)


def legacy(**annotations: str) -> Ingress:
    made = ingress(annotations, class_name=None)
    return replace(made, meta=replace(made.meta, annotations={**made.meta.annotations, **LEGACY}))


@pytest.mark.parametrize(
    ("new", "old", "denial"),
    [
        pytest.param(legacy(), None, NO_CLASS_ANNOTATION, id="a class by annotation, on a new Ingress"),
        pytest.param(legacy(), ingress(), NO_CLASS_ANNOTATION, id="a class by annotation, newly"),
        pytest.param(legacy(), legacy(), "", id="a class by annotation, as before"),
        pytest.param(ingress({"group.name": "a"}), None, NO_GROUP_ANNOTATION, id="a group, on a new Ingress"),
        pytest.param(
            ingress({"group.name": "b"}), ingress({"group.name": "a"}), NO_GROUP_ANNOTATION, id="another group"
        ),
        pytest.param(ingress({"group.name": "a"}), ingress({"group.name": "a"}), "", id="a group, as before"),
        pytest.param(ingress(), ingress({"group.name": "a"}), "", id="no group any more"),
        pytest.param(ingress({"group.name": "a"}, class_name="other"), None, "", id="an Ingress of another controller"),
    ],
)
def test_annotations_that_a_cluster_has_given_up(new: Ingress, old: Ingress | None, denial: str) -> None:
    classes = {"alb": ingress_class(), "other": ingress_class("other", controller="example.com/other")}
    assert review_ingress(replace(STRICT, classes=classes), new, old).denial == denial


def test_without_those_settings_they_are_accepted() -> None:
    assert review_ingress(stack_input(), legacy(**{"group.name": "a"}), None) == Verdict()


@pytest.mark.parametrize(
    ("new", "old", "is_denied"),
    [
        pytest.param(ingress(class_name="gone"), None, True, id="a new Ingress names it"),
        pytest.param(ingress(class_name="gone"), ingress(), True, id="an Ingress names it newly"),
        pytest.param(ingress(class_name="gone"), ingress(class_name="gone"), False, id="it was named before"),
    ],
)
def test_a_class_that_is_not_there(new: Ingress, old: Ingress | None, *, is_denied: bool) -> None:
    verdict = review_ingress(stack_input(), new, old)
    said = 'spec.ingressClassName: there is no IngressClass "gone"'
    assert (verdict.denial, verdict.warnings) == ((said, ()) if is_denied else ("", (said,)))
    assert verdict.missing_class is is_denied


def test_whether_the_class_admits_the_namespace_is_not_asked_here() -> None:
    inp = with_params('{"namespaceSelector": {"matchLabels": {"team": "a"}}}')
    assert review_ingress(inp, ingress(), None) == Verdict()


@pytest.mark.parametrize(
    ("annotations", "denial", "warnings"),
    [
        pytest.param(
            {"scheme": "public"},
            "",
            ["alb.ingress.kubernetes.io/scheme: the value"],
            id="a value that is not accepted is a warning",
        ),
        pytest.param(
            {"shceme": "internal"},
            "",
            ["alb.ingress.kubernetes.io/shceme: the annotation is not known"],
            id="a name that is not known is a warning",
        ),
        pytest.param(
            {"conditions.app": "[{"},
            "alb.ingress.kubernetes.io/conditions.app: the value",
            [],
            id="conditions of a backend that cannot be read are refused",
        ),
        pytest.param(
            {"conditions.nobody": "[{"},
            "",
            ["alb.ingress.kubernetes.io/conditions.nobody: the value"],
            id="conditions of no backend are a warning",
        ),
    ],
)
def test_annotations(annotations: dict[str, str], denial: str, warnings: list[str]) -> None:
    verdict = review_ingress(stack_input(), ingress(annotations), None)
    assert verdict.denial.startswith(denial)
    assert bool(verdict.denial) is bool(denial)
    assert len(verdict.warnings) == len(warnings)
    assert all(said.startswith(begin) for said, begin in zip(verdict.warnings, warnings, strict=True))
