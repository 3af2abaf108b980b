"""What must hold before a call may be sent, from the call alone; and what ARNs say."""

from typing import Any

import pytest

from services.executor.core.arns import ArnKind, kind_of, name_of, owner_of
from services.executor.core.operations import OPERATIONS
from services.executor.core.ownership import Requirement, requirement
from services.executor.core.steps import CallError

_ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:"
LB = f"{_ARN}loadbalancer/app/web/50dc6c495c0c9188"
LISTENER = f"{_ARN}listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2"
RULE = f"{_ARN}listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
OTHER_RULE = f"{_ARN}listener-rule/app/shop/60dc6c495c0c9188/a2f7dc8efc522ab2/1683b2d02a6cabee"
GROUP = f"{_ARN}targetgroup/k8s-web/73e2d6bc24d8a067"
OURS = "elbv2.k8s.aws/targetGroupBinding=shared"
TAGS = [{"Key": "team", "Value": "a"}, {"Key": "elbv2.k8s.aws/cluster", "Value": "rig"}]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        pytest.param("elbv2", "CreateLoadBalancer", {"Tags": TAGS}, Requirement(), id="tagged create"),
        pytest.param(
            "ec2",
            "CreateSecurityGroup",
            {"TagSpecifications": [{"ResourceType": "security-group", "Tags": TAGS}]},
            Requirement(),
            id="tagged create of a security group",
        ),
        pytest.param(
            "elbv2", "SetSubnets", {"LoadBalancerArn": LB}, Requirement(tagged=(LB,)), id="a load balancer is its own"
        ),
        pytest.param(
            "elbv2", "CreateListener", {"LoadBalancerArn": LB}, Requirement(tagged=(LB,)), id="a listener by its parent"
        ),
        pytest.param(
            "elbv2", "CreateRule", {"ListenerArn": LISTENER}, Requirement(tagged=(LB,)), id="a rule by its parents"
        ),
        pytest.param("elbv2", "DeleteRule", {"RuleArn": RULE}, Requirement(tagged=(LB,)), id="a rule by its ARN"),
        pytest.param(
            "elbv2",
            "SetRulePriorities",
            {"RulePriorities": [{"RuleArn": RULE, "Priority": 1}, {"RuleArn": OTHER_RULE, "Priority": 2}]},
            Requirement(tagged=(f"{_ARN}loadbalancer/app/shop/60dc6c495c0c9188", LB)),
            id="all rules of one reordering",
        ),
        pytest.param(
            "elbv2",
            "AddTags",
            {"ResourceArns": [LB, RULE, GROUP], "Tags": [{"Key": "team", "Value": "b"}]},
            Requirement(tagged=(LB, GROUP)),
            id="tags of resources and of what hangs below them",
        ),
        pytest.param(
            "elbv2", "RegisterTargets", {"TargetGroupArn": GROUP}, Requirement(bound=GROUP), id="targets by a binding"
        ),
        pytest.param(
            "elbv2",
            "RegisterTargets",
            {"TargetGroupArn": GROUP, "Targets": [{"Id": LB, "Port": 80}]},
            Requirement(tagged=(GROUP,)),
            id="a load balancer as a target by the target group",
        ),
        pytest.param(
            "elbv2",
            "DeregisterTargets",
            {"TargetGroupArn": GROUP, "Targets": [{"Id": LB, "Port": 80}, {"Id": "10.0.0.1", "Port": 80}]},
            Requirement(bound=GROUP),
            id="a load balancer among addresses by a binding",
        ),
        pytest.param(
            "ec2",
            "RevokeSecurityGroupIngress",
            {"GroupId": "sg-1", "IpPermissions": [{"UserIdGroupPairs": [{"GroupId": "sg-2", "Description": OURS}]}]},
            Requirement(),
            id="permissions described as ours on any group",
        ),
        pytest.param(
            "ec2",
            "RevokeSecurityGroupIngress",
            {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-1"]},
            Requirement(tagged=("sg-1",)),
            id="permissions by id on the cluster's own groups only",
        ),
        pytest.param(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp"}]},
            Requirement(tagged=("sg-1",)),
            id="permissions without a source on the cluster's own groups only",
        ),
    ],
)
def test_a_call_requires(service: str, operation: str, parameters: dict[str, Any], expected: Requirement) -> None:
    assert requirement(OPERATIONS[service, operation], parameters, "rig") == expected


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "message"),
    [
        pytest.param("elbv2", "DescribeTags", {}, "no place in a plan", id="it reads"),
        pytest.param("elbv2", "CreateTargetGroup", {"Tags": []}, "belong to nobody", id="it makes what nobody owns"),
        pytest.param("elbv2", "DeleteRule", {}, "without RuleArn", id="it names nothing"),
        pytest.param("elbv2", "DeregisterTargets", {}, "without TargetGroupArn", id="it names no target group"),
        pytest.param("elbv2", "AddTags", {"ResourceArns": [LB], "Tags": TAGS}, "never touched", id="it sets the tag"),
        pytest.param(
            "ec2", "DeleteTags", {"Resources": ["sg-1"]}, "no tag keys", id="it would remove all tags without a word"
        ),
    ],
)
def test_a_call_is_refused_when(service: str, operation: str, parameters: dict[str, Any], message: str) -> None:
    refusal = requirement(OPERATIONS[service, operation], parameters, "rig")
    assert isinstance(refusal, CallError)
    assert message in refusal.message


