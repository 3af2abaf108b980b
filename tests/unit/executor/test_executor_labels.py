"""How steps are called in traces."""

import pytest

from services.executor.core.labels import step_label
from services.executor.core.steps import AwsCall, KubernetesWrite, Step, Verb

GROUP = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/k8s-web/73e2d6bc24d8a067"


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        pytest.param(
            AwsCall(service="elbv2", operation="CreateLoadBalancer", parameters={"Name": "k8s-web"}),
            ("load balancer", "k8s-web"),
            id="a create by its name",
        ),
        pytest.param(
            AwsCall(service="elbv2", operation="RegisterTargets", parameters={"TargetGroupArn": GROUP}),
            ("targets", "k8s-web"),
            id="a call on an ARN by the name in it",
        ),
        pytest.param(
            AwsCall(service="elbv2", operation="CreateRule", parameters={"ListenerArn": {"$ref": "l#A"}}),
            ("rule", "step-1"),
            id="a call on a reference by its step",
        ),
        pytest.param(
            AwsCall(service="s3", operation="DeleteBucket", parameters={}),
            ("DeleteBucket", "step-1"),
            id="a call that nobody knows",
        ),
        pytest.param(
            KubernetesWrite(
                verb=Verb.CREATE, api_version="v1", resource="targetgroupbindings", namespace="shop", name="web"
            ),
            ("TargetGroupBinding", "shop/web"),
            id="an object in a namespace",
        ),
        pytest.param(
            KubernetesWrite(verb=Verb.CREATE, api_version="v1", resource="nodes", name="n"),
            ("nodes", "n"),
            id="an object of the cluster",
        ),
    ],
)
def test_a_step_is_called(work: AwsCall | KubernetesWrite, expected: tuple[str, str]) -> None:
    assert step_label(Step(id="step-1", work=work)) == expected
