"""An executor over a real channel, between an AWS endpoint and a Kubernetes API: what its contract tests start from."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.executor.v1 import executor_service_pb2_grpc as stubs
from elbow.plan.v1 import plan_pb2

from sandbox.aws import AwsServer, AwsWorld
from sandbox.aws.faults import ErrorAnswer, Failure, Hold, HoldState, Selector
from sandbox.aws.record import Phase
from services.executor import app
from services.executor.app import make_service
from services.executor.aws.clients import make_clients
from services.executor.settings import ExecutorSettings
from services.runtime.channel import open_channel
from services.runtime.server import Server
from services.runtime.settings import TlsSettings
from tests.contract.executor_kubernetes import FakeKubernetes

LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/elbow-planner"
CLUSTER_TAG = {"Key": "elbv2.k8s.aws/cluster", "Value": "rig"}
STACK_TAGS = {"elbv2.k8s.aws/cluster": "rig", "ingress.k8s.aws/stack": "shop/web"}

_make_clients = cache(make_clients)
"""Clients are the same for each executor on an endpoint: making them takes longer than most tests."""
_FAST = {"aws_rate_scale": "1000", "aws_retry_seconds": "3", "track_first_seconds": "0.05"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a test has in its hands."""

    stub: "stubs.ExecutorServiceAsyncStub"
    aws: AwsServer
    world: AwsWorld
    kube: FakeKubernetes

    async def hello(self, holder: str = "planner-0", epoch: int = 1) -> str:
        """A session."""
        return (await self.stub.Hello(pb.HelloRequest(holder=holder, epoch=epoch))).session

    async def execute(
        self, plan: plan_pb2.Plan, *, session: str = "", traceparent: str = ""
    ) -> dict[str, pb.StepResult]:
        """Runs a plan to its end; results by step, in the order in which they came."""
        part = pb.ExecuteRequest(
            session=session or await self.hello(),
            traceparent=traceparent,
            part=pb.PlanPart(plan=plan, last=True),
        )
        call = self.stub.Execute(iter_of(part))
        responses = [response async for response in call]
        assert responses[-1].WhichOneof("message") == "finished"
        return {response.result.step_id: response.result for response in responses[:-1]}

    async def observe(self, *, session: str = "", **query: Any) -> list[pb.ObserveResponse]:
        """Asks a question; all responses."""
        request = pb.ObserveRequest(session=session or await self.hello(), lane=plan_pb2.LANE_EDIT, **query)
        return [response async for response in self.stub.Observe(request)]

    def operations(self, *, mutating: bool = True) -> list[str]:
        """Names of the operations that AWS took or refused, in order."""
        calls = [call.as_json() for call in self.aws.log.calls()]
        return [call["operation"] for call in calls if call["mutating"] or not mutating]

    def fail(self, operation: str, *, code: str, message: str, status: int, times: int) -> None:
        """Lets the next calls of an operation, given as a regular expression, fail with an error."""
        error = ErrorAnswer(code=code, message=message, status=status)
        failure = Failure(selector=Selector(operation=re.compile(operation)), error=error, times=times)
        self.aws.faults.board.switch_on(failure)

    def hold(self, operation: str, when: Phase) -> Hold:
        """Stops the next call of an operation before or after its effect."""
        hold = Hold(selector=Selector(operation=re.compile(operation)), when=when)
        self.aws.faults.board.switch_on(hold)
        return hold

    def lead(self, holder: str = "planner-0", epoch: int = 1, *, renewed: datetime | None = None) -> None:
        """Makes `holder` the holder of the Lease."""
        self.kube.put(
            LEASE,
            {
                "metadata": {"name": "elbow-planner", "namespace": "kube-system"},
                "spec": {
                    "holderIdentity": holder,
                    "leaseTransitions": epoch,
                    "renewTime": (renewed or datetime.now(UTC)).isoformat(timespec="microseconds"),
                    "leaseDurationSeconds": 60,
                },
            },
        )


