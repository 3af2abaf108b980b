"""Which target a request goes to: health, zones, algorithms, weights, cookies."""

import itertools
from collections import Counter
from typing import Any

import pytest

from sandbox.traffic.configuration import LoadBalancer, TargetGroup
from sandbox.traffic.core.algorithms import Load, Turn, pick, pick_group
from sandbox.traffic.core.eligible import crosses_zones, eligible, in_dns
from sandbox.traffic.core.stickiness import Seal, group_cookies, kept_group, kept_target, target_cookies
from sandbox.traffic.decoding import configuration
from tests.unit.sandbox_traffic.snapshots import ZONES, balancer, group, snapshot, target

ROUTING = "target_group_health.unhealthy_state_routing.minimum_healthy_targets"
SEAL = Seal(secret=b"s" * 32)


def decoded(*targets: dict[str, Any], kind: str = "application", **attributes: str) -> tuple[LoadBalancer, TargetGroup]:
    """A load balancer and a group; attributes with `__` for dots."""
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    made, problems = configuration(snapshot(balancer(kind=kind), pods=group(*targets, attributes=named)))
    assert problems == []
    return made.load_balancers[0], next(iter(made.target_groups.values()))


def states(*healths: str) -> list[dict[str, Any]]:
    """Targets `0`, `1`, ... of these states; one after a `!` does not receive."""
    return [
        target(str(number), health=health.strip("!"), receives="!" not in health)
        for number, health in enumerate(healths)
    ]


@pytest.mark.parametrize(
    ("healths", "attributes", "expected", "fail_open"),
    [
        pytest.param(["healthy", "unhealthy", "initial"], {}, "0", False, id="only healthy ones while there is one"),
        pytest.param(
            ["unhealthy", "initial", "unused"], {}, "01", True, id="all registered ones where none is healthy"
        ),
        pytest.param(["healthy", "!healthy"], {}, "0", False, id="none of which the nodes do not know yet"),
        pytest.param(["healthy", "draining"], {}, "01", False, id="a leaving one of which the nodes do not know yet"),
        pytest.param(["!draining"], {}, "", True, id="none that leaves"),
        pytest.param(
            ["healthy", "unhealthy"], {f"{ROUTING}.count": "2"}, "01", True, id="all where fewer are healthy than asked"
        ),
        pytest.param(
            ["healthy", "unhealthy", "unhealthy"], {f"{ROUTING}.percentage": "50"}, "012", True, id="a share too small"
        ),
        pytest.param(
            ["healthy", "unhealthy"], {f"{ROUTING}.percentage": "50"}, "0", False, id="a share that is enough"
        ),
    ],
)
def test_eligible_targets(healths: list[str], attributes: dict[str, str], expected: str, fail_open: bool) -> None:
    _, pods = decoded(*states(*healths), **attributes)
    found = eligible(pods, zone=None)
    assert ("".join(one.id for one in found.targets), found.fail_open) == (expected, fail_open)


def test_a_node_that_stays_in_its_zone_fails_open_there() -> None:
    _, pods = decoded(
        target("near", zone=ZONES[0], health="unhealthy"), target("far", zone=ZONES[1]), target("x", zone="all")
    )
    assert [one.id for one in eligible(pods, zone=ZONES[0]).targets] == ["x"]
    assert [one.id for one in eligible(pods, zone=ZONES[1]).targets] == ["far", "x"]


@pytest.mark.parametrize(
    ("kind", "of_group", "of_balancer", "expected"),
    [
        pytest.param("application", None, None, True, id="an ALB crosses zones"),
        pytest.param("application", "false", None, False, id="a group of an ALB may not"),
        pytest.param("network", None, None, False, id="an NLB stays in its zones"),
        pytest.param("network", None, "true", True, id="an NLB is told to cross them"),
        pytest.param("network", "use_load_balancer_configuration", "true", True, id="a group leaves it to its NLB"),
        pytest.param("network", "false", "true", False, id="a group of an NLB has its own mind"),
    ],
)
def test_crossing_zones(kind: str, of_group: str | None, of_balancer: str | None, expected: bool) -> None:
    key = "load_balancing.cross_zone.enabled"
    made, _ = configuration(
        snapshot(
            balancer(kind=kind, attributes={key: of_balancer} if of_balancer else {}),
            pods=group(attributes={key: of_group} if of_group else {}),
        ),
    )
    assert crosses_zones(made.load_balancers[0], next(iter(made.target_groups.values()))) is expected


@pytest.mark.parametrize(
    ("healths", "expected"),
    [
        pytest.param(
            [("a", "healthy")], {ZONES[0]: True, ZONES[1]: False}, id="a zone without a healthy target leaves"
        ),
        pytest.param([("a", "healthy"), ("b", "healthy")], {ZONES[0]: True, ZONES[1]: True}, id="both stay"),
    ],
)
def test_zones_in_dns(healths: list[tuple[str, str]], expected: dict[str, bool]) -> None:
    targets = [target(name, zone=f"us-west-2{name}", health=health) for name, health in healths]
    web, pods = decoded(*targets, kind="network")
    assert {zone: in_dns(web, [pods], zone=zone) for zone in ZONES} == expected


def picks(pods: TargetGroup, number: int, load: Load | None = None, chances: list[float] | None = None) -> str:
    """The ids of the targets that so many requests in a row go to."""
    chance = itertools.cycle(chances or [0.5])
    turn = Turn()
    return "".join(
        pick(pods, pods.targets, turn, load or Load(now=1000.0), lambda: next(chance)).id for _ in range(number)
    )


