"""Throttling of the endpoint as its callers see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox_aws.account import Account, refused

SLOW = {"on": True}


def answer_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    """Error code, empty for none, and HTTP status."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"]), int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return "", int(answer["ResponseMetadata"]["HTTPStatusCode"])


def test_a_burst_of_200_creates_is_refused_and_admitted_as_the_table_says(aws: Account) -> None:
    group = aws.target_group()
    listener = aws.listener(aws.alb(), group)
    aws.admin("PUT", "throttling", SLOW)
    answers = [
        refused(aws.elb.create_rule, ListenerArn=listener, Priority=number, Conditions=[], Actions=[])
        for number in range(1, 201)
    ]
    calls = [call for call in aws.admin("GET", "calls") if call["operation"] == "CreateRule"]
    seconds = calls[-1]["started"] - calls[0]["started"]
    admitted = sum(answer != "Throttling" for answer in answers)
    assert 20 <= admitted <= 21 + 3 * seconds
    assert answers[:20].count("Throttling") == 0
    assert [call["error"] for call in calls if call["phase"] == "before"] == ["Throttling"] * (200 - admitted)


def test_the_answer_is_the_one_of_the_service(aws: Account) -> None:
    aws.admin("PUT", "throttling", SLOW)
    answers = [answer_of(aws.ec2.describe_stale_security_groups, VpcId=aws.world.vpc) for _ in range(60)]
    assert ("RequestLimitExceeded", 503) in answers
    answers = [answer_of(aws.elb.create_load_balancer, Name="-") for _ in range(30)]
    assert ("Throttling", 400) in answers


def test_the_switch_shows_and_changes_what_it_is_told(aws: Account) -> None:
    off = {"on": False, "account_wide": False, "describe": "published"}
    assert aws.admin("GET", "throttling") == off
    assert aws.admin("PUT", "throttling", {"on": True, "describe": "older"}) == {**off, "on": True, "describe": "older"}
    assert aws.admin("PUT", "throttling", {"on": False})["describe"] == "older"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"describe": "newest"}, id="a revision there is none of"),
        pytest.param({"of": True}, id="a misspelt setting"),
    ],
)
def test_what_it_does_not_understand_is_refused(aws: Account, body: dict[str, object]) -> None:
    with pytest.raises(HTTPError) as caught:
        aws.admin("PUT", "throttling", body)
    with caught.value:
        assert caught.value.code == 400
    assert not aws.admin("GET", "throttling")["on"]
