"""The reference pages say what the code says, of every annotation and every setting."""

import re
from pathlib import Path

import pytest

from docs.generator.__main__ import REFERENCE, stale
from docs.generator.annotation_pages import refusals
from docs.generator.reference_flags import FLAGS
from docs.generator.settings_page import SERVICES, flags
from services.planner.core.annotations import ingress, service_nlb
from services.planner.core.annotations.annotation import Annotation

EVERY_ANNOTATION = [*ingress.CATALOGUE.values(), *service_nlb.CATALOGUE.values()]
TITLE = re.compile(r"^## `(?P<key>[^`]+)`$", re.MULTILINE)


def titles(pages: Path) -> list[str]:
    return sorted(key for page in pages.glob("*.md") for key in TITLE.findall(page.read_text()))


def test_the_pages_have_every_annotation_of_the_code_and_no_other() -> None:
    known = sorted(f"{a.key}<name>" if a.family else a.key for a in EVERY_ANNOTATION)
    assert titles(REFERENCE / "annotations") == known


def test_no_page_is_stale() -> None:
    assert stale() == []


@pytest.mark.parametrize("annotation", [pytest.param(a, id=a.key) for a in EVERY_ANNOTATION])
def test_every_annotation_says_what_it_takes_what_holds_without_it_and_what_it_does(
    annotation: Annotation[object],
) -> None:
    assert annotation.value
    assert annotation.default
    assert annotation.effect.endswith(".")


def test_a_refusal_is_the_parsers_own() -> None:
    assert refusals(ingress.CATALOGUE["scheme"]) == ["accepted are internal, internet-facing"]


def test_every_flag_of_the_reference_controller_has_a_place_or_a_reason() -> None:
    made = {f"{name} {flag}" for name, settings in SERVICES.items() for flag, _, _ in flags(settings)}
    assert [flag for flag, (place, _) in FLAGS.items() if place and place not in made] == []
    assert [flag for flag, (place, remark) in FLAGS.items() if not place and not remark] == []


def test_every_setting_says_what_it_means() -> None:
    silent = [flag for settings in SERVICES.values() for flag, _, field in flags(settings) if not field.description]
    assert silent == []
