"""The import rules of pyproject.toml hold, and what they cannot express."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CORES = ("services/watcher/core", "services/planner/core", "services/executor/core")


def test_the_import_rules_hold() -> None:
    # In a process of its own: import-linter sets up logging for all that run beside it.
    checked = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def clock_reads(source: str) -> Iterator[int]:
    """Lines that ask `datetime` or `date` what time it is; import-linter sees modules only, not their functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            yield node.lineno


@pytest.mark.parametrize("core", CORES)
def test_a_core_does_not_read_the_clock(core: str) -> None:
    found = [f"{path}:{line}" for path in (ROOT / core).rglob("*.py") for line in clock_reads(path.read_text())]
    assert found == []


def test_a_clock_read_is_found() -> None:
    assert list(clock_reads("from datetime import UTC, datetime\nstarted = datetime.now(UTC)\n")) == [2]


def otel_sdk_imports(source: str) -> Iterator[str]:
    """Modules of the SDK or of its exporters that a source imports; import-linter sees only the top package."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")))


def test_only_telemetry_imports_the_sdk() -> None:
    sources = [path for folder in ("services", "sandbox") for path in (ROOT / folder).rglob("*.py")]
    users = {path.relative_to(ROOT).as_posix() for path in sources if list(otel_sdk_imports(path.read_text()))}
    assert users == {"services/runtime/telemetry.py"}
