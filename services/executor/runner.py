"""Runs a plan: independent steps side by side, each result reported as it comes. Called by the servicer, one task each.

It merges nothing across plans and decides nothing: after a step that was not accepted its dependents are skipped and
the rest goes on.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.executor.aws.caller import AwsCaller
from services.executor.aws.guard import Guard
from services.executor.core import graph, references
from services.executor.core.labels import step_label
from services.executor.core.operations import OPERATIONS, Operation
from services.executor.core.secrets import Named, filled, named
from services.executor.core.steps import (
    AwsCall,
    CallError,
    CallResult,
    ErrorClass,
    Json,
    KubernetesWrite,
    Outcome,
    Plan,
    Step,
    StepResult,
    refused,
    stopped,
)
from services.executor.kube.bindings import BindingReader
from services.executor.kube.secrets import SecretReader
from services.executor.kube.writes import KubeWriter
from services.executor.sessions import Confirm
from services.executor.spans import mark
from services.executor.stopping import StopSignal
from services.runtime import telemetry
from services.runtime.errors import ServiceError

_LOGGER = logging.getLogger(__name__)

Report = Callable[[StepResult], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One plan on its way: who is told, what stops it, whose leadership it rests on, which trace it continues."""

    plan: Plan
    report: Report
    stop: StopSignal
    confirm: Confirm
    traceparent: str = ""
    links: Sequence[str] = ()


class Runner:
    """Runs plans. Stateless between them."""

    def __init__(
        self, *, caller: AwsCaller, guard: Guard, writer: KubeWriter, bindings: BindingReader, secrets: SecretReader
    ) -> None:
        self._caller = caller
        self._guard = guard
        self._writer = writer
        self._bindings = bindings
        self._secrets = secrets

    async def run(self, run: Run, steps: graph.Graph) -> None:
        """Runs the plan of `run`, whose graph is `steps`, until every step has ended and was reported."""
        attributes: telemetry.Attributes = {
            "elbow.plan": run.plan.id,
            "elbow.key": f"{run.plan.key.kind.value}/{run.plan.key.name}",
            "elbow.steps": len(run.plan.steps),
        }
        with telemetry.start_span("execute plan", traceparent=run.traceparent, links=run.links, attributes=attributes):
            await _Execution(self, run, steps).run()

    async def step(self, run: Run, step: Step, answers: Mapping[str, Json]) -> StepResult:
        """Makes one step; never raises."""
        kind, name = step_label(step)
        with telemetry.start_span(f"step {kind} {name}", attributes={"elbow.step": step.id}) as span:
            try:
                result = await self._step(run, step, answers)
            except Exception:
                _LOGGER.exception("step failed", extra={"step": step.id, "plan": run.plan.id})
                error = CallError(
                    error_class=ErrorClass.TRANSIENT, code="InternalError", message="internal error of the executor"
                )
                result = StepResult(step_id=step.id, result=CallResult(outcome=Outcome.UNKNOWN, error=error))
            span.set_attribute("elbow.outcome", result.result.outcome.value)
            mark(span, result.result.error)
            self._log(run, result)
        return result

    def _log(self, run: Run, result: StepResult) -> None:
        outcome, error = result.result.outcome, result.result.error
        if error is not None and outcome in {Outcome.REFUSED, Outcome.UNKNOWN}:
            _LOGGER.warning(
                "step not accepted",
                extra={
                    "plan": run.plan.id,
                    "key": f"{run.plan.key.kind.value}/{run.plan.key.name}",
                    "step": result.step_id,
                    "outcome": outcome.value,
                    "reason": error.code,
                    "detail": error.message,
                },
            )

    async def _step(self, run: Run, step: Step, answers: Mapping[str, Json]) -> StepResult:
        holes = step.work.parameters if isinstance(step.work, AwsCall) else step.work.body
        try:
            sent = references.resolve(holes, answers)
        except references.UnresolvedReferenceError as error:
            return StepResult(step_id=step.id, result=refused(ErrorClass.PERMANENT, "UnresolvedReference", str(error)))
        try:
            await run.confirm()
        except ServiceError as error:
            run.stop.set()
            return StepResult(step_id=step.id, result=stopped(error.explain()), sent=sent)
        if isinstance(step.work, KubernetesWrite):
            result = await self._kubernetes(step.work, sent, run.stop)
        else:
            result = await self._aws(run, step.work, sent)
        return StepResult(step_id=step.id, result=result, sent=sent)

    async def _kubernetes(self, work: KubernetesWrite, body: Json, stop: StopSignal) -> CallResult:
        result = await self._writer.write(work, body, stop)
        if result.outcome is Outcome.ACCEPTED:
            self._bindings.written(work, result.answer)
        return result

    async def _aws(self, run: Run, work: AwsCall, parameters: Mapping[str, Json]) -> CallResult:
        operation = OPERATIONS.get((work.service, work.operation))
        if operation is None:
            message = f"{work.service} {work.operation} is not on the executor's list"
            return refused(ErrorClass.DENIED, "OperationNotAllowed", message)
        lane = run.plan.lane or operation.lane
        error = await self._guard.refusal(
            operation, parameters, key=run.plan.key, lane=lane, stop=run.stop, role=work.role
        )
        if error is not None:
            return _not_sent(operation, error, run.stop)
        secrets = await self._secrets_of(parameters)
        if isinstance(secrets, CallError):
            return CallResult(outcome=Outcome.REFUSED, error=secrets)
        full = filled(parameters, secrets) if secrets else parameters
        result = await self._caller.call(operation, full, lane=lane, stop=run.stop, role=work.role)
        if result.outcome is Outcome.ACCEPTED:
            self._guard.learn(operation, result.answer)
        return result

    async def _secrets_of(self, parameters: Mapping[str, Json]) -> Mapping[Named, str] | CallError:
        try:
            wanted = named(parameters)
        except ValueError as error:
            return CallError(error_class=ErrorClass.PERMANENT, code="UnresolvedReference", message=str(error))
        return await self._secrets.read(wanted)


