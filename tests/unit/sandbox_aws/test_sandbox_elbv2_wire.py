"""The Query protocol of load balancing, held against botocore's own serialiser and parser."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer

from sandbox.aws.elbv2 import wire

MODEL = botocore.session.get_session().get_service_model("elbv2")


def sent(operation: str, parameters: dict[str, Any]) -> bytes:
    """The body that the SDK sends."""
    request = QuerySerializer().serialize_to_request(parameters, MODEL.operation_model(operation))
    return urlencode(request["body"]).encode()


def read(operation: str, body: bytes) -> Any:
    """What the SDK makes of an answer."""
    answer = {"status_code": 200, "headers": {}, "body": body}
    parsed = QueryParser().parse(answer, MODEL.operation_model(operation).output_shape)
    del parsed["ResponseMetadata"]
    return parsed


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param("DescribeLoadBalancers", {}, id="nothing at all"),
        pytest.param("DescribeLoadBalancers", {"Names": ["a", "b"], "PageSize": 3}, id="a list and a number"),
        pytest.param("DescribeLoadBalancers", {"Names": [str(n) for n in range(12)]}, id="a list of more than nine"),
        pytest.param("CreateTargetGroup", {"Name": "g", "HealthCheckEnabled": False}, id="a truth value"),
        pytest.param("ModifyRule", {"RuleArn": "r", "Conditions": []}, id="an empty list"),
        pytest.param(
            "CreateRule",
            {
                "ListenerArn": "l",
                "Priority": 7,
                "Conditions": [
                    {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k&=", "Value": "v é"}]}},
                    {"Field": "path-pattern", "Values": ["/a b", "/<c>"]},
                ],
                "Actions": [
                    {
                        "Type": "authenticate-oidc",
                        "AuthenticateOidcConfig": {
                            "Issuer": "i",
                            "AuthorizationEndpoint": "a",
                            "TokenEndpoint": "t",
                            "UserInfoEndpoint": "u",
                            "ClientId": "c",
                            "SessionTimeout": 60,
                            "AuthenticationRequestExtraParams": {"display": "page", "prompt": "login"},
                        },
                    },
                ],
            },
            id="lists of structures with a map inside",
        ),
    ],
)
def test_requests_of_the_sdk_are_read_as_they_were_meant(operation: str, parameters: dict[str, Any]) -> None:
    assert wire.parse(sent(operation, parameters)) == (operation, parameters)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Action=DescribeLoadBalancers&Version=2012-06-01", id="the classic API"),
        pytest.param(b"Action=FlyToTheMoon&Version=2015-12-01", id="an unknown operation"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_requests_of_others_are_not_read(body: bytes) -> None:
    assert wire.parse(body) is None


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        pytest.param("DescribeTags", {"TagDescriptions": []}, id="an empty list"),
        pytest.param(
            "DescribeTags",
            {"TagDescriptions": [{"ResourceArn": "a", "Tags": [{"Key": "<k>", "Value": 'a&b "c"\r\n'}]}]},
            id="text with markup and ends of lines",
        ),
        pytest.param(
            "DescribeLoadBalancers",
            {
                "LoadBalancers": [
                    {"LoadBalancerArn": "a", "CreatedTime": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)}
                ],
                "NextMarker": "m",
            },
            id="a time",
        ),
        pytest.param(
            "DescribeRules",
            {"Rules": [{"RuleArn": "r", "IsDefault": True, "Actions": [{"Type": "forward", "Order": 1}]}]},
            id="truth values and numbers",
        ),
    ],
)
def test_answers_are_read_by_the_sdk_as_they_were_meant(operation: str, result: dict[str, Any]) -> None:
    assert read(operation, wire.OPERATIONS[operation].serialise(result, "id")) == result


def test_members_that_are_none_are_left_out() -> None:
    body = wire.OPERATIONS["DescribeRules"].serialise({"Rules": [{"RuleArn": "r", "Transforms": None}]}, "id")
    assert read("DescribeRules", body) == {"Rules": [{"RuleArn": "r"}]}


@pytest.mark.parametrize(
    ("operation", "body", "problem"),
    [
        pytest.param("DescribeTags", b"ResourceArns.member.1=a", None, id="what the model allows"),
        pytest.param(
            "DescribeTags",
            b"",
            "1 validation error detected: Value null at 'resourceArns' failed to satisfy constraint:"
            " Member must not be null",
            id="a required member is missing",
        ),
        pytest.param(
            "DescribeRules",
            b"PageSize=many",
            "1 validation error detected: Value 'many' at 'pageSize' failed to satisfy constraint:"
            " Member must be an integer",
            id="text where a number belongs",
        ),
        pytest.param(
            "DescribeRules",
            b"PageSize=401",
            "1 validation error detected: Value '401' at 'pageSize' failed to satisfy constraint:"
            " Member must have value less than or equal to 400",
            id="a number above its range",
        ),
        pytest.param(
            "SetIpAddressType",
            b"LoadBalancerArn=a&IpAddressType=ipv6",
            "1 validation error detected: Value 'ipv6' at 'ipAddressType' failed to satisfy constraint:"
            " Member must satisfy enum value set: [ipv4, dualstack, dualstack-without-public-ipv4]",
            id="a word that is not in the enum",
        ),
        pytest.param(
            "AddTags",
            b"ResourceArns.member.1=a&Tags.member.1.Key=" + b"k" * 129,
            "1 validation error detected: Value '" + "k" * 129 + "' at 'tags.1.member.key' failed to satisfy"
            " constraint: Member must have length less than or equal to 128",
            id="a text that is too long, inside a list",
        ),
        pytest.param(
            "ModifyTargetGroup",
            b"TargetGroupArn=a&HealthCheckEnabled=maybe&HealthyThresholdCount=1",
            "2 validation errors detected: Value 'maybe' at 'healthCheckEnabled' failed to satisfy constraint:"
            " Member must be true or false; Value '1' at 'healthyThresholdCount' failed to satisfy constraint:"
            " Member must have value greater than or equal to 2",
            id="two things at once",
        ),
        pytest.param(
            "CreateTrustStore",
            b"Name=a_b&CaCertificatesBundleS3Bucket=b&CaCertificatesBundleS3Key=k",
            "1 validation error detected: Value 'a_b' at 'name' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern: ^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$",
            id="a text that does not match its pattern",
        ),
        pytest.param(
            "DescribeTags",
            b"ResourceArns=a",
            None,
            id="a list that is sent as a text is an empty one",
        ),
    ],
)
def test_the_model_is_held_against_parameters(operation: str, body: bytes, problem: str | None) -> None:
    parsed = wire.parse(b"Action=" + operation.encode() + b"&Version=2015-12-01&" + body)
    assert parsed is not None
    assert wire.OPERATIONS[operation].problem(parsed[1]) == problem


def test_tags_in_any_script_are_allowed() -> None:
    tag = {"Key": "équipe/Ä_1", "Value": "日本 語+-=._:@"}
    parsed = wire.parse(sent("AddTags", {"ResourceArns": ["a"], "Tags": [tag]}))
    assert parsed is not None
    assert wire.OPERATIONS["AddTags"].problem(parsed[1]) is None


def test_errors_have_the_status_of_the_model() -> None:
    codes = ("HealthUnavailable", "PriorRequestNotComplete", "RuleNotFound", "ValidationError")
    assert [wire.error_status(code) for code in codes] == [500, 429, 400, 400]
