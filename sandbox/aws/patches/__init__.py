"""AWS's answer where moto gives another: one module a theme, each function with its row of aws-elbv2, section 6.

The server installs them when it starts and takes them away when it stops. What is not here answers as moto does:
actions and conditions are given back as they were sent (row 19), HTTP health checks of a Network Load Balancer's group
have the defaults of an Application Load Balancer's (row 20), SSL policies are moto's (row 26), and what moto does not
implement is refused with `NotImplemented` (row 27).
"""

from __future__ import annotations

from sandbox.aws.health import HealthSwitch
from sandbox.aws.patches import (
    attributes,
    capacity,
    certificates,
    dispatch,
    listeners,
    load_balancers,
    network_interfaces,
    rules,
    security_groups,
    tagging_api,
    tags,
    target_groups,
    targets,
    trust_stores,
    web_acls,
)
from sandbox.aws.patches.patching import Patches

_MODULES = (
    attributes,
    capacity,
    certificates,
    dispatch,
    listeners,
    load_balancers,
    network_interfaces,
    rules,
    security_groups,
    tagging_api,
    tags,
    target_groups,
    trust_stores,
    web_acls,
)


def install(health: HealthSwitch) -> Patches:
    """Patch moto, in this process, until `undo` of what is given back."""
    patches = Patches()
    for module in _MODULES:
        module.install(patches)
    targets.install(patches, health)
    return patches
