"""AWS's answer where moto gives another: one module a theme, each function with its row of aws-elbv2, section 6.

The server installs them when it starts and takes them away when it stops. Load balancing itself is no part of moto
here (`sandbox.aws.elbv2`): these patches also tell the other services what they have to know of it.
"""

from __future__ import annotations

from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.patches import (
    certificates,
    dispatch,
    network_interfaces,
    security_groups,
    subnets,
    tagging_api,
    web_acls,
)
from sandbox.aws.patches.patching import Patches


def install(elbv2: Elbv2) -> Patches:
    """Patch moto, in this process, until `undo` of what is given back."""
    patches = Patches()
    for independent in (dispatch, network_interfaces, subnets):
        independent.install(patches)
    for dependent in (certificates, security_groups, tagging_api, web_acls):
        dependent.install(patches, elbv2)
    return patches
