"""The health of the targets of one account and Region: their courses, and the checks that move them on.

The target operations tell it what happens and ask it what to answer; the prober asks it what to check. Courses are
changed under a lock of their own, so that checks never wait for calls.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import replace

from sandbox.aws.elbv2 import health as courses
from sandbox.aws.elbv2.arns import load_balancer_of_rule
from sandbox.aws.elbv2.checks import Check, next_check
from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.health import Course, Health, Standing
from sandbox.aws.elbv2.model import LoadBalancer, Target, TargetGroup, TargetKey
from sandbox.aws.elbv2.neighbours import Neighbours
from sandbox.aws.elbv2.store import Store
from sandbox.aws.elbv2.target_checks import check_of
from sandbox.aws.health import HealthSwitch

ProbeKey = tuple[str, TargetKey]
"""Target group ARN and target."""


class TargetHealth:
    """`schedule` has a target checked at a time; `changed` is told the ARN of a group whose targets have changed."""

    def __init__(
        self,
        store: Store,
        *,
        neighbours: Neighbours,
        switch: HealthSwitch,
        conditions: Conditions,
        schedule: Callable[[ProbeKey, float], None],
        changed: Callable[[str], None],
    ) -> None:
        self._store = store
        self._neighbours = neighbours
        self._switch = switch
        self._conditions = conditions
        self._schedule = schedule
        self._changed = changed
        self._lock = threading.Lock()

    # What happens

    def number(self) -> int:
        """A number for a new registration."""
        return self._switch.number_registration()

    def registered(self, group: TargetGroup, target: Target) -> None:
        """One that was not there, or was leaving."""
        now = self._conditions.clock.now()
        target.host, target.detected_zone = self._place(group, target)
        with self._lock:
            target.course = Course(registered_at=now)
            group.targets[target.id, target.port] = target
        self._settle(group, target, now)
        self._changed(group.arn)

    def deregistered(self, group: TargetGroup, key: TargetKey) -> None:
        """One that is not there, or is leaving already, is no error."""
        target = group.targets.get(key)
        if target is None:
            return
        with self._lock:
            now = self._conditions.clock.now()
            target.course = courses.deregistered(target.course, now, _deregistration_delay(group))
        self.expire(group)
        self._changed(group.arn)

    def settle(self) -> None:
        """Follow the listeners and rules: since when, and until when, they forwarded to each group."""
        now = self._conditions.clock.now()
        rewired, self._store.rewired = self._store.rewired, set()
        for arn in rewired:
            group = self._store.target_groups.get(arn)
            if group is None:
                continue
            rule = next(iter(group.used_by), None)
            if rule is None and group.balancer_arn is not None:
                group.released_at = now
            group.balancer_arn = load_balancer_of_rule(rule) if rule is not None else None
            for target in list(group.targets.values()):
                self._settle(group, target, now)
            self.expire(group)
            self._changed(arn)

    def _settle(self, group: TargetGroup, target: Target, now: float) -> None:
        balancer = self._balancer(group)
        with self._lock:
            if balancer is None:
                target.course = courses.detached(target.course)
                return
            target.course = courses.attached(target.course, now)
            begins = target.course.begins(self._pace(balancer))
        if begins is not None:
            self._schedule((group.arn, (target.id, target.port)), begins)

    def expire(self, group: TargetGroup) -> None:
        """Let go of what has drained."""
        now = self._conditions.clock.now()
        with self._lock:
            for key in [key for key, target in group.targets.items() if courses.is_gone(target.course, now)]:
                del group.targets[key]

    def _place(self, group: TargetGroup, target: Target) -> tuple[str | None, str | None]:
        """Host and availability zone of a target, as far as they are known."""
        match group.target_type:
            case "ip":
                return target.id, self._neighbours.zone_of(group.vpc_id or "", target.id)
            case "instance":
                instance = self._neighbours.instance(target.id)
                if instance is not None:
                    return instance.address, self._neighbours.zone_of(instance.vpc_id, instance.address)
            case "alb":
                balancer = self._store.load_balancers.get(target.id)
                return (balancer.dns_name if balancer else None), None
        return None, None

    # What is shown

    def listed(self, group: TargetGroup) -> list[TargetKey]:
        """The targets that are registered, or shown to be leaving."""
        self.expire(group)
        now, longest = self._conditions.clock.now(), self._conditions.delays.longest_draining
        return [key for key, target in group.targets.items() if courses.is_listed(target.course, longest, now)]

    def of(self, group: TargetGroup, key: TargetKey) -> Health:
        """What AWS shows of a target, known or not."""
        target = group.targets.get(key)
        if target is None:
            return courses.NOT_REGISTERED
        return self.look(group, target)[0]

    def look(self, group: TargetGroup, target: Target) -> tuple[Health, Standing]:
        """What AWS shows of a registered target, and what that follows from besides its course.

        The switch holds those in use that are not leaving.
        """
        standing = self._standing(group, target)
        shown = courses.health(target.course, standing, self._conditions.clock.now())
        if shown.state in ("unused", "draining"):
            return shown, standing
        held = self._switch.held(group.arn, target.registration)
        if held is not None:
            return Health(state=held.state, reason=held.reason, description=held.description), standing
        return shown, standing

    def _standing(self, group: TargetGroup, target: Target) -> Standing:
        balancer = self._balancer(group)
        if balancer is None:
            return Standing(network=False, probed=False)
        return replace(
            self._pace(balancer),
            unusable=self._unusable(group, target, balancer),
            longest_draining=self._conditions.delays.longest_draining,
            probed=group.health_check.enabled and self._conditions.network.reaches(group.target_type),
            unhealthy_draining_seconds=_unhealthy_draining(group),
        )

    def _pace(self, balancer: LoadBalancer) -> Standing:
        network = balancer.type == "network"
        return Standing(network=network, register_seconds=self._conditions.delays.register(network=network))

    def _unusable(self, group: TargetGroup, target: Target, balancer: LoadBalancer) -> Health | None:
        if group.target_type == "instance":
            instance = self._neighbours.instance(target.id)
            if instance is None or not instance.running:
                return courses.STOPPED
        if group.target_type == "ip" and self._neighbours.lent(target.id):
            return courses.IP_UNUSABLE
        if target.detected_zone is not None and all(zone.name != target.detected_zone for zone in balancer.zones):
            return courses.ZONE_NOT_ENABLED
        if group.target_type == "lambda" and not group.health_check.enabled:
            return courses.NOT_CHECKED
        return None

    # What is checked

    def check_of(self, key: ProbeKey) -> Check | None:
        """What to ask of a target now; None for one that is not in use, is leaving, or cannot be checked."""
        group = self._store.target_groups.get(key[0])
        target = group.targets.get(key[1]) if group is not None else None
        if group is None or target is None or target.is_leaving:
            return None
        balancer = self._balancer(group)
        if balancer is None or not self._conditions.network.reaches(group.target_type):
            return None
        return check_of(group, target, balancer)

    def checked(self, key: ProbeKey, failure: Health | None) -> float | None:
        """Take the result of a check; when the next is due."""
        check, group = self.check_of(key), self._store.target_groups.get(key[0])
        target = group.targets.get(key[1]) if group is not None else None
        if check is None or group is None or target is None:
            return None
        now = self._conditions.clock.now()
        with self._lock:
            before = target.course
            if before.in_use_since is None:
                return None
            target.course = courses.probed(before, failure, check.thresholds, now)
        if target.course.verdict is not before.verdict:
            self._changed(group.arn)
        # A check was made, so the registration is through and its delay has no part in this.
        pace = Standing(network=check.network)
        return next_check(target.course, check, pace, now, eager=self._conditions.eager_checks, phase=_phase(target))

    def _balancer(self, group: TargetGroup) -> LoadBalancer | None:
        return self._store.load_balancers.get(group.balancer_arn or "")


def _deregistration_delay(group: TargetGroup) -> float:
    """A function has nothing to drain."""
    if group.target_type == "lambda":
        return 0.0
    return float(group.attributes.get("deregistration_delay.timeout_seconds", "300"))


def _unhealthy_draining(group: TargetGroup) -> float:
    """The interval counts where connections are not ended, which is the default of UDP only."""
    default = "false" if group.protocol in ("UDP", "TCP_UDP") else "true"
    ended = group.attributes.get("target_health_state.unhealthy.connection_termination.enabled", default)
    if ended == "true":
        return 0.0
    return float(group.attributes.get("target_health_state.unhealthy.draining_interval_seconds", "0"))


def _phase(target: Target) -> float:
    """From 0 to 1, the same for the same target."""
    return zlib.crc32(f"{target.id}:{target.port}".encode()) / 2**32
