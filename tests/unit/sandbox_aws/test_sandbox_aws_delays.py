"""The tables of delays, and what is seen late."""

from __future__ import annotations

import math

import pytest

from sandbox.aws.elbv2.consistency import Past, is_unseen
from sandbox.aws.elbv2.delays import IMMEDIATE, NAMES, REALISTIC, DelayError, Delays


def test_by_default_nothing_takes_time() -> None:
    assert set(IMMEDIATE.as_json().values()) == {0.0}


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        pytest.param("application_register", 2, 10, id="an application load balancer registers in seconds"),
        pytest.param("network_register", 30, 180, id="a network load balancer in minutes"),
        pytest.param("application_deregister", 2, 10, id="deregistration is known in seconds"),
        pytest.param("network_deregister", 60, 120, id="or in two minutes"),
        pytest.param("network_unhealthy", 30, 40, id="flows go on to what has just failed"),
        pytest.param("network_switch", 70, 80, id="the old group is used for more than a minute"),
        pytest.param("application_provisioning", 120, 240, id="a load balancer takes minutes"),
        pytest.param("interface_release", 30, 300, id="its interfaces stay for a while"),
        pytest.param("target_group_release", 0.1, 20, id="and its target groups are in use for some seconds"),
        pytest.param("read_after_create", 0.1, 5, id="what was created is found after some seconds"),
    ],
)
def test_the_realistic_table_keeps_to_what_was_reported(name: str, least: float, most: float) -> None:
    assert least <= REALISTIC.as_json()[name] <= most


@pytest.mark.parametrize("what", ["register", "deregister", "unhealthy", "switch", "provisioning"])
def test_each_type_of_load_balancer_has_its_own(what: str) -> None:
    delays = IMMEDIATE.with_values({f"application_{what}": 1, f"network_{what}": 2})
    assert [getattr(delays, what)(network=network) for network in (False, True)] == [1, 2]


def test_single_values_can_be_set() -> None:
    assert REALISTIC.with_values({"tagging": 0}) == Delays(**{**REALISTIC.as_json(), "tagging": 0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            {"regstier": 1}, f"there is no delay 'regstier'; there are {', '.join(NAMES)}", id="an unknown name"
        ),
        pytest.param({"tagging": -1}, "the delay 'tagging' is -1; it has to be 0 or more seconds", id="below zero"),
        pytest.param(
            {"tagging": math.nan}, "the delay 'tagging' is nan; it has to be 0 or more seconds", id="no number"
        ),
        pytest.param({"tagging": math.inf}, "the delay 'tagging' is inf; it has to be 0 or more seconds", id="endless"),
    ],
)
def test_what_is_no_delay(values: dict[str, float], message: str) -> None:
    with pytest.raises(DelayError) as caught:
        IMMEDIATE.with_values(values)
    assert str(caught.value) == message


PAST: Past[str] = Past[str]().changed("first", 10).changed("second", 20).changed("third", 22)


@pytest.mark.parametrize(
    ("now", "delay", "expected", "next_change"),
    [
        pytest.param(9, 0, None, 10, id="before there was anything"),
        pytest.param(10, 0, "first", 20, id="at once without a delay"),
        pytest.param(14, 5, None, 15, id="a new one is not seen at first"),
        pytest.param(15, 5, "first", 25, id="and is after the delay"),
        pytest.param(24, 5, "first", 25, id="so long the old value is seen"),
        pytest.param(26, 5, "second", 27, id="every change is seen in its turn"),
        pytest.param(27, 5, "third", None, id="until there is none left"),
    ],
)
def test_what_is_seen_late(now: float, delay: float, expected: str | None, next_change: float | None) -> None:
    for past in (PAST, PAST.without_the_old(now, delay)):
        assert past.seen(now, delay) == expected
        assert past.next_change(now, delay) == next_change


def test_the_same_value_again_is_no_change() -> None:
    assert PAST.changed("third", 30) is PAST


def test_what_is_never_seen_again_is_forgotten() -> None:
    assert PAST.without_the_old(26, 5).values == ((20, "second"), (22, "third"))


@pytest.mark.parametrize(("now", "unseen"), [(10, True), (12.9, True), (13, False)])
def test_what_was_created_is_found_after_the_window(now: float, unseen: bool) -> None:
    assert is_unseen(10, now, 3) is unseen
