from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, path, refused, tag_list

OWNED = [{"Key": "owner", "Value": "elbow"}]


def everything(aws: Account, tags: list[dict[str, str]]) -> dict[str, str]:
    """One tagged resource of each sort, by the resource type of the tagging API."""
    balancer, group = aws.alb(Tags=tags), aws.target_group(Tags=tags)
    listener = aws.listener(balancer, group, Tags=tags)
    return {
        "elasticloadbalancing:loadbalancer/app": balancer,
        "elasticloadbalancing:targetgroup": group,
        "elasticloadbalancing:listener/app": listener,
        "elasticloadbalancing:listener-rule/app": aws.rule(listener, group, Tags=tags),
    }


def test_every_sort_of_resource_is_tagged_on_create(aws: Account) -> None:
    arns = everything(aws, OWNED)
    assert {arn: aws.tags_of(arn) for arn in arns.values()} == {arn: {"owner": "elbow"} for arn in arns.values()}


def test_tags_are_added_by_key_and_removed(aws: Account) -> None:
    arn = aws.alb(Tags=OWNED)
    more = [{"Key": "owner", "Value": "other"}, {"Key": "team", "Value": "web"}]
    aws.elb.add_tags(ResourceArns=[arn], Tags=more)
    assert aws.tags_of(arn) == {"owner": "other", "team": "web"}
    aws.elb.remove_tags(ResourceArns=[arn], TagKeys=["owner"])
    assert aws.tags_of(arn) == {"team": "web"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(tag_list(50), "accepted", id="fifty tags"),
        pytest.param(tag_list(51), "TooManyTags", id="fifty-one tags"),
        pytest.param(OWNED * 2, "DuplicateTagKeys", id="one key twice"),
        pytest.param([{"Key": "aws:x", "Value": ""}], "ValidationError", id="a reserved key"),
        pytest.param([{"Key": "k" * 129, "Value": ""}], "ValidationError", id="a key that is too long"),
    ],
)
def test_tags_are_checked_on_create_and_later(aws: Account, tags: list[dict[str, str]], expected: str) -> None:
    subnets = aws.subnets("public-a", "public-b")
    assert refused(aws.elb.create_load_balancer, Name="web", Subnets=subnets, Tags=tags) == expected
    assert refused(aws.elb.add_tags, ResourceArns=[aws.alb("later")], Tags=tags) == expected


def test_the_limit_counts_what_is_there(aws: Account) -> None:
    arn = aws.alb(Tags=tag_list(50))
    assert refused(aws.elb.add_tags, ResourceArns=[arn], Tags=tag_list(1)) == "accepted"
    assert refused(aws.elb.add_tags, ResourceArns=[arn], Tags=OWNED) == "TooManyTags"


def test_one_read_takes_twenty_resources(aws: Account) -> None:
    arns = [aws.target_group(f"pods-{number}") for number in range(21)]
    found = aws.elb.describe_tags(ResourceArns=arns[:20])["TagDescriptions"]
    assert [one["ResourceArn"] for one in found] == arns[:20]
    assert refused(aws.elb.describe_tags, ResourceArns=arns) == "ValidationError"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        pytest.param("elasticloadbalancing:loadbalancer/app", "LoadBalancerNotFound", id="a load balancer"),
        pytest.param("elasticloadbalancing:targetgroup", "TargetGroupNotFound", id="a target group"),
        pytest.param("elasticloadbalancing:listener/app", "ListenerNotFound", id="a listener"),
        pytest.param("elasticloadbalancing:listener-rule/app", "RuleNotFound", id="a rule"),
    ],
)
def test_an_absent_resource_is_not_found(aws: Account, sort: str, expected: str) -> None:
    arns = everything(aws, OWNED)
    both = [*arns.values(), f"{arns[sort]}0"]
    assert refused(aws.elb.describe_tags, ResourceArns=both) == expected
    assert refused(aws.elb.add_tags, ResourceArns=both, Tags=tag_list(1)) == expected
    assert refused(aws.elb.remove_tags, ResourceArns=both, TagKeys=["owner"]) == expected
    assert aws.tags_of(arns[sort]) == {"owner": "elbow"}


