from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, path, refused


@pytest.fixture
def listener(aws: Account) -> str:
    return aws.listener(aws.alb(), aws.target_group("default"))


@pytest.fixture
def group(aws: Account) -> str:
    return aws.target_group("pods")


def priorities(aws: Account, listener: str) -> dict[str, str]:
    """Priority by ARN, in the order that DescribeRules gives."""
    return {one["RuleArn"]: one["Priority"] for one in aws.elb.describe_rules(ListenerArn=listener)["Rules"]}


def test_rules_come_by_priority_with_the_default_last(aws: Account, listener: str, group: str) -> None:
    for priority in (30, 10, 20):
        aws.rule(listener, group, priority)
    assert list(priorities(aws, listener).values()) == ["10", "20", "30", "default"]


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        pytest.param(0, "ValidationError", id="below the first priority"),
        pytest.param(1, "accepted", id="the first priority"),
        pytest.param(50_000, "accepted", id="the last priority"),
        pytest.param(50_001, "ValidationError", id="above the last priority"),
        pytest.param(7, "PriorityInUse", id="a taken priority"),
    ],
)
def test_priorities_have_a_range(aws: Account, listener: str, group: str, priority: int, expected: str) -> None:
    aws.rule(listener, group, 7)
    wanted = {"ListenerArn": listener, "Conditions": [path("/")], "Actions": [forward(group)]}
    assert refused(aws.elb.create_rule, Priority=priority, **wanted) == expected


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[0-9]+"]}}, id="a pattern"),
        pytest.param({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "::/0"]}}, id="addresses"),
        pytest.param(
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]}}, id="a header"
        ),
        pytest.param(
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}}, id="a query"
        ),
        pytest.param({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}, id="a method"),
    ],
)
def test_conditions_are_kept(aws: Account, listener: str, group: str, condition: dict[str, Any]) -> None:
    arn = aws.rule(listener, group, Conditions=[condition])
    assert aws.elb.describe_rules(RuleArns=[arn])["Rules"][0]["Conditions"] == [condition]


@pytest.mark.parametrize(
    ("field", "config"),
    [
        pytest.param("host-header", "HostHeaderConfig", id="of a host"),
        pytest.param("path-pattern", "PathPatternConfig", id="of a path"),
    ],
)
def test_values_are_given_back_in_both_forms(aws: Account, listener: str, group: str, field: str, config: str) -> None:
    whole = {"Field": field, "Values": ["*.example.com"], config: {"Values": ["*.example.com"]}}
    plain, nested = ({key: value for key, value in whole.items() if key != left} for left in (config, "Values"))
    for priority, sent in enumerate((plain, nested), 1):
        arn = aws.rule(listener, group, priority, Conditions=[sent])
        assert aws.elb.describe_rules(RuleArns=[arn])["Rules"][0]["Conditions"] == [whole]


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param([], id="none at all"),
        pytest.param([{"Field": "cookie", "Values": ["a"]}], id="an unknown field"),
        pytest.param([{"Field": "path-pattern", "PathPatternConfig": {"Values": []}}], id="no value"),
        pytest.param([path("/" + "a" * 128)], id="a path that is too long"),
        pytest.param([{"Field": "path-pattern", "Values": ["/a"], **path("/b")}], id="values in both forms"),
        pytest.param([{"Field": "host-header", "HostHeaderConfig": {"Values": ["a b"]}}], id="a host with a blank"),
        pytest.param([{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.300/32"]}}], id="no address block"),
        pytest.param(
            [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "h" * 41, "Values": ["a"]}}],
            id="a header name that is too long",
        ),
        pytest.param(
            [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}], id="a small method"
        ),
        pytest.param([{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v"}]}}], id="no query value"),
    ],
)
def test_conditions_are_checked(aws: Account, listener: str, group: str, conditions: list[dict[str, Any]]) -> None:
    wanted = {"ListenerArn": listener, "Priority": 1, "Conditions": conditions, "Actions": [forward(group)]}
    assert refused(aws.elb.create_rule, **wanted) == "ValidationError"
    arn = aws.rule(listener, group)
    if conditions:
        assert refused(aws.elb.modify_rule, RuleArn=arn, Conditions=conditions) == "ValidationError"
    assert aws.elb.describe_rules(RuleArns=[arn])["Rules"][0]["Conditions"] == [{"Values": ["/*"], **path("/*")}]


def test_transforms_and_token_validation_are_kept(aws: Account, group: str) -> None:
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    listener = aws.listener(aws.alb(), group, Protocol="HTTPS", Port=443, Certificates=certificate)
    rewrite = {
        "Type": "url-rewrite",
        "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/api/(.*)", "Replace": "/$1"}]},
    }
    validation = {
        "Type": "jwt-validation",
        "Order": 1,
        "JwtValidationConfig": {"JwksEndpoint": "https://id.example.com/jwks", "Issuer": "https://id.example.com"},
    }
    actions = [validation, {**forwarded(group), "Order": 2}]
    arn = aws.rule(listener, group, Transforms=[rewrite], Actions=actions)
    found = aws.elb.describe_rules(RuleArns=[arn])["Rules"][0]
    assert (found["Transforms"], found["Actions"]) == ([rewrite], actions)
    aws.elb.modify_rule(RuleArn=arn, ResetTransforms=True)
    assert aws.elb.describe_rules(RuleArns=[arn])["Rules"][0]["Transforms"] == []


