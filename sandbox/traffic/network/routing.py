"""Where a flow goes: from a listener of a network load balancer to one target."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.traffic.configuration import Forward, Listener, LoadBalancer, Target, TargetGroup
from sandbox.traffic.core.conditions import matching
from sandbox.traffic.core.eligible import in_dns
from sandbox.traffic.core.flows import Flow, group_of, target_of
from sandbox.traffic.core.proxy_protocol import ProxyHeader, built
from sandbox.traffic.core.requests import Request
from sandbox.traffic.environment import Environment
from sandbox.traffic.fleet import GroupState

_TAKEN = {"tcp": ("TCP", "TLS", "TCP_UDP"), "udp": ("UDP", "TCP_UDP")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A listener and the target that it gives a flow to."""

    listener: Listener
    state: GroupState
    target: Target
    node: str
    """Address of the node that the client dialled, as far as the load balancer has one of its own."""

    def header(self, flow: Flow) -> bytes:
        """What tells the target of the client: a PROXY protocol header, or nothing where the group wants none."""
        if not self.state.group.is_on("proxy_protocol_v2.enabled"):
            return b""
        node = self.node
        if ":" in flow.client and ":" not in node:
            node = f"::ffff:{node}"
        return built(
            ProxyHeader(
                source=(flow.client, flow.client_port),
                destination=(node, self.listener.port),
                datagram=flow.protocol == "udp",
            )
        )


class Router:
    """Routes flows by the configuration in force."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._seen: object = None
        self._zones: dict[str, list[str]] = {}

    def zones(self, balancer: LoadBalancer) -> list[str]:
        """The zones whose nodes the DNS name has; all of them where none has enough healthy targets."""
        fleet = self._environment.fleet
        if self._seen is not fleet.configuration:
            self._seen, self._zones = fleet.configuration, {}
        found = self._zones.get(balancer.arn)
        if found is None:
            groups = [state.group for arn in _group_arns(balancer) if (state := fleet.group(arn)) is not None]
            every = [zone.name for zone in balancer.zones]
            found = [zone for zone in every if in_dns(balancer, groups, zone=zone)] or every
            self._zones[balancer.arn] = found
        return found

    def listener(self, arn: str, port: int, protocol: str) -> tuple[LoadBalancer, Listener] | None:
        """The listener on a port that takes TCP or UDP."""
        balancer = self._environment.fleet.balancer(arn)
        for listener in balancer.listeners if balancer is not None else ():
            if balancer is not None and listener.port == port and listener.protocol in _TAKEN[protocol]:
                return balancer, listener
        return None

    def route(self, balancer: LoadBalancer, listener: Listener, flow: Flow) -> Route | None:
        """The flow's target; None where its group has none."""
        rule = matching(listener.rules, _as_request(flow))
        action = rule.actions[-1] if rule is not None and rule.actions else None
        arn = group_of(action, flow) if isinstance(action, Forward) else None
        state = self._environment.fleet.group(arn) if arn else None
        if state is None:
            return None
        targets = state.eligible(balancer, flow.node).targets
        if not targets:
            return None
        target = target_of(state.group, targets, flow)
        addresses = [address for zone in balancer.zones if zone.name == flow.node for address in zone.addresses]
        return Route(listener=listener, state=state, target=target, node=next(iter(addresses), target.address))


def _as_request(flow: Flow) -> Request:
    """A flow as rules see it, which only look at its source."""
    return Request(
        method="",
        target="/",
        host="",
        headers=(),
        client=flow.client,
        client_port=flow.client_port,
        scheme=flow.protocol,
        port=flow.port,
    )


def _group_arns(balancer: LoadBalancer) -> list[str]:
    actions = (action for listener in balancer.listeners for rule in listener.rules for action in rule.actions)
    return [group.arn for action in actions if isinstance(action, Forward) for group in action.groups]


def ends_with_target(group: TargetGroup) -> bool:
    """Whether flows are cut when the deregistration of their target is complete."""
    is_datagram = group.protocol in ("UDP", "TCP_UDP")
    return group.is_on("deregistration_delay.connection_termination.enabled", default=is_datagram)


def ends_with_health(group: TargetGroup) -> bool:
    """Whether connections are cut when their target becomes unhealthy."""
    return group.is_on("target_health_state.unhealthy.connection_termination.enabled", default=True)
