"""deploy/iam/policy.json allows what the executor calls, and nothing else; what it changes is tied to the tag."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.executor.core.operations import IAM_PREFIXES, OPERATIONS, Operation, Ownership
from services.executor.core.ownership import CLUSTER_TAG
from tests.unit.deploy.chart import ROOT

Statement = Mapping[str, Any]

# Elastic Load Balancing asks for these in the caller's name (Elastic Load Balancing API permissions:
# CreateLoadBalancer, CreateTargetGroup, RegisterTargets; controller behaviour, section 13), AWS WAF for the others (AWS
# WAF developer guide, permissions for AssociateWebACL and GetWebACLForResource); ACM asks for the tagging of what is
# requested with tags.
ASKED_FOR_BY_AWS = {
    "acm:AddTagsToCertificate",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:SetWebAcl",
    "iam:CreateServiceLinkedRole",
    "waf-regional:GetWebACL",
    "wafv2:GetWebACL",
}

# A policy of its own, for target groups of other accounts.
FOR_OTHER_ACCOUNTS = {"sts:AssumeRole"}

REQUEST_TAG, RESOURCE_TAG = f"aws:RequestTag/{CLUSTER_TAG}", f"aws:ResourceTag/{CLUSTER_TAG}"
CARRIED_BY_THE_REQUEST = {REQUEST_TAG: "false"}
CARRIED_BY_THE_RESOURCE = {RESOURCE_TAG: "false"}
ON_OWN_WITHOUT_TOUCHING_THE_TAG = {REQUEST_TAG: "true", RESOURCE_TAG: "false"}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def action(operation: Operation) -> str:
    return f"{IAM_PREFIXES[operation.service]}:{operation.name}"


@pytest.fixture(scope="module")
def statements() -> list[Statement]:
    document = json.loads((ROOT / "deploy" / "iam" / "policy.json").read_text())
    assert document["Version"] == "2012-10-17"
    found: list[Statement] = document["Statement"]
    return found


def allowing(statements: list[Statement], wanted: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
    """Resources and tag conditions of the statements that allow an action."""
    for statement in statements:
        if wanted in listed(statement["Action"]):
            yield tuple(listed(statement["Resource"])), statement.get("Condition", {}).get("Null", {})


def test_the_policy_allows_what_the_executor_calls_and_what_aws_asks_for_on_its_behalf(
    statements: list[Statement],
) -> None:
    allowed = {each for statement in statements for each in listed(statement["Action"])}
    called = {action(operation) for operation in OPERATIONS.values()}
    assert allowed == called - FOR_OTHER_ACCOUNTS | ASKED_FOR_BY_AWS


def test_roles_are_assumed_by_who_wants_that_only() -> None:
    document = json.loads((ROOT / "deploy" / "iam" / "assume-role.json").read_text())
    [statement] = document["Statement"]
    assert (statement["Effect"], {statement["Action"]}) == ("Allow", FOR_OTHER_ACCOUNTS)


def test_every_read_of_the_operation_table_is_one_that_the_executor_makes() -> None:
    source = "".join(file.read_text() for file in (ROOT / "services" / "executor" / "aws").glob("*.py"))
    reads = {operation.name for operation in OPERATIONS.values() if not operation.mutating}
    assert {name for name in reads if f'"{name}"' not in source} == set()


def test_the_policy_only_allows_and_uses_no_wildcard_in_actions(statements: list[Statement]) -> None:
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    assert [each for statement in statements for each in listed(statement["Action"]) if "*" in each] == []


def test_the_policy_fits_into_one_managed_policy(statements: list[Statement]) -> None:
    # IAM and STS quotas: 6,144 characters, white space not counted.
    assert len(json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))) <= 6144


# Listeners and rules have no condition, as in the reference controller's policy, but for a listener's attributes;
# firewalls and protections know no tags of what they stand before: there Elastic Load Balancing's SetWebAcl has one.
UNCONDITIONAL = {
    "AddListenerCertificates",
    "AssociateWebACL",
    "CreateListener",
    "CreateProtection",
    "CreateRule",
    "DeleteListener",
    "DeleteRule",
    "DisassociateWebACL",
    "ModifyListener",
    "ModifyRule",
    "RemoveListenerCertificates",
    "SetRulePriorities",
}


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(operation, id=operation.name)
        for operation in OPERATIONS.values()
        if operation.ownership is Ownership.OWNED
    ],
)
def test_what_must_be_owned_carries_the_tag(operation: Operation, statements: list[Statement]) -> None:
    expected: Mapping[str, str] = {} if operation.name in UNCONDITIONAL else CARRIED_BY_THE_RESOURCE
    assert list(allowing(statements, action(operation))) == [(("*",), expected)]


@pytest.mark.parametrize("name", ["CreateLoadBalancer", "CreateTargetGroup"])
def test_what_elastic_load_balancing_makes_is_tagged_in_the_request(name: str, statements: list[Statement]) -> None:
    found = list(allowing(statements, f"elasticloadbalancing:{name}"))
    assert found == [(("*",), CARRIED_BY_THE_REQUEST)]


def test_a_security_group_is_made_with_the_tag_in_a_vpc_that_has_none(statements: list[Statement]) -> None:
    # EC2 checks both the VPC and the new group; the request's tags belong to the group alone.
    assert list(allowing(statements, "ec2:CreateSecurityGroup")) == [
        (("arn:aws:ec2:*:*:vpc/*",), {}),
        (("arn:aws:ec2:*:*:security-group/*",), CARRIED_BY_THE_REQUEST),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "ec2:CreateTags",
            [CARRIED_BY_THE_REQUEST, ON_OWN_WITHOUT_TOUCHING_THE_TAG],
            id="security groups are tagged at creation, and later without the ownership tag",
        ),
        pytest.param(
            "ec2:DeleteTags", [ON_OWN_WITHOUT_TOUCHING_THE_TAG], id="a security group keeps its ownership tag"
        ),
        pytest.param(
            "elasticloadbalancing:AddTags",
            [CARRIED_BY_THE_REQUEST, ON_OWN_WITHOUT_TOUCHING_THE_TAG, {}],
            id="load balancers and target groups as security groups, listeners and rules freely",
        ),
        pytest.param(
            "elasticloadbalancing:RemoveTags",
            [ON_OWN_WITHOUT_TOUCHING_THE_TAG, {}],
            id="load balancers and target groups keep their ownership tag",
        ),
    ],
)
def test_the_ownership_tag_is_set_at_creation_only(
    name: str, expected: list[Mapping[str, str]], statements: list[Statement]
) -> None:
    assert [condition for _, condition in allowing(statements, name)] == expected


def test_tags_at_creation_are_bound_to_the_creating_call(statements: list[Statement]) -> None:
    created_by = [
        statement["Condition"]["StringEquals"]
        for statement in statements
        if statement.get("Condition", {}).get("Null") == CARRIED_BY_THE_REQUEST
        and any(each.endswith("Tags") for each in listed(statement["Action"]))
    ]
    assert created_by == [
        {"ec2:CreateAction": "CreateSecurityGroup"},
        {"elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"]},
    ]


def test_the_role_that_may_be_made_is_elastic_load_balancings_own(statements: list[Statement]) -> None:
    [statement] = [each for each in statements if each["Action"] == "iam:CreateServiceLinkedRole"]
    assert statement["Condition"] == {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}
