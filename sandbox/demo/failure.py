"""Why the demo did not show what it should."""


class DemoError(Exception):
    """An expectation that did not hold, in words for the one who watches."""
