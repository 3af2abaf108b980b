"""What holds for the whole test run: kubectl, time limits, the hypothesis profile, and what was left out."""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.integration.harness.fixtures",)

NEEDS_KUBECTL = "needs kubectl"
PROCESS_TIMEOUT_SECONDS = 300
"""For a test that starts processes; a test that needs more says so with `pytest.mark.timeout`."""

LONG = ("test_e2e_crash.py", "test_e2e_never_shrinks.py", "test_end_to_end.py", "test_cli_up.py", "test_e2e_sixty.py")
"""Files that take longest, the longest first; after them come the other tests of whole processes."""

# Deadlines of single examples are time-based verdicts, which a busy machine makes wrong.
settings.register_profile("ci", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs kubectl where there is none, gives tests of whole processes their time, and puts files that
    take long first: when those are handed out last, the other workers have nothing to do beside them.
    """
    items.sort(key=_turn)
    no_kubectl = shutil.which("kubectl") is None
    for item in items:
        if no_kubectl and item.get_closest_marker("kubectl"):
            item.add_marker(pytest.mark.skip(reason=NEEDS_KUBECTL))
        if _of_processes(item) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(PROCESS_TIMEOUT_SECONDS))


def _turn(item: pytest.Item) -> int:
    if item.path.name in LONG:
        return LONG.index(item.path.name)
    return len(LONG) + (0 if _of_processes(item) else 1 if "contract" in item.path.parts else 2)


def _of_processes(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("integration", "faults"))


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure(config: pytest.Config) -> Iterator[None]:
    """Ends the output with the number of tests that a missing kubectl left out."""
    yield
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        left_out = sum(NEEDS_KUBECTL in str(report.longrepr) for report in reporter.stats.get("skipped", ()))
        reporter.write_line(f"left out without kubectl: {left_out}")
