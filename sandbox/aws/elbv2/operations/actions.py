"""Actions of listeners and rules, checked as AWS does, and the form in which they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sandbox.aws.elbv2.model import LoadBalancer, Shape
from sandbox.aws.elbv2.operations.keeping import kept_action
from sandbox.aws.elbv2.quotas import Quotas
from sandbox.aws.elbv2.refusals import RefusedError, invalid, misconfigured
from sandbox.aws.elbv2.store import Store, forwarded

_CONFIGS = {
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
    "redirect": "RedirectConfig",
    "fixed-response": "FixedResponseConfig",
}
_FINAL = ("forward", "redirect", "fixed-response")
"""Exactly one of these ends the actions of a rule (API reference, CreateRule)."""
_SECURE_ONLY = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")
_CONTENT_TYPES = ("", "text/plain", "text/css", "text/html", "application/javascript", "application/json")
_WEEK_SECONDS = 604_800
_MAX_WEIGHT = 999
_FORWARDS_TO: Mapping[str, tuple[str, ...]] = {
    "HTTP": ("HTTP", "HTTPS"),
    "HTTPS": ("HTTP", "HTTPS"),
    "TCP": ("TCP", "TCP_UDP", "TCP_QUIC"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
    "QUIC": ("QUIC", "TCP_QUIC"),
    "TCP_QUIC": ("TCP_QUIC",),
    "GENEVE": ("GENEVE",),
}
"""Protocols of a listener, and of the target groups that it can forward to (aws-elbv2, section 5.3)."""


class Actions:
    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store = store
        self._quotas = quotas

    def checked(
        self,
        actions: Sequence[Shape],
        *,
        balancer: LoadBalancer,
        port: int,
        protocol: str,
        replaces: Sequence[Shape] = (),
    ) -> list[Shape]:
        """The actions as they are kept, for a listener of that port and protocol. `replaces` are those that they take
        the place of."""
        if sum(action["Type"] in _FINAL for action in actions) != 1:
            raise RefusedError("InvalidLoadBalancerAction", "Exactly one forward, redirect or fixed-response is needed")
        for action in actions:
            _check_config(action)
            if action["Type"] in _SECURE_ONLY and protocol != "HTTPS":
                message = f"Actions of type '{action['Type']}' are supported on HTTPS listeners only"
                raise RefusedError("InvalidLoadBalancerAction", message)
            if action["Type"] != "forward" and balancer.type != "application":
                raise RefusedError("InvalidLoadBalancerAction", "A load balancer of this type only forwards")
            _check_redirect(action.get("RedirectConfig"), port, protocol)
            self._check_forward(action, balancer, protocol)
        self._check_count(balancer, actions, replaces)
        return [kept_action(action, order) for order, action in enumerate(actions, 1)]

    def _check_forward(self, action: Shape, balancer: LoadBalancer, protocol: str) -> None:
        if action["Type"] != "forward":
            return
        groups = action.get("ForwardConfig", {}).get("TargetGroups", ())
        named = forwarded([action])
        if not named:
            raise invalid("A target group must be specified for a forward action")
        if "TargetGroupArn" in action and groups and [one["TargetGroupArn"] for one in groups] != [named[0]]:
            raise invalid("TargetGroupArn and ForwardConfig must name the same single target group")
        kind = "network" if balancer.type == "network" else "application"
        self._quotas.check(f"target-groups-per-action-on-{kind}-load-balancer", len(groups))
        # A group that is alone needs no weight.
        unweighted = 1 if len(groups) == 1 else -1
        if any(not 0 <= group.get("Weight", unweighted) <= _MAX_WEIGHT for group in groups):
            raise invalid(f"The weight of a target group must be between '0' and '{_MAX_WEIGHT}'")
        if protocol in ("HTTP", "HTTPS"):
            _check_stickiness(action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {}))
        for arn in named:
            self._check_group(arn, balancer, protocol)

    def _check_group(self, arn: str, balancer: LoadBalancer, protocol: str) -> None:
        """The group exists, speaks what the listener forwards, and serves no other load balancer."""
        group = self._store.target_group(arn)
        if group.protocol is not None and group.protocol not in _FORWARDS_TO[protocol]:
            message = f"A listener of protocol '{protocol}' cannot forward to protocol '{group.protocol}' of '{arn}'"
            raise RefusedError("IncompatibleProtocols", message)
        if protocol == "HTTP" and group.protocol_version in ("HTTP2", "GRPC"):
            version = group.protocol_version
            message = f"Listener protocol 'HTTP' is not supported with a target group of protocol version '{version}'"
            raise misconfigured(message)
        if group.vpc_id is not None and group.vpc_id != balancer.vpc_id:
            raise misconfigured(f"Target group '{arn}' is in another VPC than the load balancer")
        if set(self._store.load_balancer_arns(group)) - {balancer.arn}:
            message = f"The following target groups cannot be associated with more than one load balancer: {arn}"
            raise RefusedError("TargetGroupAssociationLimit", message)

    def _check_count(self, balancer: LoadBalancer, actions: Sequence[Shape], replaces: Sequence[Shape]) -> None:
        new = set(forwarded(actions)) - set(forwarded(replaces))
        if new and balancer.type == "application":
            used = self._store.target_groups_of(balancer.arn)
            self._quotas.check("target-groups-per-application-load-balancer", len(used | new), balancer.arn)


def _check_config(action: Shape) -> None:
    name = _CONFIGS.get(action["Type"])
    config = action.get(name, {}) if name else {}
    if name and name not in action:
        raise RefusedError("InvalidLoadBalancerAction", f"An action of type '{action['Type']}' needs its {name}")
    if config.get("ContentType", "") not in _CONTENT_TYPES:
        raise RefusedError("InvalidLoadBalancerAction", f"The ContentType must be one of {list(_CONTENT_TYPES[1:])}")
    timeout = config.get("SessionTimeout", 1)
    if not 1 <= timeout <= _WEEK_SECONDS:
        raise invalid(f"SessionTimeout '{timeout}' must be between '1' and '{_WEEK_SECONDS}'")
    if len(config.get("AuthenticationRequestExtraParams", ())) > 10:
        raise invalid("At most 10 extra parameters can be specified")
    secrets = bool(config.get("ClientSecret")) + bool(config.get("UseExistingClientSecret"))
    if action["Type"] == "authenticate-oidc" and secrets != 1:
        message = "Either a client secret or the use of the existing one must be specified"
        raise RefusedError("InvalidLoadBalancerAction", message)


def _check_redirect(config: Shape | None, port: int, protocol: str) -> None:
    """A redirect leads elsewhere, and none from HTTPS to HTTP (aws-elbv2, section 5.2)."""
    if config is None:
        return
    to = config.get("Protocol", "#{protocol}")
    if (protocol, to) == ("HTTPS", "HTTP"):
        raise RefusedError("InvalidLoadBalancerAction", "You cannot redirect HTTPS to HTTP")
    if not re.fullmatch(r"#\{port\}|[1-9]\d{0,4}", config.get("Port", "#{port}")):
        raise invalid(f"Redirect port '{config['Port']}' is neither a port nor '#{{port}}'")
    stays = (
        to in ("#{protocol}", protocol)
        and config.get("Port", "#{port}") in ("#{port}", str(port))
        and config.get("Host", "#{host}") == "#{host}"
        and config.get("Path", "/#{path}") == "/#{path}"
    )
    if stays:
        raise RefusedError("InvalidLoadBalancerAction", "The redirect configuration creates a loop")


def _check_stickiness(config: Shape) -> None:
    """1 to 604,800 seconds, which are needed where stickiness is enabled (type TargetGroupStickinessConfig)."""
    seconds = config.get("DurationSeconds")
    if seconds is None and config.get("Enabled"):
        raise invalid("Target group stickiness needs a duration")
    if seconds is not None and not 1 <= seconds <= _WEEK_SECONDS:
        raise invalid(f"A target group stickiness duration has 1 to {_WEEK_SECONDS} seconds")


def same_actions(standing: Sequence[Shape], wanted: Sequence[Shape]) -> bool:
    """Whether two lists of kept actions say the same, in whatever order they were sent."""
    return sorted(standing, key=_order) == sorted(wanted, key=_order)


def _order(action: Shape) -> int:
    return int(action["Order"])