def test_round_robin_is_even() -> None:
    _, pods = decoded(*states("healthy", "healthy", "healthy"))
    assert picks(pods, 7) == "0120120"


def test_least_outstanding_requests_goes_where_fewest_are_and_else_round() -> None:
    _, pods = decoded(
        *states("healthy", "healthy", "healthy"), load_balancing__algorithm__type="least_outstanding_requests"
    )
    assert picks(pods, 3, Load(now=0, outstanding={"0:8080": 2, "1:8080": 1, "2:8080": 2})) == "111"
    assert picks(pods, 3) == "012"


def test_weighted_random_is_by_chance() -> None:
    _, pods = decoded(*states("healthy", "healthy"), load_balancing__algorithm__type="weighted_random")
    assert picks(pods, 4, chances=[0.1, 0.9, 0.6, 0.4]) == "0110"


def test_a_target_that_starts_slowly_gets_its_share_of_a_share() -> None:
    _, pods = decoded(target("0"), target("1"), slow_start__duration_seconds="100")
    warming = decoded(target("0"), target("1", healthySince=975.0), slow_start__duration_seconds="100")[1]
    evenly = [number / 100 for number in range(100)]
    assert Counter(picks(pods, 100, chances=evenly)) == {"0": 50, "1": 50}
    counted = Counter(picks(warming, 100, chances=evenly))
    assert 15 <= counted["1"] <= 25


def test_slow_start_changes_nothing_where_all_are_new() -> None:
    _, pods = decoded(
        target("0", healthySince=999.0), target("1", healthySince=999.0), slow_start__duration_seconds="100"
    )
    assert picks(pods, 4) == "0101"


@pytest.mark.parametrize(
    ("weights", "chance", "expected"),
    [
        pytest.param({"a": 90, "b": 10}, 0.89, "a", id="below the first one's share"),
        pytest.param({"a": 90, "b": 10}, 0.9, "b", id="above the first one's share"),
        pytest.param({"a": 0, "b": 1}, 0.0, "b", id="weight 0 gets nothing"),
        pytest.param({"a": 0, "b": 0}, 0.5, None, id="nobody has weight"),
    ],
)
def test_groups_by_weight(weights: dict[str, int], chance: float, expected: str | None) -> None:
    assert pick_group(weights, chance) == expected


def cookie(values: list[str]) -> dict[str, str]:
    """Cookies as a client sends them back."""
    return dict(value.partition(";")[0].split("=", 1) for value in values)


def test_a_client_stays_with_its_group_for_the_duration() -> None:
    brought = cookie(group_cookies("arn:b", SEAL, 100.0, 0.0))
    assert set(brought) == {"AWSALBTG", "AWSALBTGCORS"}
    assert kept_group(brought, ["arn:a", "arn:b"], SEAL, 150.0, 60) == "arn:b"
    assert kept_group(brought, ["arn:a", "arn:b"], SEAL, 161.0, 60) is None
    assert kept_group(brought, ["arn:a"], SEAL, 150.0, 60) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="nothing"),
        pytest.param("nonsense!", id="not even base 64"),
        pytest.param(Seal(secret=b"t" * 32).closed("arn:a", 100.0), id="sealed by someone else"),
    ],
)
def test_cookies_that_are_not_ours_keep_nobody(value: str) -> None:
    assert kept_group({"AWSALBTG": value}, ["arn:a"], SEAL, 100.0, 60) is None


def test_a_client_stays_with_its_target() -> None:
    _, pods = decoded(target("0"), stickiness__enabled="true", stickiness__lb_cookie__duration_seconds="60")
    values = target_cookies(pods, "0:8080", SEAL, 100.0, 0.0, set_by_target=[], had=False)
    assert [value.partition("; ")[2] for value in values] == [
        "Expires=Thu, 08 Jan 1970 00:00:00 GMT; Path=/",
        "Expires=Thu, 08 Jan 1970 00:00:00 GMT; Path=/; SameSite=None; Secure",
    ]
    assert kept_target(cookie(values), pods, SEAL, 160.0) == "0:8080"
    assert kept_target(cookie(values), pods, SEAL, 161.0) is None


def test_stickiness_by_the_application_needs_both_cookies() -> None:
    _, pods = decoded(
        target("0"),
        stickiness__enabled="true",
        stickiness__type="app_cookie",
        stickiness__app_cookie__cookie_name="session",
    )
    assert target_cookies(pods, "0:8080", SEAL, 0.0, 0.0, set_by_target=["other"], had=False) == []
    values = target_cookies(pods, "0:8080", SEAL, 0.0, 0.0, set_by_target=["session"], had=False)
    assert kept_target(cookie(values), pods, SEAL, 1.0) is None
    assert kept_target({**cookie(values), "session": "x"}, pods, SEAL, 1.0) == "0:8080"


def test_nobody_is_kept_where_it_is_off_or_nodes_stay_in_their_zones() -> None:
    on = {"stickiness__enabled": "true"}
    _, off = decoded(target("0"))
    _, zonal = decoded(target("0"), **on, load_balancing__cross_zone__enabled="false")
    for pods in (off, zonal):
        assert target_cookies(pods, "0:8080", SEAL, 0.0, 0.0, set_by_target=[], had=False) == []
