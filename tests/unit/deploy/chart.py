"""The chart as text and as data, for tests that need no helm."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "chart"
SERVICES = ("watcher", "planner", "executor")

REQUIRED: Mapping[str, Any] = {
    "clusterName": "shop",
    "region": "eu-west-1",
    "vpcId": "vpc-1",
    "image": {"repository": "registry.example/elbow"},
}
"""What an installer has to say."""

Rule = tuple[str, str, str]
"""API group, resource, verb."""


def values() -> dict[str, Any]:
    """The chart's defaults."""
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return found


def template(name: str) -> str:
    """The text of one template."""
    return (CHART / "templates" / name).read_text()


def block(text: str, name: str) -> str:
    """The body of `define "name"`, without comments of the template language."""
    found = re.search(rf'define "{re.escape(name)}" -}}}}\n(.*?)\n{{{{- end }}}}', text, re.DOTALL)
    assert found, f"no block {name}"
    return found[1]


def granted(rules: object) -> set[Rule]:
    """Each permission of a list of rules by itself."""
    assert isinstance(rules, list)
    return set(_granted(rules))


def _granted(rules: list[Any]) -> Iterator[Rule]:
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb


def permissions(name: str) -> set[Rule]:
    """What the rules of one block of `_rules.tpl` grant."""
    return granted(yaml.safe_load(block(template("_rules.tpl"), name)))
