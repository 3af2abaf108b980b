from __future__ import annotations

import urllib.error
from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, path, refused

SEEN = ("service", "operation", "parameters", "mutating", "phase", "error", "answered")


def seen(aws: Account) -> list[dict[str, Any]]:
    return [{key: call[key] for key in SEEN} for call in aws.admin("GET", "calls")]


def entry(service: str, operation: str, parameters: dict[str, Any], **change: Any) -> dict[str, Any]:
    reading = operation.startswith(("Describe", "Get"))
    usual = {"mutating": not reading, "phase": "after", "error": None, "answered": True}
    return {"service": service, "operation": operation, "parameters": parameters, **usual, **change}


def test_calls_of_every_protocol_are_recorded_with_their_parameters(aws: Account) -> None:
    group = aws.target_group("pods", Tags=[{"Key": "a", "Value": "b"}])
    filters = [{"Name": "tag:Name", "Values": ["x", "y"]}]
    aws.ec2.describe_subnets(Filters=filters, MaxResults=10)
    tag_filters = {"ResourcesPerPage": 7, "TagFilters": [{"Key": "a", "Values": ["b"]}]}
    aws.tagging.get_resources(**tag_filters)
    assert seen(aws) == [
        entry(
            "elasticloadbalancing",
            "CreateTargetGroup",
            {
                "Name": "pods",
                "VpcId": aws.world.vpc,
                "Protocol": "HTTP",
                "Port": 80,
                "TargetType": "ip",
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        ),
        entry("ec2", "DescribeSubnets", {"Filters": filters, "MaxResults": 10}),
        entry("tagging", "GetResources", tag_filters),
    ]
    assert group.endswith(aws.elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"])


def test_nested_parameters_are_structures(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    listener = aws.listener(balancer, group)
    aws.admin("POST", "calls/clear")
    wanted = {"ListenerArn": listener, "Priority": 3, "Conditions": [path("/a", "/b")], "Actions": [forward(group)]}
    aws.elb.create_rule(**wanted)
    assert seen(aws) == [entry("elasticloadbalancing", "CreateRule", wanted)]


def test_a_refused_call_has_its_code(aws: Account) -> None:
    assert refused(aws.elb.describe_load_balancers, Names=["none"]) == "LoadBalancerNotFound"
    assert refused(aws.ec2.delete_security_group, GroupId="sg-0") == "InvalidGroup.NotFound"
    bad_page = {"ResourcesPerPage": 1000}
    assert refused(aws.tagging.get_resources, **bad_page) == "InvalidParameterException"
    assert seen(aws) == [
        entry("elasticloadbalancing", "DescribeLoadBalancers", {"Names": ["none"]}, error="LoadBalancerNotFound"),
        entry("ec2", "DeleteSecurityGroup", {"GroupId": "sg-0"}, error="InvalidGroup.NotFound"),
        entry("tagging", "GetResources", bad_page, error="InvalidParameterException"),
    ]


def test_an_operation_that_is_not_there_is_a_clear_error(aws: Account) -> None:
    arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:truststore/clients/0123456789abcdef"
    assert refused(aws.elb.get_trust_store_ca_certificates_bundle, TrustStoreArn=arn) == "NotImplemented"
    assert [call["error"] for call in seen(aws)] == ["NotImplemented"]


def test_numbers_go_on_over_a_clear_and_since_leaves_out_what_is_known(aws: Account) -> None:
    aws.elb.describe_load_balancers()
    first = aws.admin("GET", "calls")[0]["seq"]
    aws.elb.describe_target_groups()
    assert [call["operation"] for call in aws.admin("GET", f"calls?since={first}")] == ["DescribeTargetGroups"]
    aws.admin("POST", "calls/clear")
    assert aws.admin("GET", "calls") == []
    aws.elb.describe_load_balancers()
    assert [call["seq"] for call in aws.admin("GET", "calls")] == [first + 2]


def test_times_are_in_order(aws: Account) -> None:
    aws.elb.describe_load_balancers()
    aws.elb.describe_target_groups()
    times = [time for call in aws.admin("GET", "calls") for time in (call["started"], call["ended"])]
    assert len(times) == 4
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("method", "resource", "body", "status"),
    [
        pytest.param("GET", "calls?since=soon", None, 400, id="no number"),
        pytest.param("GET", "weather", None, 404, id="an unknown resource"),
        pytest.param("POST", "faults", {"kind": "hold", "operation": "("}, 400, id="no regular expression"),
        pytest.param("POST", "faults", {"kind": "hold", "operatoin": "CreateRule"}, 400, id="an unknown field"),
        pytest.param("POST", "faults", {"kind": "hold", "nth": 0}, 400, id="no count"),
        pytest.param("POST", "faults/77/release", {}, 404, id="an unknown hold"),
        pytest.param("DELETE", "faults/77", None, 404, id="an unknown fault"),
        pytest.param("POST", "faults", {"kind": "rain"}, 400, id="an unknown kind of fault"),
        pytest.param("POST", "faults", {}, 400, id="a fault without a kind"),
        pytest.param("POST", "faults", [], 400, id="no object"),
        pytest.param("POST", "faults", {"kind": "fail", "status": 500}, 400, id="a status without an error code"),
        pytest.param("POST", "faults", {"kind": "fail", "share": 1.5}, 400, id="more than all calls"),
        pytest.param("POST", "faults", {"kind": "delay"}, 400, id="a delay of no length"),
        pytest.param("POST", "faults", {"kind": "outage", "seconds": 0}, 400, id="a fault that ends before it begins"),
        pytest.param("POST", "call", {"service": "elb9", "operation": "X"}, 400, id="an unknown service"),
        pytest.param("POST", "call", {"service": "elbv2", "operation": "Fly"}, 400, id="an unknown operation"),
        pytest.param("POST", "health", {"state": "ill"}, 400, id="an unknown health state"),
    ],
)
def test_what_the_endpoint_does_not_understand_is_told(
    aws: Account, method: str, resource: str, body: Any, status: int
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.admin(method, resource, body)
    with caught.value as answer:
        assert answer.code == status
        assert b'"error"' in answer.read()
