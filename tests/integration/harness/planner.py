"""What the planner says about itself, asked over the wire contract."""

from collections.abc import Sequence

import grpc
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as wire
from elbow.planner.v1.planner_service_pb2_grpc import PlannerServiceStub

from services.runtime.wire import WIRE_VERSION, WIRE_VERSION_KEY

_SECONDS = 10.0
_METADATA = ((WIRE_VERSION_KEY, str(WIRE_VERSION)),)


class Planner:
    """One planner by its address; it may be down at times."""

    def __init__(self, address: str) -> None:
        self.address = address

    def status(self) -> wire.GetStatusResponse | None:
        """Where it stands; None when it does not answer."""
        try:
            with grpc.insecure_channel(self.address) as channel:
                return PlannerServiceStub(channel).GetStatus(
                    wire.GetStatusRequest(), timeout=_SECONDS, metadata=_METADATA
                )
        except grpc.RpcError:
            return None

    def stacks(self) -> Sequence[wire.StackStatus]:
        """All stacks."""
        with grpc.insecure_channel(self.address) as channel:
            answers = PlannerServiceStub(channel).ListStacks(
                wire.ListStacksRequest(), timeout=_SECONDS, metadata=_METADATA
            )
            return [stack for answer in answers for stack in answer.stacks]

    def plan(self, key: plan_pb2.Key) -> plan_pb2.Plan:
        """The last plan of a key that was not empty, whole."""
        whole = plan_pb2.Plan()
        with grpc.insecure_channel(self.address) as channel:
            request = wire.GetPlanRequest(key=key)
            for part in PlannerServiceStub(channel).GetPlan(request, timeout=_SECONDS, metadata=_METADATA):
                whole.MergeFrom(part.plan)
        return whole

    def stack(self, namespace: str, name: str) -> wire.StackStatus | None:
        """The stack of an Ingress."""
        found = [s for s in self.stacks() if s.key.name == f"ingress/{namespace}/{name}"]
        return found[0] if found else None