def forwarded(group: str) -> dict[str, Any]:
    """A forward to one target group as it is given back."""
    groups = [{"TargetGroupArn": group, "Weight": 1}]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": False}}
    return {**forward(group), "Order": 1, "ForwardConfig": config}


def test_actions_are_given_back_with_their_defaults(aws: Account, listener: str, group: str) -> None:
    plain, other = aws.rule(listener, group, 1), aws.target_group("other")
    two = [{"TargetGroupArn": group, "Weight": 1}, {"TargetGroupArn": other, "Weight": 0}]
    shared = aws.rule(listener, group, 2, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": two}}])
    moved = aws.rule(listener, group, 3, Actions=[redirect(Host="example.com")])
    found = {one["RuleArn"]: one["Actions"] for one in aws.elb.describe_rules(ListenerArn=listener)["Rules"]}
    whole = {"TargetGroups": two, "TargetGroupStickinessConfig": {"Enabled": False}}
    assert found[plain] == [forwarded(group)]
    assert found[shared] == [{"Type": "forward", "Order": 1, "ForwardConfig": whole}]
    parts = {"Protocol": "#{protocol}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"}
    assert found[moved] == [{**redirect(Host="example.com", **parts), "Order": 1}]


def redirect(**to: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **to}}


def sticky(group: str, **config: Any) -> dict[str, Any]:
    groups = [{"TargetGroupArn": group, "Weight": 1}]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": config}}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param(redirect(Protocol="HTTPS", Port="443"), "accepted", id="from HTTP to HTTPS"),
        pytest.param(redirect(Path="/new/#{path}"), "accepted", id="to another path"),
        pytest.param(redirect(), "InvalidLoadBalancerAction", id="to nowhere else"),
        pytest.param(
            redirect(Protocol="HTTP", Port="80", Host="#{host}", Path="/#{path}", Query="a=b"),
            "InvalidLoadBalancerAction",
            id="to the same address with another query",
        ),
    ],
)
def test_redirects_lead_elsewhere(
    aws: Account, listener: str, group: str, action: dict[str, Any], expected: str
) -> None:
    wanted = {"ListenerArn": listener, "Priority": 2, "Conditions": [path("/a")], "Actions": [action]}
    assert refused(aws.elb.create_rule, **wanted) == expected
    assert refused(aws.elb.modify_rule, RuleArn=aws.rule(listener, group), Actions=[action]) == expected
    assert refused(aws.elb.modify_listener, ListenerArn=listener, DefaultActions=[action]) == expected


