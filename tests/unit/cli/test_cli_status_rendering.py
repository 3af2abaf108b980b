"""What `elbow status` shows, and what it says is left."""

from collections.abc import Sequence

import pytest
from elbow.planner.v1 import planner_service_pb2 as wire
from rich.text import Text

from services.cli.planner_client import Report
from services.cli.rendering.columns import aligned
from services.cli.rendering.status import links_stand, not_in_sync, status_lines, what_is_left
from services.cli.state import ServiceState, UpState
from tests.unit.cli.builders import a_stack, a_status, targets

UP = UpState(
    identity="elbow-up-here-1",
    pid=1,
    services={
        "planner": ServiceState(address="127.0.0.1:4000", pid=10),
        "watcher": ServiceState(address="127.0.0.1:4001", pid=11),
        "executor": ServiceState(address="127.0.0.1:4002", pid=12),
    },
)
DOWN = wire.LinkStatus(address="127.0.0.1:4002", connected=False, error="connection refused")


def lines(report: Report, state: UpState | None = UP) -> Sequence[str]:
    return [line.plain for line in status_lines(report, state)]


def test_a_settled_run_with_one_stack() -> None:
    assert lines(Report(status=a_status(), stacks=[a_stack()])) == [
        "services",
        "  planner   answers    127.0.0.1:4000  process 10, leader, epoch 3, elbow-up-here-1",
        "  watcher   connected  127.0.0.1:4001  process 11",
        "  executor  connected  127.0.0.1:4002  process 12",
        "",
        "view",
        "  1 kind in sync, 1 object",
        "",
        "work",
        "  queue      0 queued, 0 in work, 0 waiting",
        "  targets    0 registering or draining",
        "  inventory  filled",
        "  settled    yes",
        "",
        "stacks",
        "  ingress/shop/web  ready",
        "    host name  web-1.us-west-2.elb.amazonaws.com",
        "    targets    2 healthy",
        "    last plan  create load balancer k8s-shop-web",
    ]


def test_a_run_in_trouble_says_so_plainly() -> None:
    status = a_status(
        in_sync=False,
        leader=False,
        kinds=[
            wire.KindStatus(kind="Ingress", state="synced", objects=2),
            wire.KindStatus(kind="Service", state="synced", objects=1),
            wire.KindStatus(kind="Pod", state="refused", message="pods is forbidden"),
            wire.KindStatus(kind="IngressClassParams", state="missing"),
            wire.KindStatus(kind="Node", state="lost"),
            wire.KindStatus(kind="Namespace", state="lost"),
        ],
        executor=DOWN,
        queued=1,
        running=2,
        waiting=3,
        moving_targets=4,
        inventory_filled=False,
        settled=False,
    )
    stack = a_stack(state="errored", hostname="", last_plan="", error="no such class", waits_for="a look", targets=[])
    assert lines(Report(status=status, stacks=[stack]), None) == [
        "services",
        "  planner   answers        -               not the leader, elbow-up-here-1",
        "  watcher   connected      127.0.0.1:4001",
        "  executor  not connected  127.0.0.1:4002  connection refused",
        "",
        "view",
        "  2 kinds in sync, 3 objects",
        "  refused: Pod",
        "    pods is forbidden",
        "  missing: IngressClassParams",
        "    not served by this cluster",
        "  lost: Node, Namespace",
        "    cannot be read at present; what was seen last stands",
        "",
        "work",
        "  queue      1 queued, 2 in work, 3 waiting",
        "  targets    4 registering or draining",
        "  inventory  being filled",
        "  settled    not yet",
        "",
        "stacks",
        "  ingress/shop/web  errored",
        "    targets    none",
        "    waits for  a look",
        "    error      no such class",
    ]


def test_several_target_groups_are_told_apart() -> None:
    stack = a_stack(targets=[targets({"initial": 1, "healthy": 2, "gone": 0}, "one"), targets({}, "two")])
    assert "    targets    one: 2 healthy, 1 initial; two: none" in lines(Report(status=a_status(), stacks=[stack]))


def test_no_stacks() -> None:
    assert lines(Report(status=a_status(), stacks=[]))[-3:] == ["stacks", "  none", ""]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, True, id="both links stand"),
        pytest.param({"executor": DOWN}, False, id="the executor is away"),
        pytest.param({"watcher": DOWN}, False, id="the watcher is away"),
    ],
)
def test_links(changes: dict[str, object], expected: bool) -> None:
    assert links_stand(a_status(**changes)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"executor": DOWN}, ["executor is not connected: connection refused"], id="a link with its error"),
        pytest.param(
            {"watcher": wire.LinkStatus(), "kinds": [wire.KindStatus(kind="Pod", state="syncing")]},
            ["watcher is not connected"],
            id="without a watcher the kinds say nothing new",
        ),
        pytest.param(
            {"kinds": [wire.KindStatus(kind="Pod", state="syncing"), wire.KindStatus(kind="Node", state="missing")]},
            ["being read: Pod"],
            id="a missing kind holds nothing up",
        ),
        pytest.param(
            {"kinds": [wire.KindStatus(kind="Pod", state="syncing"), wire.KindStatus(kind="Node", state="lost")]},
            ["Node: lost (cannot be read at present; what was seen last stands)", "being read: Pod"],
            id="a lost kind by itself",
        ),
        pytest.param({}, ["the planner does not say what it waits for"], id="nothing to be seen"),
    ],
)
def test_what_keeps_the_view_from_being_in_sync(changes: dict[str, object], expected: Sequence[str]) -> None:
    assert not_in_sync(a_status(**changes)) == expected


@pytest.mark.parametrize(
    ("status", "stacks", "expected"),
    [
        pytest.param(
            a_status(settled=False, queued=2, moving_targets=1),
            [],
            ["2 queued", "1 target registering or draining"],
            id="work in numbers",
        ),
        pytest.param(
            a_status(settled=False, running=1),
            [a_stack(), a_stack("ingress/shop/api", state="working", waits_for="a security group")],
            ["1 in work", "ingress/shop/api is working: a security group"],
            id="a stack in work and what it waits for",
        ),
        pytest.param(
            a_status(settled=False, in_sync=False, executor=DOWN),
            [],
            ["executor is not connected: connection refused"],
            id="a view that is not in sync",
        ),
        pytest.param(
            a_status(settled=False), [], ["changes that were seen are not worked off"], id="nothing to be seen"
        ),
    ],
)
def test_what_is_left(
    status: wire.GetStatusResponse, stacks: Sequence[wire.StackStatus], expected: Sequence[str]
) -> None:
    assert what_is_left(Report(status=status, stacks=stacks)) == expected


def test_columns_are_aligned_by_what_is_seen_and_end_without_blanks() -> None:
    rows = [[Text("a"), Text("日本"), Text("x")], [Text("long"), Text("b"), Text("")]]
    assert [line.plain for line in aligned(rows, indent=1)] == [" a     日本  x", " long  b"]
