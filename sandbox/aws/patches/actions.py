"""Actions of listeners and rules: which target groups they forward to, and which load balancer those serve.

Used by the patches of listeners, rules and load balancers.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.models import FakeAction

from sandbox.aws.patches.lookup import find_target_group
from sandbox.aws.patches.patching import refusal

Actions = Sequence[Mapping[str, Any]]


def make_actions(backend: Any, actions: Actions, *, port: int | None, protocol: str) -> list[Any]:
    """moto's actions, validated for a listener of that port and protocol; a jwt-validation action is kept, which moto
    would refuse (section 6, row 18)."""
    made = [FakeAction(copy.deepcopy(dict(action))) for action in actions]
    backend._validate_actions([action for action in made if action.type != "jwt-validation"])
    for action in made:
        _check_redirect(action.data.get("RedirectConfig"), port, protocol)
        if protocol in ("HTTP", "HTTPS"):
            _check_stickiness(action.data.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {}))
        _keep_secret(action)
    return made


def _keep_secret(action: Any) -> None:
    """The client secret of authenticate-oidc is needed unless the one that stands is to be used, and never told
    (Elastic Load Balancing API reference, AuthenticateOidcActionConfig)."""
    config = action.data.get("AuthenticateOidcConfig")
    if config is None:
        return
    secret, standing = config.pop("ClientSecret", ""), config.pop("UseExistingClientSecret", False)
    if not (secret or standing):
        raise refusal("InvalidLoadBalancerAction", "A client secret must be specified")


def _check_redirect(config: Mapping[str, str] | None, port: int | None, protocol: str) -> None:
    """Section 5.2: a redirect leads elsewhere, and none from HTTPS to HTTP."""
    if config is None:
        return
    to = config.get("Protocol", "#{protocol}")
    if (protocol, to) == ("HTTPS", "HTTP"):
        raise refusal("InvalidLoadBalancerAction", "You cannot redirect HTTPS to HTTP")
    stays = (
        to in ("#{protocol}", protocol)
        and config.get("Port", "#{port}") in ("#{port}", str(port))
        and config.get("Host", "#{host}") == "#{host}"
        and config.get("Path", "/#{path}") == "/#{path}"
    )
    if stays:
        raise refusal("InvalidLoadBalancerAction", "The redirect configuration creates a loop")


def _check_stickiness(config: Mapping[str, Any]) -> None:
    """Section 2.2: 1 to 604,800 seconds, which are needed where stickiness is enabled (type
    TargetGroupStickinessConfig)."""
    seconds = config.get("DurationSeconds")
    if seconds is None and config.get("Enabled"):
        raise refusal("ValidationError", "Target group stickiness needs a duration")
    if seconds is not None and not 1 <= int(seconds) <= 604_800:
        raise refusal("ValidationError", "A target group stickiness duration has 1 to 604800 seconds")


def same_actions(standing: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether two lists of moto's actions say the same, whichever of its two forms a forward has."""
    return _canonical(standing) == _canonical(wanted)


def _canonical(actions: Sequence[Any]) -> list[dict[str, Any]]:
    result = []
    for order, action in enumerate(actions, 1):
        fields = {**action.data, "Order": action.data.get("Order", order)}
        if fields["Type"] == "forward":
            single = [{"TargetGroupArn": fields.pop("TargetGroupArn", None), "Weight": 1}]
            config = {"TargetGroupStickinessConfig": {"Enabled": False}, "TargetGroups": single}
            fields["ForwardConfig"] = config | fields.get("ForwardConfig", {})
        result.append(fields)
    return sorted(result, key=lambda fields: int(fields["Order"]))


def forwarded(actions: Sequence[Any]) -> set[str]:
    """ARNs of the target groups that these actions of moto's forward to."""
    arns: set[str] = set()
    for action in actions:
        groups = action.data.get("ForwardConfig", {}).get("TargetGroups", [])
        arns.update(group["TargetGroupArn"] for group in groups)
        if "TargetGroupArn" in action.data:
            arns.add(action.data["TargetGroupArn"])
    return arns


def check_one_load_balancer(backend: Any, balancer_arn: str, actions: Sequence[Any]) -> None:
    """Section 6, row 12: a target group serves one load balancer."""
    for arn in sorted(forwarded(actions)):
        if set(find_target_group(backend, arn).load_balancer_arns) - {balancer_arn}:
            raise refusal(
                "TargetGroupAssociationLimit",
                f"The following target groups cannot be associated with more than one load balancer: {arn}",
            )


def update_references(backend: Any, balancer_arn: str, arns: set[str]) -> None:
    """Section 6, row 12: keep LoadBalancerArns of these target groups right after a change of one load balancer."""
    balancer = backend.load_balancers.get(balancer_arn)
    used: set[str] = set()
    for listener in balancer.listeners.values() if balancer else ():
        for rule in listener.rules.values():
            used |= forwarded(rule.actions)
    for arn in arns:
        group = backend.target_groups.get(arn)
        if group is not None:
            others = [other for other in group.load_balancer_arns if other != balancer_arn]
            group.load_balancer_arns = [*others, balancer_arn] if arn in used else others
