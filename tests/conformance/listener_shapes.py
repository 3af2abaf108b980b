"""What a secure listener has beside its actions, desired and recorded, in one shape; and attributes of listeners."""

from typing import Any

from services.planner.core.aws import MutualAuthentication
from services.planner.core.desired import DesiredListener
from services.planner.core.parse import listener as parse_listener
from tests.conformance.recordings import symbols

Shape = dict[str, Any]

_PLAIN = ("HTTP", "TCP")


def desired_security(listener: DesiredListener) -> Shape:
    """Policy, certificates and mutual authentication; nothing for a plain listener."""
    if listener.protocol in _PLAIN:
        return {}
    arns = [symbols()[arn] for arn in listener.certificates]
    return {
        "policy": listener.ssl_policy,
        "default": arns[0],
        "certificates": sorted(arns),
        "mutual": listener.mutual_authentication or MutualAuthentication(mode="off"),
    }


def recorded_security(listener: Shape) -> Shape:
    """The same of a recorded listener; moto gives a policy to plain ones, too."""
    if listener["protocol"] in _PLAIN:
        return {}
    (default,) = listener["defaultCert"]
    described = {"ListenerArn": "", "Port": 1, "Protocol": "HTTPS", "MutualAuthentication": listener["mtls"]}
    return {
        "policy": listener["sslPolicy"],
        "default": default,
        "certificates": listener["extraCerts"],
        "mutual": parse_listener(described, None, None, "").mutual_authentication,
    }


def asked_attributes(model: list[Shape] | None, actual: Shape) -> Shape:
    """Attributes that the reference controller's own model names; all others are moto's."""
    asked = {entry["Key"]: entry["Value"] for entry in model or ()}
    assert asked.items() <= actual.items()
    return asked
