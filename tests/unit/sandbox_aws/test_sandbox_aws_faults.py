from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from sandbox.aws import AwsServer
from tests.unit.sandbox_aws.account import Account, refused

PATIENCE_SECONDS = 20
"""How long a test waits for another thread before it fails."""


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


def outcome_of(call: Callable[[], Any]) -> str:
    """`cut` when the connection was closed without an answer."""
    try:
        call()
    except BotoCoreError:
        return "cut"
    return "answered"


def until_held(server: AwsServer, hold: int) -> dict[str, Any]:
    """The hold, once its call is held."""
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 100):
        found = next(one for one in server.faults.holds() if one.id == hold).as_json()
        if found["state"] == "held":
            return found
        pause.wait(0.01)
    raise AssertionError(f"hold {hold} never held a call")


def until_ended(aws: Account) -> None:
    """Returns when no call is under way and no thread serves a connection any more."""
    pause = threading.Event()
    while any(thread.name.endswith("(process_request_thread)") for thread in threading.enumerate()):
        pause.wait(0.01)
    assert all(call["ended"] for call in aws.admin("GET", "calls"))


def names(aws: Account) -> list[str]:
    return [one["TargetGroupName"] for one in aws.elb.describe_target_groups()["TargetGroups"]]


def phases(aws: Account) -> list[tuple[str, str, bool]]:
    calls = aws.admin("GET", "calls")
    return [(call["operation"], call["phase"], call["answered"]) for call in calls if call["mutating"]]


@pytest.mark.parametrize(
    ("when", "release", "end", "made", "phase"),
    [
        pytest.param("before", "continue", "answered", ["pods"], "after", id="held before and let go"),
        pytest.param("before", "discard", "cut", [], "before", id="held before and discarded: no effect"),
        pytest.param("after", "continue", "answered", ["pods"], "after", id="held after and let go"),
        pytest.param("after", "discard", "cut", ["pods"], "after", id="held after and discarded: the answer is lost"),
    ],
)
def test_a_held_call_ends_as_it_is_released(
    aws: Account,
    server: AwsServer,
    background: ThreadPoolExecutor,
    *,
    when: str,
    release: str,
    end: str,
    made: list[str],
    phase: str,
) -> None:
    hold = aws.admin("POST", "holds", {"operation": "CreateTargetGroup", "when": when})["id"]
    ended: Future[str] = background.submit(outcome_of, lambda: aws.target_group("pods"))
    held = until_held(server, hold)
    assert (held["when"], held["call"]["operation"], held["call"]["ended"]) == (when, "CreateTargetGroup", None)
    assert names(aws) == (["pods"] if when == "after" else []), "other calls go on while one is held"
    aws.admin("POST", f"holds/{hold}/release", {"outcome": release})
    assert ended.result(PATIENCE_SECONDS) == end
    assert names(aws) == made
    assert phases(aws) == [("CreateTargetGroup", phase, end == "answered")]
    assert [one["state"] for one in aws.admin("GET", "holds")] == ["done"]


def test_the_nth_call_that_matches_is_held(aws: Account, server: AwsServer, background: ThreadPoolExecutor) -> None:
    wanted = {"operation": "Create.*", "nth": 2, "match": '"Port": 81'}
    hold = aws.admin("POST", "holds", wanted)["id"]
    aws.target_group("one", Port=81)
    aws.target_group("two", Port=80)
    ended: Future[str] = background.submit(outcome_of, lambda: aws.target_group("three", Port=81))
    assert until_held(server, hold)["call"]["parameters"]["Name"] == "three"
    aws.target_group("four", Port=81)
    aws.admin("POST", f"holds/{hold}/release", {"outcome": "continue"})
    assert ended.result(PATIENCE_SECONDS) == "answered"
    assert names(aws) == ["four", "one", "three", "two"]


def test_a_hold_counts_mutating_calls_unless_told_otherwise(
    aws: Account, server: AwsServer, background: ThreadPoolExecutor
) -> None:
    changing = aws.admin("POST", "holds", {})["id"]
    assert names(aws) == []
    everything = aws.admin("POST", "holds", {"mutating": False})["id"]
    reading = background.submit(outcome_of, lambda: names(aws))
    assert until_held(server, everything)["call"]["operation"] == "DescribeTargetGroups"
    assert [one["state"] for one in aws.admin("GET", "holds") if one["id"] == changing] == ["waiting"]
    aws.admin("DELETE", "holds")
    assert reading.result(PATIENCE_SECONDS) == "answered"
    assert aws.admin("GET", "holds") == []