@contextmanager
def serving_aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    """A fresh, seeded AWS account, with credentials in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        server = AwsServer()
        world = server.start()
        try:
            yield server, world
        finally:
            server.stop()


async def until_held(bench: Bench) -> None:
    """Waits until AWS holds a call."""

    def wait() -> None:
        while not any(hold.state is HoldState.HELD for hold in bench.aws.faults.board.active(Hold)):
            time.sleep(0.01)

    await asyncio.to_thread(wait)


async def iter_of(*messages: Any) -> AsyncIterator[Any]:
    """A stream of these messages, which then ends."""
    for message in messages:
        yield message


@asynccontextmanager
async def running(aws: AwsServer, world: AwsWorld, folder: Path, **changed: str) -> AsyncIterator[Bench]:
    """An executor that serves, for planner-0 in epoch 1."""
    kube = FakeKubernetes()
    groups: dict[str, Any] = {}
    for name, value in {**_FAST, **changed}.items():
        group, _, field = name.partition("_")
        groups.setdefault(group, {})[field] = value
    settings = ExecutorSettings(
        cluster_name=world.cluster_name,
        aws_region=world.region,
        aws_vpc_id=world.vpc,
        aws_endpoint_url=world.url,
        kubeconfig=str(kube.write_kubeconfig(folder)),
        **groups,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "make_clients", _make_clients)
        service = await make_service(settings)
    server = Server("executor", service.servicers, settings)
    address = await server.start()
    channel = open_channel(address, TlsSettings(), service_name="test")
    bench = Bench(stub=_stub(channel), aws=aws, world=world, kube=kube)
    bench.lead()
    try:
        yield bench
    finally:
        await channel.close()
        await service.drain()
        await server.stop(5)
        await service.close()
        kube.stop()


def _stub(channel: grpc.aio.Channel) -> "stubs.ExecutorServiceAsyncStub":
    stub: Any = stubs.ExecutorServiceStub(channel)
    return stub  # type: ignore[no-any-return]


def aws_step(
    step_id: str, operation: str, parameters: Mapping[str, Any], *after: str, service: str = "elbv2"
) -> plan_pb2.Step:
    """A step that calls AWS."""
    call = plan_pb2.AwsCall(service=service, operation=operation, parameters=json.dumps(parameters))
    return plan_pb2.Step(id=step_id, depends_on=after, aws=call)


def kube_step(step_id: str, verb: str, resource: str, name: str, *after: str, **fields: Any) -> plan_pb2.Step:
    """A step that writes to Kubernetes; `body` as a value."""
    body = fields.pop("body", None)
    write = plan_pb2.KubernetesWrite(
        verb=verb, resource=resource, name=name, body="" if body is None else json.dumps(body), **fields
    )
    return plan_pb2.Step(id=step_id, depends_on=after, kubernetes=write)


def plan_of(steps: Sequence[plan_pb2.Step], *, kind: int = plan_pb2.KEY_KIND_STACK, name: str = "x") -> plan_pb2.Plan:
    """A plan that may be executed."""
    return plan_pb2.Plan(
        id="test",
        key=plan_pb2.Key(kind=plan_pb2.KeyKind.ValueType(kind), name=name),
        lane=plan_pb2.LANE_EDIT,
        verdict=plan_pb2.VERDICT_OK,
        steps=steps,
    )


def answer(result: pb.StepResult) -> Any:
    """The answer of an accepted step."""
    return json.loads(result.answer)


def outcomes(results: Mapping[str, pb.StepResult]) -> dict[str, str]:
    """The outcomes by step, as words."""
    return {step: pb.Outcome.Name(result.outcome).removeprefix("OUTCOME_") for step, result in results.items()}


def tags(**extra: str) -> list[dict[str, str]]:
    """Tags of a resource of the stack shop/web in this cluster."""
    return [{"Key": key, "Value": value} for key, value in {**STACK_TAGS, **extra}.items()]


def whole_stack(world: AwsWorld) -> list[plan_pb2.Step]:
    """Security group, target group, load balancer, listener and rule, tied together by references."""
    subnets = [{"SubnetId": world.subnets[f"public-{zone}"]} for zone in "abc"]
    forward = {"Type": "forward", "TargetGroupArn": {"$ref": "group#TargetGroups[0].TargetGroupArn"}}
    return [
        aws_step(
            "sg",
            "CreateSecurityGroup",
            {
                "GroupName": "k8s-shop-web",
                "Description": "[k8s] Managed SecurityGroup for LoadBalancer",
                "VpcId": world.vpc,
                "TagSpecifications": [{"ResourceType": "security-group", "Tags": tags()}],
            },
            service="ec2",
        ),
        aws_step(
            "ingress",
            "AuthorizeSecurityGroupIngress",
            {
                "GroupId": {"$ref": "sg#GroupId"},
                "IpPermissions": [
                    {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                ],
            },
            service="ec2",
        ),
        aws_step(
            "group",
            "CreateTargetGroup",
            {
                "Name": "k8s-shop-web-group",
                "Protocol": "HTTP",
                "Port": 80,
                "VpcId": world.vpc,
                "TargetType": "ip",
                "Tags": tags(),
            },
        ),
        aws_step(
            "lb",
            "CreateLoadBalancer",
            {
                "Name": "k8s-shop-web",
                "Scheme": "internet-facing",
                "Type": "application",
                "SubnetMappings": subnets,
                "SecurityGroups": [{"$ref": "sg#GroupId"}],
                "Tags": tags(),
            },
            "ingress",
        ),
        aws_step(
            "listener",
            "CreateListener",
            {
                "LoadBalancerArn": {"$ref": "lb#LoadBalancers[0].LoadBalancerArn"},
                "Protocol": "HTTP",
                "Port": 80,
                "DefaultActions": [
                    {
                        "Type": "fixed-response",
                        "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"},
                    }
                ],
                "Tags": tags(),
            },
        ),
        aws_step(
            "rule",
            "CreateRule",
            {
                "ListenerArn": {"$ref": "listener#Listeners[0].ListenerArn"},
                "Priority": 1,
                "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
                "Actions": [forward],
                "Tags": tags(),
            },
        ),
    ]