def test_what_is_no_arn_is_refused(aws: Account) -> None:
    assert refused(aws.elb.describe_tags, ResourceArns=["web"]) == "ValidationError"


def resources(aws: Account, **filters: Any) -> dict[str, dict[str, str]]:
    """What the tagging API gives, over all pages: tags by ARN."""
    pages = aws.tagging.get_paginator("get_resources").paginate(**filters)
    found = [one for page in pages for one in page["ResourceTagMappingList"]]
    return {one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}


def test_the_tagging_api_gives_every_sort_by_its_type(aws: Account) -> None:
    arns = everything(aws, OWNED)
    assert {sort: list(resources(aws, ResourceTypeFilters=[sort])) for sort in arns} == {
        sort: [arn] for sort, arn in arns.items()
    }
    assert list(resources(aws, ResourceTypeFilters=["elasticloadbalancing:loadbalancer"])) == [
        arns["elasticloadbalancing:loadbalancer/app"]
    ]
    assert resources(aws, ResourceTypeFilters=["elasticloadbalancing"]) == {
        arn: {"owner": "elbow"} for arn in arns.values()
    }


def test_the_tagging_api_filters_by_tag_and_leaves_out_the_untagged(aws: Account) -> None:
    mine = aws.alb("mine", Tags=OWNED)
    aws.alb("other", Tags=[{"Key": "owner", "Value": "other"}])
    untagged = aws.alb("untagged")
    kinds = ["elasticloadbalancing"]
    by_value = [{"Key": "owner", "Values": ["elbow"]}]
    assert list(resources(aws, ResourceTypeFilters=kinds, TagFilters=by_value)) == [mine]
    assert len(resources(aws, ResourceTypeFilters=kinds, TagFilters=[{"Key": "owner"}])) == 2
    assert untagged not in resources(aws, ResourceTypeFilters=kinds)


def test_the_tagging_api_gives_security_groups(aws: Account) -> None:
    found = resources(aws, ResourceTypeFilters=["ec2:security-group"], TagFilters=[{"Key": "Name"}])
    assert found == {f"arn:aws:ec2:us-west-2:123456789012:security-group/{aws.world.custom_sg}": {"Name": "custom-lb"}}


def test_the_tagging_api_pages_while_resources_come_and_go(aws: Account) -> None:
    arns = [aws.target_group(f"pods-{number}", Tags=OWNED) for number in range(5)]
    wanted = {"ResourceTypeFilters": ["elasticloadbalancing:targetgroup"], "ResourcesPerPage": 2}
    first = aws.tagging.get_resources(**wanted)
    aws.elb.delete_target_group(TargetGroupArn=arns[4])
    aws.target_group("late", Tags=OWNED)
    second = aws.tagging.get_resources(**wanted, PaginationToken=first["PaginationToken"])
    found = [one["ResourceARN"] for page in (first, second) for one in page["ResourceTagMappingList"]]
    assert found == arns[:4]


def test_a_page_of_the_tagging_api_is_as_long_as_it_was_asked_for(aws: Account) -> None:
    for number in range(60):
        aws.target_group(f"pods-{number}", Tags=tag_list(3))
    wanted = {"ResourceTypeFilters": ["elasticloadbalancing:targetgroup"], "ResourcesPerPage": 50}
    assert len(aws.tagging.get_resources(**wanted)["ResourceTagMappingList"]) == 50


def test_tags_go_with_their_resources(aws: Account) -> None:
    arns = everything(aws, OWNED)
    aws.elb.delete_load_balancer(LoadBalancerArn=arns["elasticloadbalancing:loadbalancer/app"])
    assert list(resources(aws, ResourceTypeFilters=["elasticloadbalancing"])) == [
        arns["elasticloadbalancing:targetgroup"]
    ]


def test_a_new_rule_does_not_inherit_tags(aws: Account) -> None:
    balancer, group = aws.alb(Tags=OWNED), aws.target_group()
    listener = aws.listener(balancer, group, Tags=OWNED)
    rule = aws.elb.create_rule(ListenerArn=listener, Priority=1, Conditions=[path("/")], Actions=[forward(group)])[
        "Rules"
    ][0]["RuleArn"]
    assert aws.tags_of(rule) == {}
