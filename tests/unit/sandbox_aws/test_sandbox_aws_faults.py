from __future__ import annotations

import json
import socket
import struct
import threading
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

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


def ended(call: Callable[[], Any]) -> str:
    """As `outcome_of`, with the code of an error."""
    try:
        return outcome_of(call)
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def until_held(server: AwsServer, hold: int) -> dict[str, Any]:
    """The hold, once its call is held."""
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 100):
        fault = server.faults.board.fault(hold)
        assert fault is not None
        found = dict(fault.shown())
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
    hold = aws.fault("hold", operation="CreateTargetGroup", when=when)
    ended: Future[str] = background.submit(outcome_of, lambda: aws.target_group("pods"))
    held = until_held(server, hold)
    assert (held["when"], held["call"]["operation"], held["call"]["ended"]) == (when, "CreateTargetGroup", None)
    assert names(aws) == (["pods"] if when == "after" else []), "other calls go on while one is held"
    aws.admin("POST", f"faults/{hold}/release", {"outcome": release})
    assert ended.result(PATIENCE_SECONDS) == end
    assert names(aws) == made
    assert phases(aws) == [("CreateTargetGroup", phase, end == "answered")]
    assert [one["state"] for one in aws.admin("GET", "faults")] == ["done"]


def test_the_nth_call_that_matches_is_held(aws: Account, server: AwsServer, background: ThreadPoolExecutor) -> None:
    hold = aws.fault("hold", operation="Create.*", nth=2, match='"Port": 81')
    aws.target_group("one", Port=81)
    aws.target_group("two", Port=80)
    ended: Future[str] = background.submit(outcome_of, lambda: aws.target_group("three", Port=81))
    assert until_held(server, hold)["call"]["parameters"]["Name"] == "three"
    aws.target_group("four", Port=81)
    aws.admin("POST", f"faults/{hold}/release", {"outcome": "continue"})
    assert ended.result(PATIENCE_SECONDS) == "answered"
    assert names(aws) == ["four", "one", "three", "two"]


def test_a_hold_counts_mutating_calls_unless_told_otherwise(
    aws: Account, server: AwsServer, background: ThreadPoolExecutor
) -> None:
    changing = aws.fault("hold")
    assert names(aws) == []
    everything = aws.fault("hold", mutating=False)
    reading = background.submit(outcome_of, lambda: names(aws))
    assert until_held(server, everything)["call"]["operation"] == "DescribeTargetGroups"
    assert [one["state"] for one in aws.admin("GET", "faults") if one["id"] == changing] == ["waiting"]
    aws.admin("DELETE", "faults")
    assert reading.result(PATIENCE_SECONDS) == "answered"
    assert aws.admin("GET", "faults") == []


def test_a_hold_that_is_released_early_holds_nothing(aws: Account) -> None:
    hold = aws.fault("hold", operation="CreateTargetGroup")
    aws.admin("POST", f"faults/{hold}/release")
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
    aws.fault("fail", operation=operation, code="Throttling", times=2)
    assert [refused(call(aws)) for _ in range(3)] == ["Throttling", "Throttling", "accepted"]
    assert [(one["seen"], one["failed"]) for one in aws.admin("GET", "faults")] == [(3, 2)]
    calls = aws.admin("GET", "calls")
    assert [(one["error"], one["phase"]) for one in calls] == [
        ("Throttling", "before"),
        ("Throttling", "before"),
        (None, "after"),
    ]


def test_an_injected_error_has_no_effect_and_leaves_other_calls_alone(aws: Account) -> None:
    aws.fault("fail", operation="CreateTargetGroup", code="InternalFailure", status=500, times=1)
    wanted = {"Name": "pods", "VpcId": aws.world.vpc, "Protocol": "HTTP", "Port": 80}
    assert refused(aws.elb.create_target_group, **wanted) == "InternalFailure"
    assert names(aws) == []
    aws.fault("fail", code="Throttling")
    aws.admin("DELETE", "faults?kind=fail")
    assert refused(aws.elb.create_target_group, **wanted) == "accepted"


@pytest.mark.parametrize(
    ("fault", "end", "made", "phase"),
    [
        pytest.param({"when": "before"}, "cut", [], "before", id="cut before its effect"),
        pytest.param({"when": "after"}, "cut", ["pods"], "after", id="cut after its effect"),
        pytest.param(
            {"code": "InternalFailure", "status": 500, "when": "after"},
            "InternalFailure",
            ["pods"],
            "after",
            id="an error after its effect",
        ),
    ],
)
def test_a_call_fails_before_or_after_its_effect(
    aws: Account, fault: dict[str, Any], end: str, made: list[str], phase: str
) -> None:
    aws.fault("fail", operation="CreateTargetGroup", nth=2, times=1, **fault)
    ends = [ended(partial(aws.target_group, name)) for name in ("first", "pods", "third")]
    assert ends == ["answered", end, "answered"]
    assert names(aws) == sorted(["first", *made, "third"])
    assert phases(aws)[1] == ("CreateTargetGroup", phase, end != "cut")


