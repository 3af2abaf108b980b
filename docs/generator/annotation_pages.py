"""One page per family of annotations: what the planner's catalogues say of each, and the errors of their parsers."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.planner.core.annotations import ingress, service_nlb
from services.planner.core.annotations.annotation import Annotation, Merge
from services.planner.core.annotations.values import BadValueError

_INDEX = "annotations/README.md"
_HEAD = "<!-- Made by python -m docs.generator from the catalogues of annotations. -->"

# Values of which at least one is refused by every parser that refuses any.
_SAMPLES = ("no such value", "", "{}", "[]", "=", "a=" + "v" * 2_000, "-1", "99999999999")


def annotation_pages() -> Mapping[str, str]:
    """Texts by file name below docs/reference."""
    families = {
        **{f"ingress-{_slug(name)}": ("Ingress", name, family) for name, family in ingress.FAMILIES.items()},
        **{f"service-{_slug(name)}": ("Service", name, family) for name, family in service_nlb.FAMILIES.items()},
    }
    pages = {f"annotations/{slug}.md": _page(kind, name, family) for slug, (kind, name, family) in families.items()}
    return {**pages, _INDEX: _index(families)}


def refusals(annotation: Annotation[Any]) -> list[str]:
    """What values that are not accepted are answered with; none where every text is a value."""
    found: dict[str, None] = {}
    for sample in _SAMPLES:
        try:
            annotation.parse(sample)
        except BadValueError as bad:
            found.setdefault(" ".join(str(bad).replace("`", "'").split()))
    return list(found)


def _index(families: Mapping[str, tuple[str, str, Iterable[Annotation[Any]]]]) -> str:
    lines = [_HEAD, "# Annotations", "", "| Object | Family | Annotations |", "|---|---|---|"]
    for slug, (kind, name, family) in families.items():
        keys = ", ".join(f"`{_shown(a)}`" for a in family)
        lines.append(f"| {kind} | [{name}]({slug}.md) | {keys} |")
    return "\n".join(lines) + "\n"


def _page(kind: str, name: str, family: Iterable[Annotation[Any]]) -> str:
    lines = [_HEAD, f"# {kind}: {name}", ""]
    for annotation in family:
        lines += _entry(kind, annotation)
    return "\n".join(lines)


def _entry(kind: str, annotation: Annotation[Any]) -> list[str]:
    rows = [
        ("Value", annotation.value),
        ("Default", annotation.default),
        ("Read on", _places(kind, annotation)),
        *((("In a group", str(annotation.merge)),) if kind == "Ingress" else ()),
        ("Effect", annotation.effect),
        ("Errors", "; ".join(f"`{text}`" for text in refusals(annotation)) or "none: every text is a value"),
    ]
    return [f"## `{annotation.prefix}{_shown(annotation)}`", "", *(f"* **{k}:** {v}" for k, v in rows), ""]


def _places(kind: str, annotation: Annotation[Any]) -> str:
    if kind == "Service":
        return "Service"
    if not annotation.on_service:
        return "Ingress"
    either = annotation.merge is Merge.ANY
    return "Ingress and Service, either enables it" if either else "Ingress and Service, the Service's value wins"


def _shown(annotation: Annotation[Any]) -> str:
    return f"{annotation.name}<name>" if annotation.family else annotation.name


def _slug(name: str) -> str:
    return name.replace(" ", "-")
