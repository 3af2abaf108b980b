"""Writes the generated pages: `python -m docs.generator`; `--check` only says whether one is stale (exit code 1)."""

import sys
from collections.abc import Mapping
from pathlib import Path

from docs.generator.annotation_pages import annotation_pages
from docs.generator.settings_page import settings_page

REFERENCE = Path(__file__).parents[1] / "reference"


def pages() -> Mapping[str, str]:
    """Texts by file name below docs/reference."""
    return {**annotation_pages(), "settings.md": settings_page()}


def stale() -> list[str]:
    """Names of pages that are not as the code says, of those that are left over too."""
    made = pages()
    kept = {str(path.relative_to(REFERENCE)) for path in (REFERENCE / "annotations").glob("*.md")}
    changed = {n for n, text in made.items() if not (REFERENCE / n).is_file() or (REFERENCE / n).read_text() != text}
    return sorted(changed | (kept - made.keys()))


def main() -> None:
    names = stale()
    if "--check" in sys.argv[1:]:
        if names:
            sys.exit(f"stale: {', '.join(names)}; write them anew with: python -m docs.generator")
        return
    made = pages()
    for name in names:
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in made:
            path.write_text(made[name])
        else:
            path.unlink()


if __name__ == "__main__":
    main()
