"""What one health check asks of a target, how its answer is judged, and when the next one is due.

Pure; the prober makes the connections. Settings and their ranges: aws-elbv2, section 3.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sandbox.aws.elbv2.health import Course, Health, Standing, Thresholds, mismatched

_EAGER_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One target's health check, ready to be made. Times are sandbox seconds."""

    protocol: str
    """HTTP, HTTPS or TCP, as HealthCheckProtocol."""
    host: str
    """What is dialled: the target's private address, or the name of a load balancer that is a target."""
    port: int
    path: str = "/"
    host_header: str = ""
    """Host of the request."""
    grpc: bool = False
    """Whether the path is a gRPC method and the codes are gRPC's."""
    codes: str = "200"
    """The matcher: codes and ranges, separated by commas."""
    proxy_protocol: bool = False
    """Whether the connection begins with a proxy protocol header of version 2 that names no client."""
    network: bool = False
    """Whether it is a Network Load Balancer's."""
    interval: float
    timeout: float
    thresholds: Thresholds


def matches(codes: str, code: int) -> bool:
    """Whether a matcher such as `200-299,301` names the code."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= code <= int(last or first):
            return True
    return False


def judge(check: Check, code: int) -> Health | None:
    """What is wrong with an answer of this status; None where it is as the matcher wants it."""
    return None if matches(check.codes, code) else mismatched(code)


def next_check(
    course: Course, check: Check, standing: Standing, now: float, *, eager: bool = False, phase: float = 1.0
) -> float:
    """When the target is to be checked again after a check that ended now; for a new one, when it can be first.

    `eager` is for who does not want to wait: what is not healthy is checked again soon, later with each failure, and
    never later than AWS would. `phase`, from 0 to 1, parts targets that were registered together.
    """
    begins = course.begins(standing)
    if begins is None:
        return math.inf
    if not course.passed and not course.failed:
        return max(begins, now)
    settled = course.verdict is True and not course.failed
    if settled and course.passed == 1:
        return now + check.interval * (1.0 + phase) / 2.0
    if not eager or settled:
        return now + check.interval
    # The exponent is bounded, since so is the interval.
    return now + min(check.interval, _EAGER_SECONDS * 2.0 ** min(course.failed, 12))
