"""moto lists its package directory twice a request; here once a process. Installed by the package."""

from __future__ import annotations

import moto.backends

from sandbox.aws.patches.patching import Patches


def install(patches: Patches) -> None:
    """Section 6.1: half of the cost of a small call is that listing."""
    modules = frozenset(moto.backends.list_of_moto_modules())
    patches.replace(moto.backends, "list_of_moto_modules", lambda: modules)
