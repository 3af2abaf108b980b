"""The manifests of a scenario, with the values of an account in the place of their placeholders."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent
SCENARIOS = ROOT / "scenarios"
RECORDED = ROOT / "recorded"

_PLACEHOLDER = re.compile(r"\$\{(\w+)(?::([\w-]+))?\}")
_DELETES = ".delete.yaml"

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: objects to apply, or to delete."""

    name: str
    """As the recording of the step is called."""
    objects: tuple[Raw, ...]
    deletes: bool


def steps(scenario: str, world: Mapping[str, Any]) -> Iterator[Step]:
    """The steps of a scenario in order. Raises KeyError for a placeholder that the world has no value for."""
    for path in sorted((SCENARIOS / scenario).glob("[0-9]*.yaml")):
        text = _PLACEHOLDER.sub(lambda found: _value(world, found[1], found[2]), path.read_text())
        yield Step(
            name=path.name.removesuffix(".yaml"),
            objects=tuple(item for item in yaml.safe_load_all(text) if item),
            deletes=path.name.endswith(_DELETES),
        )


def _value(world: Mapping[str, Any], kind: str, name: str | None) -> str:
    values: Mapping[tuple[str, str | None], str] = {
        ("sg", "custom"): world["custom_sg"],
        ("acl", None): world["acl"],
        **{("cert", key): value for key, value in world["certs"].items()},
        **{("subnet", key): value for key, value in world["subnets"].items()},
        **{("tg", key): value for key, value in world["tgs"].items()},
        **{("eip", str(number)): value for number, value in enumerate(world["eips"])},
    }
    return values[kind, name]
