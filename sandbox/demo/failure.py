"""Why the demo did not show what it should."""

from sandbox.stage.failure import StageError


class DemoError(StageError):
    """An expectation that did not hold, in words for the one who watches."""
