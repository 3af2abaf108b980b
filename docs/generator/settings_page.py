"""The page of settings: those of the three services, and what became of the reference controller's flags."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from docs.generator.reference_flags import FLAGS
from services.executor.settings import ExecutorSettings
from services.planner.settings import PlannerSettings
from services.runtime.settings import ServerSettings
from services.watcher.settings import WatcherSettings

_HEAD = "<!-- Made by python -m docs.generator from the settings of the services. -->"

SERVICES: Mapping[str, type[BaseSettings]] = {
    "watcher": WatcherSettings,
    "planner": PlannerSettings,
    "executor": ExecutorSettings,
}


def flags(settings: type[BaseModel], *, prefix: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    """Flag, environment variable and field of every setting, groups unfolded."""
    for name, field in settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from flags(field.annotation, prefix=f"{prefix}{name}_")
            continue
        full = f"{prefix}{name}"
        yield f"--{full.replace('_', '-')}", _variable(full, field), field


def settings_page() -> str:
    """The text of the page."""
    lines = [
        _HEAD,
        "# Settings",
        "",
        "Every setting is a flag and an environment variable of one service; flags win. `elbow up` hands its own",
        "environment to all three, and flags by `--watcher-arg`, `--planner-arg` and `--executor-arg`. A boolean flag",
        "`--x` is switched off by `--no-x` or `--x=false`.",
        "",
        "## All services",
        "",
        *_table(ServerSettings, without=()),
    ]
    common = tuple(flag for flag, _, _ in flags(ServerSettings))
    for name, settings in SERVICES.items():
        lines += [f"## {name.capitalize()}", "", *_table(settings, without=common)]
    lines += _of_reference()
    return "\n".join(lines) + "\n"


def _of_reference() -> list[str]:
    lines = [
        "## Flags of aws-load-balancer-controller",
        "",
        "What each of its flags is here. Where one is not applicable, the reason is given.",
        "",
        "| Its flag | Here | Remark |",
        "|---|---|---|",
    ]
    for flag, (place, remark) in FLAGS.items():
        service, _, name = place.partition(" ")
        here = f"`{name}` of the {service}" if name else (place or "not applicable")
        lines.append(f"| `--{flag}` | {here} | {remark} |")
    return lines


def _table(settings: type[BaseModel], *, without: tuple[str, ...]) -> list[str]:
    rows = ["| Flag | Variable | Default | Meaning |", "|---|---|---|---|"]
    for flag, variable, field in flags(settings):
        if flag not in without:
            rows.append(f"| `{flag}` | `{variable}` | {_default(field)} | {_cell(field.description or '')} |")
    return [*rows, ""]


def _variable(name: str, field: FieldInfo) -> str:
    alias: Any = field.validation_alias
    if isinstance(alias, str):
        return alias.upper()
    if alias is not None:
        return str(alias.choices[-1]).upper()
    return f"ELBOW_{name.upper()}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None or field.default == "":
        return ""
    return f"`{field.default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
