"""The health of one target as a state machine (aws-elbv2, section 3.1; target group health checks in both user guides).

Pure: a course is a value, every event gives the next one, and what AWS would show follows from it and the time. Times
are sandbox seconds. Used by the target operations and the prober.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """TargetHealth of DescribeTargetHealth."""

    state: str
    reason: str | None = None
    description: str | None = None


HEALTHY = Health(state="healthy")
REGISTERING = Health(
    state="initial", reason="Elb.RegistrationInProgress", description="Target registration is in progress"
)
CHECKING = Health(state="initial", reason="Elb.InitialHealthChecking", description="Initial health checks in progress")
DRAINING = Health(
    state="draining",
    reason="Target.DeregistrationInProgress",
    description="Target deregistration is in progress",
)
NOT_REGISTERED = Health(
    state="unused",
    reason="Target.NotRegistered",
    description="Target is not registered to the target group",
)
NOT_IN_USE = Health(
    state="unused",
    reason="Target.NotInUse",
    description="Target group is not configured to receive traffic from the load balancer",
)
ZONE_NOT_ENABLED = Health(
    state="unused",
    reason="Target.NotInUse",
    description="Target is in an Availability Zone that is not enabled for the load balancer",
)
STOPPED = Health(
    state="unused",
    reason="Target.InvalidState",
    description="Target is in the stopped or terminated state",
)
IP_UNUSABLE = Health(
    state="unused",
    reason="Target.IpUnusable",
    description="Target IP address is in use by a load balancer",
)
NOT_CHECKED = Health(
    state="unavailable",
    reason="Target.HealthCheckDisabled",
    description="Health checks are disabled for this target group",
)

TIMED_OUT = Health(state="unhealthy", reason="Target.Timeout", description="Request timed out")
FAILED = Health(state="unhealthy", reason="Target.FailedHealthChecks", description="Health checks failed")


def mismatched(code: int) -> Health:
    """The target answered with a status that the matcher does not name."""
    return Health(
        state="unhealthy",
        reason="Target.ResponseCodeMismatch",
        description=f"Health checks failed with these codes: [{code}]",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Checks in a row that change a target's state."""

    healthy: int
    unhealthy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the health of a target follows from besides its own course."""

    network: bool
    """Whether a Network Load Balancer forwards to its group: it knows fewer reasons."""
    unusable: Health | None = None
    """Why no load balancer may send to the target, if so: one of the `unused` or `unavailable` above."""
    probed: bool = True
    """Whether checks are made; otherwise a target counts as healthy as soon as it could be checked."""
    register_seconds: float = 0.0
    """From the registration to the first check, and to the first request."""
    longest_draining: float = math.inf
    """After this a target that drains is not shown any more."""
    unhealthy_draining_seconds: float = 0.0
    """How long an unhealthy target keeps its connections, of a Network Load Balancer that does not cut them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happened to one target since it was registered."""

    registered_at: float
    in_use_since: float | None = None
    """Since when a load balancer forwards to its group; None while none does."""
    verdict: bool | None = None
    """Whether checks found it healthy; None until they have decided."""
    verdict_at: float | None = None
    verdict_before: bool | None = None
    """What the verdict was until then."""
    passed: int = 0
    """Checks in a row that it passed; the last one failed when it is 0, or there was none."""
    failed: int = 0
    failure: Health | None = None
    """What the last failed check found."""
    deregistered_at: float | None = None
    drained_at: float | None = None
    """The end of its deregistration delay."""

    def begins(self, standing: Standing) -> float | None:
        """When it can be checked and be sent requests, by what its load balancer's nodes know; None while unused."""
        if self.in_use_since is None:
            return None
        return max(self.registered_at, self.in_use_since) + standing.register_seconds


def attached(course: Course, now: float) -> Course:
    """A load balancer forwards to the target's group; nothing new where one did already."""
    return course if course.in_use_since is not None else replace(course, in_use_since=now)


def detached(course: Course) -> Course:
    """No load balancer forwards to it any more: what checks found is forgotten."""
    return Course(
        registered_at=course.registered_at, deregistered_at=course.deregistered_at, drained_at=course.drained_at
    )


def probed(course: Course, failure: Health | None, thresholds: Thresholds, now: float) -> Course:
    """One check was made; `failure` is what it found wrong, None when the target passed.

    A new target is healthy after one success, whatever the threshold says; unhealthy only after all the failures.
    """
    if failure is None:
        passed = course.passed + 1
        course = replace(course, passed=passed, failed=0)
        wanted = thresholds.healthy if course.verdict is False else 1
        return _decided(course, True, now) if passed >= wanted else course
    course = replace(course, passed=0, failed=course.failed + 1, failure=failure)
    return _decided(course, False, now) if course.failed >= thresholds.unhealthy else course


def deregistered(course: Course, now: float, delay: float) -> Course:
    """It drains from now on for the deregistration delay; one that drains already goes on."""
    if course.deregistered_at is not None:
        return course
    return replace(course, deregistered_at=now, drained_at=now + delay)


def is_gone(course: Course, now: float) -> bool:
    """Whether it has drained. What nothing forwards to has nothing to drain."""
    if course.drained_at is None:
        return False
    return course.in_use_since is None or now >= course.drained_at


def is_listed(course: Course, longest_draining: float, now: float) -> bool:
    """Whether it is among the targets of its group, for those who ask the API."""
    if is_gone(course, now):
        return False
    return course.deregistered_at is None or now < course.deregistered_at + longest_draining


def health(course: Course | None, standing: Standing, now: float) -> Health:
    """What AWS shows of a target; None stands for one that is not registered."""
    if course is None or not is_listed(course, standing.longest_draining, now):
        return NOT_REGISTERED
    if course.in_use_since is None:
        return NOT_IN_USE
    if course.deregistered_at is not None:
        return DRAINING
    return judged(course, standing, now)


def judged(course: Course, standing: Standing, now: float) -> Health:
    """The health of a target in use, as if it had not been deregistered."""
    if standing.unusable is not None:
        return standing.unusable
    begins = course.begins(standing)
    if begins is None or now < begins:
        return REGISTERING
    if not standing.probed:
        return HEALTHY
    if course.verdict is None:
        return CHECKING
    if course.verdict:
        return HEALTHY
    failure = course.failure or FAILED
    if not standing.network:
        return failure
    state = "unhealthy"
    if course.verdict_at is not None and now < course.verdict_at + standing.unhealthy_draining_seconds:
        state = "unhealthy.draining"
    return replace(FAILED, state=state)


def _decided(course: Course, verdict: bool, now: float) -> Course:
    if course.verdict is verdict:
        return course
    return replace(course, verdict=verdict, verdict_at=now, verdict_before=course.verdict)
