"""How steps are called in traces: kind and name, as a user knows them."""

from collections.abc import Mapping

from services.executor.core.arns import kind_of, name_of
from services.executor.core.operations import OPERATIONS
from services.executor.core.steps import AwsCall, Json, KubernetesWrite, Step

_KINDS = {
    "configmaps": "ConfigMap",
    "events": "Event",
    "ingresses": "Ingress",
    "leases": "Lease",
    "pods": "Pod",
    "services": "Service",
    "targetgroupbindings": "TargetGroupBinding",
}

_NAMING_PARAMETERS = (
    "Name", "GroupName", "LoadBalancerArn", "ListenerArn", "RuleArn", "TargetGroupArn", "GroupId", "ResourceArn"
)  # fmt: skip


def kind_of_resource(resource: str) -> str:
    """The Kubernetes kind of a plural resource name; the plural itself for kinds that Elbow does not write."""
    return _KINDS.get(resource, resource)


def step_label(step: Step) -> tuple[str, str]:
    """Kind and name of what a step works on. What is a reference still, is called by the step's id."""
    if isinstance(step.work, KubernetesWrite):
        name = f"{step.work.namespace}/{step.work.name}" if step.work.namespace else step.work.name
        return kind_of_resource(step.work.resource), name
    return _resource(step.work), _name(step.work.parameters) or step.id


def _resource(call: AwsCall) -> str:
    operation = OPERATIONS.get((call.service, call.operation))
    return operation.resource if operation else call.operation


def _name(parameters: Mapping[str, Json]) -> str:
    for key in _NAMING_PARAMETERS:
        value = parameters.get(key)
        if isinstance(value, str) and value:
            return name_of(value) if kind_of(value) else value
    return ""
