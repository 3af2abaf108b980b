"""The arithmetic of a rollout."""

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.rollout import (
    DESIRED,
    MAXIMUM,
    Limits,
    is_scaling,
    limits_of,
    next_for_new,
    next_for_old,
    proportional,
)
from tests.unit.sandbox_controllers.builders import deployment, replica_set


def rolling(surge: int | str, unavailable: int | str) -> Object:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


@pytest.mark.parametrize(
    ("replicas", "strategy", "expected"),
    [
        pytest.param(
            10, rolling("25%", "25%"), Limits(wanted=10, surge=3, unavailable=2), id="surge rounds up, unavailable down"
        ),
        pytest.param(
            1, rolling("25%", "25%"), Limits(wanted=1, surge=1, unavailable=0), id="a single pod is replaced by surging"
        ),
        pytest.param(4, rolling(0, 0), Limits(wanted=4, surge=0, unavailable=1), id="both zero would never move"),
        pytest.param(
            2, rolling(0, 5), Limits(wanted=2, surge=0, unavailable=2), id="no more can be unavailable than there are"
        ),
        pytest.param(4, {"type": "Recreate"}, Limits(wanted=4, surge=0, unavailable=0), id="recreate never overlaps"),
        pytest.param(8, None, Limits(wanted=8, surge=2, unavailable=2), id="a quarter is the default"),
    ],
)
def test_limits_of_a_rolling_update(replicas: int, strategy: Object | None, expected: Limits) -> None:
    assert limits_of(deployment(replicas=replicas, strategy=strategy)) == expected


@pytest.mark.parametrize(
    ("new", "total", "expected"),
    [
        pytest.param(0, 4, 1, id="the new revision starts within the surge"),
        pytest.param(1, 5, 1, id="and waits while the surge is used up"),
        pytest.param(1, 3, 3, id="and grows as the old one shrinks"),
        pytest.param(3, 3, 4, id="but never over what is wanted"),
        pytest.param(9, 9, 4, id="and comes down to it"),
    ],
)
def test_size_of_the_new_revision(new: int, total: int, expected: int) -> None:
    assert next_for_new(Limits(wanted=4, surge=1, unavailable=1), new, total) == expected


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        pytest.param(
            replica_set("new", replicas=1, available=0),
            [replica_set("old", replicas=4)],
            {"old": 3},
            id="as many go as may be unavailable",
        ),
        pytest.param(
            replica_set("new", replicas=2, available=0),
            [replica_set("old", replicas=3)],
            {},
            id="none goes while as many as may be are unavailable",
        ),
        pytest.param(
            replica_set("new", replicas=0),
            [replica_set("old", replicas=4, available=1)],
            {"old": 3},
            id="pods that are not available go first",
        ),
        pytest.param(
            replica_set("new", replicas=4),
            [
                replica_set("younger", replicas=1, created="2026-03-02T00:00:00Z"),
                replica_set("older", replicas=1, created="2026-03-01T00:00:00Z"),
            ],
            {"younger": 0, "older": 0},
            id="all old pods go when the new ones are available",
        ),
        pytest.param(
            replica_set("new", replicas=2),
            [
                replica_set("younger", replicas=1, created="2026-03-02T00:00:00Z"),
                replica_set("older", replicas=1, created="2026-03-01T00:00:00Z"),
            ],
            {"older": 0},
            id="the oldest revision gives its pods first",
        ),
    ],
)
def test_sizes_of_the_old_revisions(new: Object, old: list[Object], expected: dict[str, int]) -> None:
    assert next_for_old(Limits(wanted=4, surge=1, unavailable=1), new, old) == expected


def test_a_whole_rollout_keeps_the_limits_at_every_step() -> None:
    limits = Limits(wanted=10, surge=3, unavailable=2)
    new, old = 0, 10
    steps = 0
    while (new, old) != (10, 0):
        new = next_for_new(limits, new, new + old)
        old = next_for_old(
            limits, replica_set("new", replicas=new, available=0), [replica_set("old", replicas=old)]
        ).get("old", old)
        assert old >= limits.fewest_available - new
        assert new + old <= limits.most
        # All new pods become available before the next step.
        old = next_for_old(limits, replica_set("new", replicas=new), [replica_set("old", replicas=old)]).get("old", old)
        assert new + old >= limits.fewest_available
        steps += 1
    assert steps <= 5


@pytest.mark.parametrize(
    ("wanted", "sizes", "expected"),
    [
        pytest.param(
            20, {"new": (5, 10, 13), "old": (8, 10, 13)}, {"new": 10, "old": 15}, id="growth is spread by size"
        ),
        pytest.param(
            5, {"new": (5, 10, 13), "old": (8, 10, 13)}, {"new": 3, "old": 4}, id="shrinking is spread by size"
        ),
        pytest.param(
            0, {"new": (5, 10, 13), "old": (8, 10, 13)}, {"new": 0, "old": 0}, id="nothing wanted empties all"
        ),
    ],
)
def test_scaling_in_mid_rollout(wanted: int, sizes: dict[str, tuple[int, int, int]], expected: dict[str, int]) -> None:
    replica_sets = [
        replica_set(name, replicas=replicas, annotations={DESIRED: str(desired), MAXIMUM: str(most)})
        for name, (replicas, desired, most) in sizes.items()
    ]
    limits = limits_of(deployment(replicas=wanted, strategy=rolling("25%", "25%")))
    result = proportional(limits, replica_sets)
    assert result == expected
    assert sum(result.values()) == (limits.most if wanted else 0)


@pytest.mark.parametrize(
    ("desired", "replicas", "expected"),
    [
        pytest.param("4", 4, False, id="the size was set for the wanted number"),
        pytest.param("3", 4, True, id="the wanted number changed since"),
        pytest.param("3", 0, False, id="an empty revision has nothing to follow"),
    ],
)
def test_scaling_is_recognised_by_the_last_wanted_number(desired: str, replicas: int, expected: bool) -> None:
    standing = [replica_set("one", replicas=replicas, annotations={DESIRED: desired})]
    assert is_scaling(deployment(replicas=4), standing) is expected
