"""The times behind an EndpointSlice write."""

from sandbox.kubernetes.client import Key
from sandbox.kubernetes.controllers.trigger_times import TriggerTimes
from tests.unit.sandbox_controllers.builders import pod, service

KEY = Key("shop", "web")


def test_the_earliest_time_that_is_new_counts_and_counts_once() -> None:
    times = TriggerTimes()
    first = pod("a", ready_since="2026-03-01T11:00:00Z")
    second = pod("b", ready_since="2026-03-01T12:00:00Z")
    assert times.earliest_new(KEY, service(), [first]) == "2026-03-01T10:00:00Z"
    assert times.earliest_new(KEY, service(), [first]) == ""
    assert times.earliest_new(KEY, service(), [first, second]) == "2026-03-01T12:00:00Z"


def test_a_forgotten_service_is_new_again() -> None:
    times = TriggerTimes()
    times.earliest_new(KEY, service(), [])
    times.forget(KEY)
    assert times.earliest_new(KEY, service(), []) == "2026-03-01T10:00:00Z"