def test_a_hold_that_is_released_early_holds_nothing(aws: Account) -> None:
    hold = aws.admin("POST", "holds", {"operation": "CreateTargetGroup"})["id"]
    aws.admin("POST", f"holds/{hold}/release")
    aws.target_group("pods")
    assert names(aws) == ["pods"]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        pytest.param("DescribeLoadBalancers", lambda aws: aws.elb.describe_load_balancers, id="query protocol"),
        pytest.param("DescribeVpcs", lambda aws: aws.ec2.describe_vpcs, id="EC2 protocol"),
        pytest.param("GetResources", lambda aws: aws.tagging.get_resources, id="JSON protocol"),
    ],
)
def test_an_error_is_answered_as_often_as_it_was_asked_for(
    aws: Account, operation: str, call: Callable[[Account], Callable[..., Any]]
) -> None:
    aws.admin("POST", "errors", {"operation": operation, "code": "Throttling", "status": 400, "times": 2})
    assert [refused(call(aws)) for _ in range(3)] == ["Throttling", "Throttling", "accepted"]
    assert [one["times_left"] for one in aws.admin("GET", "errors")] == [0]
    calls = aws.admin("GET", "calls")
    assert [(one["error"], one["phase"]) for one in calls] == [
        ("Throttling", "before"),
        ("Throttling", "before"),
        (None, "after"),
    ]


def test_an_injected_error_has_no_effect_and_leaves_other_calls_alone(aws: Account) -> None:
    aws.admin("POST", "errors", {"operation": "CreateTargetGroup", "code": "InternalFailure", "status": 500})
    wanted = {"Name": "pods", "VpcId": aws.world.vpc, "Protocol": "HTTP", "Port": 80}
    assert refused(aws.elb.create_target_group, **wanted) == "InternalFailure"
    assert names(aws) == []
    aws.admin("POST", "errors", {"code": "Throttling", "times": 5})
    aws.admin("DELETE", "errors")
    assert refused(aws.elb.create_target_group, **wanted) == "accepted"


def test_an_outage_cuts_every_call_but_the_endpoints_own(aws: Account) -> None:
    aws.admin("POST", "down")
    assert outcome_of(aws.elb.describe_load_balancers) == "cut"
    assert aws.admin("GET", "down") == {"down": True}
    assert aws.admin("GET", "calls") == []
    aws.admin("DELETE", "down")
    assert outcome_of(aws.elb.describe_load_balancers) == "answered"


def registered(aws: Account, group: str, address: str) -> None:
    aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address}])


def test_new_targets_can_be_held_in_a_state(aws: Account) -> None:
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    registered(aws, group, "10.0.100.1")
    aws.admin("POST", "health", {"state": "initial", "reason": "Elb.InitialHealthChecking"})
    for address in ("10.0.100.1", "10.0.100.2"):
        registered(aws, group, address)
    assert aws.health_of(group) == {("10.0.100.1", 80): "healthy", ("10.0.100.2", 80): "initial"}
    aws.admin("DELETE", "health")
    assert aws.health_of(group) == {("10.0.100.1", 80): "healthy", ("10.0.100.2", 80): "healthy"}


def test_all_targets_of_one_group_can_be_held_in_a_state(aws: Account) -> None:
    balancer, held, free = aws.alb(), aws.target_group("held"), aws.target_group("free")
    aws.rule(aws.listener(balancer, held), free)
    for group in (held, free):
        registered(aws, group, "10.0.100.1")
    wanted = {
        "state": "unhealthy",
        "reason": "Target.Timeout",
        "description": "Request timed out",
        "target_group_arn": held,
        "new_targets": False,
    }
    aws.admin("POST", "health", wanted)
    found = aws.elb.describe_target_health(TargetGroupArn=held)["TargetHealthDescriptions"]
    assert [one["TargetHealth"] for one in found] == [
        {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}
    ]
    assert aws.health_of(free) == {("10.0.100.1", 80): "healthy"}
    aws.admin("DELETE", f"health?target_group_arn={held}")
    assert aws.health_of(held) == {("10.0.100.1", 80): "healthy"}


@pytest.mark.parametrize("release", ["continue", "discard"])
def test_a_client_that_dies_while_it_is_held_disturbs_nobody(
    aws: Account, server: AwsServer, caplog: pytest.LogCaptureFixture, release: str
) -> None:
    hold = aws.admin("POST", "holds", {"operation": "CreateTargetGroup", "when": "after"})["id"]
    body = f"Action=CreateTargetGroup&Version=2015-12-01&Name=pods&Protocol=HTTP&Port=80&VpcId={aws.world.vpc}"
    scope = "Credential=test/20260101/us-west-2/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=0"
    request = (
        "POST / HTTP/1.1\r\nHost: sandbox\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Authorization: AWS4-HMAC-SHA256 {scope}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    with socket.create_connection(("127.0.0.1", int(aws.world.url.rpartition(":")[2]))) as client:
        client.sendall(request.encode())
        until_held(server, hold)
        # No lingering: the connection is reset at once, as by a process that is killed.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    aws.admin("POST", f"holds/{hold}/release", {"outcome": release})
    until_ended(aws)
    assert names(aws) == ["pods"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
