"""The course of a target: what AWS shows of it after what happened to it, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from sandbox.aws.elbv2.health import (
    CHECKING,
    DRAINING,
    FAILED,
    HEALTHY,
    IP_UNUSABLE,
    NOT_CHECKED,
    NOT_IN_USE,
    NOT_REGISTERED,
    REGISTERING,
    STOPPED,
    TIMED_OUT,
    ZONE_NOT_ENABLED,
    Course,
    Health,
    Standing,
    Thresholds,
    attached,
    deregistered,
    detached,
    health,
    is_gone,
    mismatched,
    probed,
)

Event = Callable[[Course, float], Course]
THRESHOLDS = Thresholds(healthy=3, unhealthy=2)
APPLICATION = Standing(network=False)
NETWORK = Standing(network=True)


def used(course: Course, now: float) -> Course:
    return attached(course, now)


def unused(course: Course, now: float) -> Course:
    return detached(course)


def good(course: Course, now: float) -> Course:
    return probed(course, None, THRESHOLDS, now)


def bad(course: Course, now: float) -> Course:
    return probed(course, mismatched(404), THRESHOLDS, now)


def slow(course: Course, now: float) -> Course:
    return probed(course, TIMED_OUT, THRESHOLDS, now)


def left(course: Course, now: float) -> Course:
    return deregistered(course, now, 300.0)


def run(events: Sequence[Event]) -> tuple[Course, float]:
    """Registered at 0, then one event every ten seconds; the course, and the time of the last event."""
    course, now = Course(registered_at=0.0), 0.0
    for number, event in enumerate(events):
        now = 10.0 * number
        course = event(course, now)
    return course, now


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], NOT_IN_USE, id="nothing forwards to the group"),
        pytest.param([used], CHECKING, id="in use and not yet checked"),
        pytest.param([used, good], HEALTHY, id="one success makes a new target healthy"),
        pytest.param([used, bad], CHECKING, id="one failure leaves a new target where it is"),
        pytest.param([used, bad, good], HEALTHY, id="one success is enough after a failure, too"),
        pytest.param([used, bad, bad], mismatched(404), id="failures up to the threshold make a new target unhealthy"),
        pytest.param([used, bad, slow], TIMED_OUT, id="the reason is the one of the last failure"),
        pytest.param([used, good, bad], HEALTHY, id="a healthy target bears a failure below the threshold"),
        pytest.param([used, good, bad, good, bad], HEALTHY, id="only failures in a row count"),
        pytest.param([used, good, bad, bad], mismatched(404), id="a healthy target fails at the threshold"),
        pytest.param([used, bad, bad, good, good], mismatched(404), id="an unhealthy one needs all its successes"),
        pytest.param([used, bad, bad, good, good, bad, good], mismatched(404), id="in a row"),
        pytest.param([used, bad, bad, good, good, good], HEALTHY, id="and is healthy with the last of them"),
        pytest.param([used, good, left], DRAINING, id="deregistered, it drains"),
        pytest.param([used, bad, bad, left], DRAINING, id="whatever its health was"),
        pytest.param([used, left], DRAINING, id="also before any check"),
        pytest.param([used, good, left, bad, bad], DRAINING, id="checks do not end the draining"),
        pytest.param([left], NOT_REGISTERED, id="what nothing forwards to is gone at once"),
        pytest.param([used, left, unused], NOT_REGISTERED, id="so is what drains when its load balancer goes"),
        pytest.param([used, good, unused], NOT_IN_USE, id="unused again when nothing forwards any more"),
        pytest.param([used, good, unused, used], CHECKING, id="and checked from the start when something does"),
    ],
)
def test_what_an_application_load_balancer_shows(events: Sequence[Event], expected: Health) -> None:
    course, now = run(events)
    assert health(course, APPLICATION, now) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([used, good], HEALTHY, id="one success is enough here, too"),
        pytest.param([used, bad, bad], FAILED, id="it does not tell how a target failed"),
        pytest.param([used, slow, slow], FAILED, id="nor that it was slow"),
    ],
)
def test_what_a_network_load_balancer_shows(events: Sequence[Event], expected: Health) -> None:
    course, now = run(events)
    assert health(course, NETWORK, now) == expected


def test_a_network_load_balancer_that_keeps_connections_drains_what_failed() -> None:
    course, now = run([used, good, bad, bad])
    keeping = Standing(network=True, unhealthy_draining_seconds=60)
    assert [health(course, keeping, now + after).state for after in (0, 59, 60)] == [
        "unhealthy.draining",
        "unhealthy.draining",
        "unhealthy",
    ]


@pytest.mark.parametrize("unusable", [STOPPED, IP_UNUSABLE, ZONE_NOT_ENABLED, NOT_CHECKED])
def test_what_cannot_be_sent_to_shows_why(unusable: Health) -> None:
    course, now = run([used, good])
    assert health(course, Standing(network=False, unusable=unusable), now) == unusable


@pytest.mark.parametrize(
    ("standing", "now", "expected"),
    [
        pytest.param(Standing(network=False, register_seconds=5), 4.9, REGISTERING, id="registering before the delay"),
        pytest.param(Standing(network=False, register_seconds=5), 5, CHECKING, id="then its first check"),
        pytest.param(
            Standing(network=False, register_seconds=5, probed=False), 4.9, REGISTERING, id="unchecked, it waits, too"
        ),
        pytest.param(Standing(network=False, register_seconds=5, probed=False), 5, HEALTHY, id="and then is healthy"),
    ],
)
def test_registration_takes_its_time(standing: Standing, now: float, expected: Health) -> None:
    assert health(attached(Course(registered_at=0), 0), standing, now) == expected


def test_a_late_attachment_counts_from_itself() -> None:
    course = attached(Course(registered_at=0), 100)
    assert course.begins(Standing(network=False, register_seconds=5)) == 105


def test_draining_lasts_for_the_whole_delay_and_begins_once() -> None:
    course = deregistered(attached(Course(registered_at=0), 0), 10, 300)
    again = deregistered(course, 200, 300)
    assert [health(again, APPLICATION, now) for now in (10, 309.9, 310)] == [DRAINING, DRAINING, NOT_REGISTERED]
    assert [is_gone(again, now) for now in (309.9, 310)] == [False, True]


def test_without_a_delay_it_is_gone_at_once() -> None:
    assert is_gone(deregistered(attached(Course(registered_at=0), 0), 10, 0), 10)


def test_attaching_again_changes_nothing() -> None:
    course, now = run([used, good])
    assert attached(course, now + 50) == course


def test_a_target_that_was_never_registered() -> None:
    assert health(None, APPLICATION, 0) == NOT_REGISTERED


def test_the_verdict_keeps_the_time_at_which_it_changed() -> None:
    course, _ = run([used, good, good, bad])
    assert course.verdict_at == 10