@pytest.mark.parametrize(
    ("arn", "kind", "name", "owner"),
    [
        pytest.param(LB, ArnKind.LOAD_BALANCER, "web", LB, id="load balancer"),
        pytest.param(LISTENER, ArnKind.LISTENER, "web", LB, id="listener"),
        pytest.param(RULE, ArnKind.RULE, "web", LB, id="rule"),
        pytest.param(GROUP, ArnKind.TARGET_GROUP, "k8s-web", GROUP, id="target group"),
        pytest.param("sg-1", None, "sg-1", "sg-1", id="no ARN"),
        pytest.param("arn:aws:iam::1:role/x", None, "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x", id="another ARN"),
    ],
)
def test_an_arn_says(arn: str, kind: ArnKind | None, name: str, owner: str) -> None:
    assert (kind_of(arn), name_of(arn), owner_of(arn)) == (kind, name, owner)


def _records(*records: dict[str, Any]) -> dict[str, Any]:
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record} for record in records]
    return {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": changes}}


def _validating(**fields: Any) -> dict[str, Any]:
    record = {"Name": "_a.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "_b.acm-validations.aws."}]}
    return {**record, **fields}


@pytest.mark.parametrize(
    ("parameters", "allowed"),
    [
        pytest.param(_records(_validating()), True, id="a record by which ACM validates a domain"),
        pytest.param(_records(_validating(), _validating(Name="www.example.com.")), False, id="and one of somebody"),
        pytest.param(_records(_validating(Type="TXT")), False, id="another type"),
        pytest.param(_records(_validating(ResourceRecords=[{"Value": "evil.example."}])), False, id="another place"),
        pytest.param(_records(_validating(ResourceRecords=[])), False, id="no place at all"),
        pytest.param(_records(), False, id="nothing"),
        pytest.param({}, False, id="no batch"),
    ],
)
def test_of_a_zone_only_validation_records_are_changed(parameters: dict[str, Any], allowed: bool) -> None:
    decided = requirement(OPERATIONS["route53", "ChangeResourceRecordSets"], parameters, "rig")

    assert (decided == Requirement()) is allowed
    assert allowed or isinstance(decided, CallError)


def test_a_certificate_is_deleted_by_its_own_tag_only() -> None:
    arn = "arn:aws:acm:us-west-2:123456789012:certificate/1"
    decided = requirement(OPERATIONS["acm", "DeleteCertificate"], {"CertificateArn": arn}, "rig")

    assert decided == Requirement(tagged=(arn,))
