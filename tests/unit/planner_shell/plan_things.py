"""Builders of plans and of how their steps end."""

from typing import Any

from services.planner.core.keys import BindingKey, Key
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Step, Verb
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult
from tests.unit.planner_shell.things import ARN, BINDING


def aws(step: str, operation: str, *after: str, **parameters: Any) -> Step:
    return Step(id=step, work=AwsCall(service="elbv2", operation=operation, parameters=parameters), depends_on=after)


def register(*numbers: int, step: str = "register") -> Step:
    targets = [{"Id": f"10.0.0.{n}", "Port": 80} for n in numbers]
    return aws(step, "RegisterTargets", TargetGroupArn=ARN, Targets=targets)


def deregister(*numbers: int, step: str = "deregister") -> Step:
    targets = [{"Id": f"10.0.0.{n}", "Port": 80} for n in numbers]
    return aws(step, "DeregisterTargets", TargetGroupArn=ARN, Targets=targets)


def write(
    step: str,
    *after: str,
    verb: Verb = Verb.MERGE_PATCH,
    resource: str = "ingresses",
    name: str = "front",
    uid: str = "uid-front",
    version: str = "",
    body: Any = None,
) -> Step:
    return Step(
        id=step,
        depends_on=after,
        work=KubernetesWrite(
            verb=verb,
            api_version="v1",
            resource=resource,
            namespace="shop",
            name=name,
            uid=uid,
            resource_version=version,
            body=body,
        ),
    )


def plan(*steps: Step, key: Key = BINDING) -> Plan:
    return Plan(key=key, steps=steps)


def accepted(step: str, **answer: Any) -> StepResult:
    return StepResult(step_id=step, outcome=StepOutcome.ACCEPTED, answer=answer, begun=1, ended=2, attempts=1)


def refused(step: str, error_class: ErrorClass, code: str = "Code", **sent: Any) -> StepResult:
    error = CallError(error_class=error_class, code=code, message="why")
    return StepResult(step_id=step, outcome=StepOutcome.REFUSED, error=error, sent=sent)


def ended(step: str, outcome: StepOutcome) -> StepResult:
    return StepResult(step_id=step, outcome=outcome)


def by_id(*results: StepResult) -> dict[str, StepResult]:
    return {result.step_id: result for result in results}


def other_binding(name: str) -> BindingKey:
    return BindingKey(namespace="shop", name=name)