def _not_sent(operation: Operation, error: CallError, stop: StopSignal) -> CallResult:
    """The result of a call that the guard kept back: stopped, satisfied because its resource is gone, or refused."""
    if stop.is_set:
        return stopped("the plan was stopped before this call was sent")
    if error.code in operation.satisfied_by:
        return CallResult(outcome=Outcome.ACCEPTED, answer={})
    return CallResult(outcome=Outcome.REFUSED, error=error)


class _Execution:
    """The steps of one plan in flight."""

    def __init__(self, runner: Runner, run: Run, steps: graph.Graph) -> None:
        self._runner = runner
        self._run = run
        self._steps = {step.id: step for step in run.plan.steps}
        self._progress = graph.Progress(steps)
        self._answers: dict[str, Json] = {}
        self._running: set[asyncio.Task[StepResult]] = set()

    async def run(self) -> None:
        while True:
            if self._run.stop.is_set:
                self._report_stopped()
            for step_id in self._progress.take_ready():
                work = self._runner.step(self._run, self._steps[step_id], self._answers)
                self._running.add(asyncio.create_task(work, name=f"step {step_id}"))
            if not self._running:
                return
            done, self._running = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            if self._run.stop.is_set:
                self._report_stopped()
            for task in done:
                self._settle(task.result())

    def _settle(self, result: StepResult) -> None:
        accepted = result.result.outcome is Outcome.ACCEPTED
        if accepted:
            self._answers[result.step_id] = result.result.answer
        self._run.report(result)
        for step_id in self._progress.finish(result.step_id, accepted=accepted):
            error = CallError(
                error_class=ErrorClass.CONFLICT,
                code="Skipped",
                message=f"step {result.step_id} was not accepted ({result.result.outcome.value})",
            )
            self._report_unsent(step_id, CallResult(outcome=Outcome.SKIPPED, error=error))

    def _report_stopped(self) -> None:
        for step_id in self._progress.stop():
            self._report_unsent(step_id, stopped("the plan was stopped before this step"))

    def _report_unsent(self, step_id: str, result: CallResult) -> None:
        self._run.report(StepResult(step_id=step_id, result=result))