@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        pytest.param("throttled", ["Throttling", "RequestLimitExceeded", "ThrottledException"], id="throttled"),
        pytest.param("denied", ["AccessDenied", "UnauthorizedOperation", "AccessDeniedException"], id="denied"),
    ],
)
def test_each_service_refuses_in_its_own_words(aws: Account, reason: str, codes: list[str]) -> None:
    aws.fault("fail", reason=reason)
    asked = (aws.elb.describe_target_groups, aws.ec2.describe_vpcs, aws.tagging.get_resources)
    assert [refused(call) for call in asked] == codes


def test_a_share_of_the_calls_fails_and_the_same_seed_fails_the_same(aws: Account) -> None:
    runs = []
    for seed in (7, 7, 8):
        fault = aws.fault("fail", operation="ec2:Describe.*", code="RequestLimitExceeded", share=0.5, seed=seed)
        runs.append([refused(aws.ec2.describe_vpcs) for _ in range(20)])
        assert refused(aws.elb.describe_target_groups) == "accepted", "the service is part of the pattern"
        aws.admin("DELETE", f"faults/{fault}")
    assert 3 < runs[0].count("RequestLimitExceeded") < 17
    assert runs[0] == runs[1] != runs[2]


def test_a_call_comes_late_and_others_do_not_wait_for_it(aws: Account, background: ThreadPoolExecutor) -> None:
    slow = aws.fault("delay", operation="DescribeVpcs", delay_seconds=PATIENCE_SECONDS * 10)
    ended: Future[str] = background.submit(outcome_of, aws.ec2.describe_vpcs)
    names(aws)
    assert not ended.done()
    aws.admin("DELETE", f"faults/{slow}")
    assert ended.result(PATIENCE_SECONDS) == "answered"


def test_a_fault_ends_by_itself(aws: Account) -> None:
    aws.fault("fail", code="Throttling", seconds=0.2)
    [listed] = aws.admin("GET", "faults")
    assert 0 < listed["seconds_left"] <= 0.2
    assert refused(aws.elb.describe_target_groups) == "Throttling"
    pause = threading.Event()
    while aws.admin("GET", "faults"):
        pause.wait(0.01)
    assert refused(aws.elb.describe_target_groups) == "accepted"


def test_the_sandbox_itself_calls_what_it_is_asked_to_and_meets_no_fault(aws: Account) -> None:
    aws.target_group("pods")
    aws.fault("fail", code="Throttling")
    wanted = {"service": "elbv2", "operation": "describe-target-groups", "parameters": {"Names": ["pods"]}}
    [group] = aws.admin("POST", "call", wanted)["TargetGroups"]
    attributes = {
        "TargetGroupArn": group["TargetGroupArn"],
        "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "7"}],
    }
    changed = {"service": "elbv2", "operation": "ModifyTargetGroupAttributes", "parameters": attributes}
    assert aws.admin("POST", "call", changed)["Attributes"]
    assert [call["caller"] for call in aws.admin("GET", "calls")][-1] == "sandbox-hand"
    aws.admin("DELETE", "faults")
    found = aws.elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    assert {one["Key"]: one["Value"] for one in found}["deregistration_delay.timeout_seconds"] == "7"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        pytest.param({"Names": ["nobody"]}, "TargetGroupNotFound: ", id="refused by AWS"),
        pytest.param({"Nmaes": []}, "Parameter validation failed", id="wrong by the service's model"),
    ],
)
def test_a_call_of_the_sandbox_that_is_refused_says_why(aws: Account, parameters: Any, reason: str) -> None:
    wanted = {"service": "elbv2", "operation": "DescribeTargetGroups", "parameters": parameters}
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.admin("POST", "call", wanted)
    with caught.value as answer:
        assert json.load(answer)["error"].startswith(reason)


def test_an_outage_cuts_every_call_but_the_endpoints_own(aws: Account) -> None:
    outage = aws.fault("outage")
    assert outcome_of(aws.elb.describe_load_balancers) == "cut"
    assert [(one["id"], one["kind"]) for one in aws.admin("GET", "faults")] == [(outage, "outage")]
    assert aws.admin("GET", "calls") == []
    aws.admin("DELETE", f"faults/{outage}")
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
    hold = aws.fault("hold", operation="CreateTargetGroup", when="after")
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
    aws.admin("POST", f"faults/{hold}/release", {"outcome": release})
    until_ended(aws)
    assert names(aws) == ["pods"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
