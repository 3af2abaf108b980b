"""The runner between steps: leadership, what the guard keeps back, errors of its own making."""

from collections.abc import Mapping
from typing import Any, cast

from services.executor.aws.caller import AwsCaller
from services.executor.aws.guard import Guard
from services.executor.core import graph
from services.executor.core.operations import Operation
from services.executor.core.steps import (
    AwsCall,
    CallError,
    CallResult,
    ErrorClass,
    KeyKind,
    Outcome,
    Plan,
    PlanKey,
    Step,
    StepResult,
)
from services.executor.kube.bindings import BindingReader
from services.executor.kube.client import KubeClient
from services.executor.kube.secrets import SecretReader
from services.executor.kube.writes import KubeWriter
from services.executor.runner import Run, Runner
from services.executor.sessions import NotLeadingError
from services.executor.stopping import StopSignal


class Aws:
    """Takes every call, and is the guard that lets all pass but those it was told a refusal of."""

    def __init__(self, refusals: Mapping[str, CallError] | None = None, *, broken: bool = False) -> None:
        self.sent: list[str] = []
        self._refusals = refusals or {}
        self._broken = broken

    async def call(self, operation: Operation, parameters: Mapping[str, Any], **_: Any) -> CallResult:
        if self._broken:
            raise RuntimeError("a mistake in the program")
        self.sent.append(operation.name)
        return CallResult(outcome=Outcome.ACCEPTED, answer={"Arn": "arn"}, begun=1, ended=2, attempts=1)

    async def refusal(self, operation: Operation, parameters: Mapping[str, Any], **_: Any) -> CallError | None:
        return self._refusals.get(operation.name)

    def learn(self, operation: Operation, answer: Any) -> None:
        """Learns nothing."""


def aws(step_id: str, operation: str, *after: str) -> Step:
    return Step(id=step_id, depends_on=after, work=AwsCall(service="elbv2", operation=operation, parameters={}))


async def run(fake: Aws, *steps: Step, leads: int = 100, secrets: SecretReader | None = None) -> dict[str, StepResult]:
    """Results by step; the planner leads for so many steps."""
    confirmed = 0

    async def confirm() -> None:
        nonlocal confirmed
        confirmed += 1
        if confirmed > leads:
            raise NotLeadingError("NotLeading", "planner-1 holds the planner's Lease, not planner-0")

    runner = Runner(
        caller=cast(AwsCaller, fake),
        guard=cast(Guard, fake),
        writer=cast(KubeWriter, None),
        bindings=cast(BindingReader, None),
        secrets=secrets or SecretReader(cast(KubeClient, None)),
    )
    results: dict[str, StepResult] = {}
    plan = Plan(id="p", key=PlanKey(kind=KeyKind.STACK, name="x"), lane=None, steps=steps)
    one = Run(
        plan=plan,
        report=lambda result: results.update({result.step_id: result}),
        stop=StopSignal(),
        confirm=confirm,
    )
    await runner.run(one, graph.build(steps))
    return results


def outcomes(results: dict[str, StepResult]) -> dict[str, Outcome]:
    return {step: result.result.outcome for step, result in results.items()}


async def test_a_planner_that_leads_no_more_stops_its_plan_between_two_steps() -> None:
    fake = Aws()
    steps = (aws("a", "CreateListener"), aws("b", "CreateRule", "a"), aws("c", "ModifyRule", "b"))
    results = await run(fake, *steps, leads=1)
    assert outcomes(results) == {"a": Outcome.ACCEPTED, "b": Outcome.STOPPED, "c": Outcome.STOPPED}
    assert fake.sent == ["CreateListener"]
    error = results["b"].result.error
    assert error is not None
    assert "planner-1 holds" in error.message


async def test_what_the_guard_refuses_is_not_sent() -> None:
    denied = CallError(error_class=ErrorClass.DENIED, code="NotOwned", message="not ours")
    fake = Aws({"ModifyRule": denied})
    results = await run(fake, aws("a", "ModifyRule"), aws("b", "CreateRule"))
    assert outcomes(results) == {"a": Outcome.REFUSED, "b": Outcome.ACCEPTED}
    assert results["a"].result.error == denied
    assert fake.sent == ["CreateRule"]


async def test_a_delete_whose_resource_the_guard_finds_gone_is_accepted() -> None:
    gone = CallError(error_class=ErrorClass.NOT_FOUND, code="LoadBalancerNotFound", message="gone")
    fake = Aws({"DeleteLoadBalancer": gone, "SetSubnets": gone})
    results = await run(fake, aws("a", "DeleteLoadBalancer"), aws("b", "SetSubnets"))
    assert outcomes(results) == {"a": Outcome.ACCEPTED, "b": Outcome.REFUSED}
    assert fake.sent == []


async def test_a_mistake_in_the_program_is_an_unknown_outcome_of_its_step_only() -> None:
    results = await run(Aws(broken=True), aws("a", "CreateRule"), aws("b", "CreateRule", "a"))
    assert outcomes(results) == {"a": Outcome.UNKNOWN, "b": Outcome.SKIPPED}
