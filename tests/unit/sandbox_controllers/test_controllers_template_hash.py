"""The hash that names a revision."""

import re

from sandbox.kubernetes.controllers.template_hash import LABEL, same_template, template_hash

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}


def test_the_same_template_has_the_same_hash_whatever_the_order_of_its_fields() -> None:
    other_order = {"spec": TEMPLATE["spec"], "metadata": TEMPLATE["metadata"]}
    assert template_hash(other_order, 0) == template_hash(TEMPLATE, 0)


def test_another_template_and_another_try_have_other_hashes() -> None:
    changed = {**TEMPLATE, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
    assert len({template_hash(TEMPLATE, 0), template_hash(changed, 0), template_hash(TEMPLATE, 1)}) == 3


def test_the_hash_can_be_part_of_a_name() -> None:
    assert re.fullmatch(r"[bcdfghjklmnpqrstvwxz2456789]{1,10}", template_hash(TEMPLATE, 0))


def test_templates_are_the_same_apart_from_the_hash_label() -> None:
    labelled = {**TEMPLATE, "metadata": {"labels": {"app": "web", LABEL: "abc"}}}
    assert same_template(TEMPLATE, labelled)
    assert not same_template(TEMPLATE, {**TEMPLATE, "metadata": {"labels": {"app": "other"}}})
