"""From manifests or names to the plans that would follow: dry run, projection, preview. Used by `elbow plan`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc
import grpc.aio
from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as wire
from elbow.watcher.v1 import watcher_service_pb2
from elbow.watcher.v1.watcher_service_pb2_grpc import WatcherServiceStub

from services.cli.errors import CliError
from services.cli.kube.dry_run import RESOURCES, Stored
from services.cli.planner_client import PlannerClient, client_tls
from services.runtime.channel import open_channel
from services.runtime.errors import StartError

_PROJECT_SECONDS = 10.0
_SHORT = {"ing": "Ingress", "svc": "Service", "tgb": "TargetGroupBinding"}


@dataclass(slots=True, kw_only=True)
class KeyPlan:
    """One key's plan, whole. `waits_for`: what is left out until later; `reports`: Events that would be written."""

    plan: plan_pb2.Plan
    waits_for: str = ""
    reports: list[wire.PreviewReport] = field(default_factory=list)

    @property
    def errored(self) -> bool:
        """Whether the plan cannot be made."""
        return self.plan.verdict == plan_pb2.VERDICT_ERRORED

    @property
    def held(self) -> bool:
        """Whether a guard wants an approval first."""
        return self.plan.verdict == plan_pb2.VERDICT_HELD

    @property
    def changes(self) -> list[plan_pb2.Change]:
        """What would change."""
        return [change for change in self.plan.changes if change.action != plan_pb2.ACTION_NO_OP]


async def project(address: str, stored: Sequence[Stored]) -> Sequence[wire.PreviewObject]:
    """The objects as the watcher would stream them. Raises CliError when it does not answer or cannot read one."""
    try:
        channel = open_channel(address, client_tls(), service_name="cli")
    except StartError as error:
        raise CliError(str(error)) from error
    request = watcher_service_pb2.ProjectRequest(objects=[json.dumps(s.raw) for s in stored])
    async with channel:
        try:
            answer = await WatcherServiceStub(channel).Project(request, timeout=_PROJECT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise CliError(f"the watcher at {address} gave no projection: {error.details()}") from error
    pairs = zip(answer.objects, stored, strict=True)
    return [
        wire.PreviewObject(object=thing, created=one.created, allocated_node_ports=one.node_ports)
        for thing, one in pairs
    ]


async def preview(planner: PlannerClient, request: wire.PreviewRequest) -> Sequence[KeyPlan]:
    """The plans, in the order in which they would be executed."""
    plans: list[KeyPlan] = []
    async for part in planner.preview(request):
        if part.plan.HasField("key"):
            plans.append(KeyPlan(plan=plan_pb2.Plan()))
        if not plans:
            raise CliError("the planner's answer begins in the middle of a plan: another version?")
        plans[-1].plan.MergeFrom(part.plan)
        plans[-1].waits_for += part.waits_for
        plans[-1].reports.extend(part.reports)
    return plans


def existing_name(kind: str, name: str) -> str:
    """`<Kind>/<namespace>/<name>` of what a user names as kubectl does. Raises CliError for a kind without plans."""
    short = kind.lower()
    known = {k.lower(): k for k in RESOURCES} | {r.plural: k for k, r in RESOURCES.items()} | _SHORT
    if short not in known:
        raise CliError(f"{kind} is no kind that plans are made from; these are: {', '.join(sorted(RESOURCES))}")
    full = known[short]
    if RESOURCES[full].namespaced and name.count("/") != 1:
        raise CliError(f"{name!r} names no {full}: NAMESPACE/NAME does")
    return f"{full}/{name}"
