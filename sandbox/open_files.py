"""How many sockets this process may have: each port of each pod takes one, and so does each connection."""

import contextlib
import resource


def raise_limit() -> None:
    """Use as many open files as the system allows; what it allows is then the limit for the number of pods."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Where the hard limit is unlimited, some systems refuse it as a soft one: then things stay as they are.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
