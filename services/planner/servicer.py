"""The gRPC face of the planner: read-only questions of the CLI and the console."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from elbow.planner.v1 import planner_service_pb2 as pb
from elbow.planner.v1 import planner_service_pb2_grpc as rpc

from services.planner.convert.objects import UnknownKindError
from services.planner.convert.plans import PART_BYTES, UnknownKeyError, from_key, from_results, plan_parts, to_key
from services.planner.convert.previews import from_report, to_given, to_ref
from services.planner.convert.reviews import from_completion, to_subject
from services.planner.core.keys import Lane
from services.planner.core.objects import Ingress, Kind, Pod, TargetGroupBinding
from services.planner.leadership import Leadership
from services.planner.outage import Outage
from services.planner.preview.preview import Preview
from services.planner.review.reviews import Reviews
from services.planner.work.status import Stack, Status
from services.planner.work.turn import Workshop
from services.runtime.errors import InvalidRequestError, NotFoundError

FULL_NAME = "elbow.planner.v1.PlannerService"

_STACKS_PER_MESSAGE = 200
Context = grpc.aio.ServicerContext[Any, Any]


class PlannerServicer(rpc.PlannerServiceServicer):
    """Answers from memory. `watcher` and `executor`: address and state of the connections."""

    def __init__(
        self,
        workshop: Workshop,
        leadership: Leadership,
        *,
        identity: str,
        watcher: tuple[str, Outage],
        executor: tuple[str, Outage],
    ) -> None:
        self._w = workshop
        self._status = Status(workshop)
        self._preview = Preview(workshop)
        self._reviews = Reviews(workshop)
        self._leadership = leadership
        self._identity = identity
        self._watcher = watcher
        self._executor = executor

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:
        """Where the planner stands."""
        counts, term = self._status.counts(), self._leadership.term
        connected = self._watcher[1].connected and self._executor[1].connected
        in_sync = self._status.kinds_seen() and connected
        return pb.GetStatusResponse(
            in_sync=in_sync,
            identity=self._identity,
            leader=term is not None,
            epoch=term.epoch if term is not None else 0,
            kinds=[self._kind(kind) for kind in Kind],
            watcher=_link(*self._watcher),
            executor=self._executor_link(),
            queued=counts.queued,
            running=counts.running,
            waiting=counts.waiting,
            moving_targets=counts.moving,
            inventory_filled=self._w.store.answers.filled,
            settled=in_sync
            and not self._w.gate.closed_for
            and counts.none
            and not (self._w.reporter.pending or self._w.keeping.pending),
        )

    async def ListStacks(self, request: pb.ListStacksRequest, context: Context) -> AsyncIterator[pb.ListStacksResponse]:
        """All stacks, some in each message."""
        part = pb.ListStacksResponse()
        for stack in self._status.stacks():
            if len(part.stacks) == _STACKS_PER_MESSAGE:
                yield part
                part = pb.ListStacksResponse()
            part.stacks.append(_stack(stack))
        yield part

    async def GetPlan(self, request: pb.GetPlanRequest, context: Context) -> AsyncIterator[pb.GetPlanResponse]:
        """The last plan of a key that was not empty, then the results that it has so far; of an errored or held key the
        plan that is not executed.
        """
        try:
            key = to_key(request.key)
        except UnknownKeyError as error:
            raise InvalidRequestError("UnknownKey", str(error)) from error
        record = self._w.ledger.find(key)
        plan = None if record is None else record.unexecuted or record.plan
        if record is None or plan is None:
            raise NotFoundError("NoPlan", f"there is no plan for {request.key.name or 'the network'} since the start")
        results = [] if record.unexecuted is not None else list(record.results.values())
        for plan_part in plan_parts(plan, record.lane):
            yield pb.GetPlanResponse(plan=plan_part)
        part, size = pb.GetPlanResponse(), 0
        for result in from_results(results):
            if size > PART_BYTES:
                yield part
                part, size = pb.GetPlanResponse(), 0
            part.results.append(result)
            size += result.ByteSize()
        yield part

    async def Preview(self, request: pb.PreviewRequest, context: Context) -> AsyncIterator[pb.PreviewResponse]:
        """What would be planned if the objects were applied, key by key."""
        try:
            given = [to_given(thing) for thing in request.objects]
            existing = [to_ref(text) for text in request.existing]
        except (UnknownKindError, ValueError) as error:
            raise InvalidRequestError("UnknownObject", str(error)) from error
        for previewed in await self._preview.of(given, existing):
            first, *rest = plan_parts(previewed.plan, Lane.EDIT)
            yield pb.PreviewResponse(
                plan=first, waits_for=previewed.waits_for, reports=map(from_report, previewed.reports)
            )
            for part in rest:
                yield pb.PreviewResponse(plan=part)

    async def ReviewPod(self, request: pb.ReviewPodRequest, context: Context) -> pb.ReviewPodResponse:
        """The readiness gates of a pod that is about to be made."""
        pod = to_subject(request.pod, Pod)
        return pb.ReviewPodResponse(readiness_gates=self._reviews.gates(pod))

    async def CompleteBinding(self, request: pb.CompleteBindingRequest, context: Context) -> pb.CompleteBindingResponse:
        """What follows from the target group of a binding that is about to be made."""
        return from_completion(*await self._reviews.complete(to_subject(request.binding, TargetGroupBinding)))

    async def ReviewBinding(self, request: pb.ReviewBindingRequest, context: Context) -> pb.ReviewBindingResponse:
        """Whether a binding may be written."""
        old = to_subject(request.old, TargetGroupBinding) if request.HasField("old") else None
        denial, warnings = await self._reviews.binding(to_subject(request.binding, TargetGroupBinding), old)
        return pb.ReviewBindingResponse(denial=denial, warnings=warnings)

    async def ReviewIngress(self, request: pb.ReviewIngressRequest, context: Context) -> pb.ReviewIngressResponse:
        """Whether an Ingress may be written."""
        old = to_subject(request.old, Ingress) if request.HasField("old") else None
        verdict = await self._reviews.ingress(to_subject(request.ingress, Ingress), old)
        return pb.ReviewIngressResponse(denial=verdict.denial, warnings=verdict.warnings)

    def _executor_link(self) -> pb.LinkStatus:
        """The executor's connection; while it is up and not used for plans, why."""
        link, reason = _link(*self._executor), self._w.caution.reason
        if link.connected and reason:
            link.error = f"observing only, nothing is executed: {reason}"
        return link

    def _kind(self, kind: Kind) -> pb.KindStatus:
        known = self._w.view.kind(kind)
        return pb.KindStatus(kind=str(kind), state=str(known.state), message=known.message, objects=len(known.objects))


def _link(address: str, outage: Outage) -> pb.LinkStatus:
    return pb.LinkStatus(address=address, connected=outage.connected, error=outage.error)


def _stack(stack: Stack) -> pb.StackStatus:
    return pb.StackStatus(
        key=from_key(stack.key),
        objects=stack.objects,
        state=stack.state,
        hostname=stack.hostname,
        last_plan=stack.last_plan,
        trace_id=stack.traces[0] if stack.traces else "",
        error=stack.error,
        waits_for=stack.waits_for,
        targets=[
            pb.TargetCounts(target_group=t.target_group, binding=str(t.binding), states=t.states) for t in stack.targets
        ],
        traces=stack.traces,
    )