def test_no_redirect_leads_from_https_to_http(aws: Account, group: str) -> None:
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    settings: dict[str, Any] = {"Protocol": "HTTPS", "Port": 443, "Certificates": certificate}
    balancer, plain = aws.alb(), redirect(Protocol="HTTP", Host="example.com")
    wanted = {"LoadBalancerArn": balancer, "DefaultActions": [plain], **settings}
    assert refused(aws.elb.create_listener, **wanted) == "InvalidLoadBalancerAction"
    listener = aws.listener(balancer, group, **settings)
    rule = {"ListenerArn": listener, "Priority": 1, "Conditions": [path("/a")]}
    assert refused(aws.elb.create_rule, Actions=[plain], **rule) == "InvalidLoadBalancerAction"
    assert refused(aws.elb.create_rule, Actions=[redirect(Host="example.com")], **rule) == "accepted"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({"Enabled": True, "DurationSeconds": 604_800}, "accepted", id="for a week"),
        pytest.param({"Enabled": False}, "accepted", id="off, without a duration"),
        pytest.param({"Enabled": True}, "ValidationError", id="on, without a duration"),
        pytest.param({"Enabled": True, "DurationSeconds": 604_801}, "ValidationError", id="for more than a week"),
        pytest.param({"Enabled": True, "DurationSeconds": 0}, "ValidationError", id="for no time"),
    ],
)
def test_stickiness_has_a_duration(
    aws: Account, listener: str, group: str, config: dict[str, Any], expected: str
) -> None:
    wanted = {"ListenerArn": listener, "Priority": 1, "Conditions": [path("/a")]}
    assert refused(aws.elb.create_rule, Actions=[sticky(group, **config)], **wanted) == expected


def test_priorities_swap_in_one_step(aws: Account, listener: str, group: str) -> None:
    first, second, third = (aws.rule(listener, group, priority) for priority in (1, 2, 3))
    swap = [{"RuleArn": first, "Priority": 2}, {"RuleArn": second, "Priority": 1}]
    answer = aws.elb.set_rule_priorities(RulePriorities=swap)["Rules"]
    assert [(one["RuleArn"], one["Priority"]) for one in answer] == [(first, "2"), (second, "1")]
    conflict = [{"RuleArn": first, "Priority": 9}, {"RuleArn": second, "Priority": 3}]
    assert refused(aws.elb.set_rule_priorities, RulePriorities=conflict) == "PriorityInUse"
    found = priorities(aws, listener)
    assert [found[arn] for arn in (second, first, third)] == ["1", "2", "3"]


def test_the_default_rule_stays_as_it_is(aws: Account, listener: str) -> None:
    default = aws.elb.describe_rules(ListenerArn=listener)["Rules"][0]["RuleArn"]
    assert refused(aws.elb.delete_rule, RuleArn=default) == "OperationNotPermitted"
    assert refused(aws.elb.modify_rule, RuleArn=default, Conditions=[path("/")]) == "OperationNotPermitted"
    first = [{"RuleArn": default, "Priority": 1}]
    assert refused(aws.elb.set_rule_priorities, RulePriorities=first) == "OperationNotPermitted"


def test_an_unknown_rule_is_not_found(aws: Account, listener: str, group: str) -> None:
    arn = aws.rule(listener, group)
    aws.elb.delete_rule(RuleArn=arn)
    assert refused(aws.elb.delete_rule, RuleArn=arn) == "RuleNotFound"
    assert refused(aws.elb.modify_rule, RuleArn=arn, Conditions=[path("/")]) == "RuleNotFound"
    assert refused(aws.elb.describe_rules, RuleArns=[arn]) == "RuleNotFound"
    assert refused(aws.elb.set_rule_priorities, RulePriorities=[{"RuleArn": arn, "Priority": 1}]) == "RuleNotFound"
    assert refused(aws.elb.describe_rules, ListenerArn=f"{listener}0") == "ListenerNotFound"


def test_rules_are_paged(aws: Account, listener: str, group: str) -> None:
    for priority in (1, 2, 3):
        aws.rule(listener, group, priority)
    pages = aws.elb.get_paginator("describe_rules").paginate(ListenerArn=listener, PaginationConfig={"PageSize": 3})
    assert [[one["Priority"] for one in page["Rules"]] for page in pages] == [["1", "2", "3"], ["default"]]
