"""Target health and readiness gates over a real channel."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import boto3
import grpc.aio
import pytest
from elbow.executor.v1 import executor_service_pb2 as pb

from sandbox.aws import AwsServer, AwsWorld
from tests.contract.executor_bench import Bench, running, serving_aws
from tests.contract.executor_kubernetes import ApiError

GATE = "target-health.elbv2.k8s.aws/web"
POD = "/api/v1/namespaces/shop/pods/web-1"


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    """An account in which the group `hand-ip` is behind a load balancer and has one target."""
    with serving_aws() as (server, world):
        elbv2 = boto3.client("elbv2", region_name=world.region, endpoint_url=world.url)
        group = world.tgs["hand-ip"]
        subnets = [world.subnets["public-a"], world.subnets["public-b"]]
        load_balancer = elbv2.create_load_balancer(Name="by-hand", Subnets=subnets)["LoadBalancers"][0]
        elbv2.create_listener(
            LoadBalancerArn=load_balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.100.9", "Port": 80}])
        elbv2.close()
        yield server, world


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    aws[0].log.clear()
    aws[0].health.release()
    async with running(*aws, tmp_path, track_longest_seconds="0.2") as started:
        yield started


class Stream:
    """A Track stream that the test feeds."""

    def __init__(self, bench: Bench, session: str) -> None:
        self._requests: asyncio.Queue[pb.TrackRequest | None] = asyncio.Queue()
        self._session = session
        self.call = bench.stub.Track(self._feed())

    def send(self, *groups: pb.TrackedGroup, reset: bool = False) -> None:
        self._requests.put_nowait(pb.TrackRequest(session=self._session, groups=groups, reset=reset))

    def end(self) -> None:
        self._requests.put_nowait(None)

    async def read(self) -> pb.TrackResponse:
        response = await self.call.read()
        assert isinstance(response, pb.TrackResponse)
        return response

    async def _feed(self) -> AsyncIterator[pb.TrackRequest]:
        while (request := await self._requests.get()) is not None:
            yield request


def group(bench: Bench, *targets: pb.TrackedTarget, arn: str = "", binding: str = "shop/web") -> pb.TrackedGroup:
    return pb.TrackedGroup(target_group_arn=arn or bench.world.tgs["hand-ip"], binding=binding, targets=targets)


def pod_target(uid: str, gate: str = GATE) -> pb.TrackedTarget:
    return pb.TrackedTarget(id="10.0.100.9", port=80, pod_namespace="shop", pod_name="web-1", pod_uid=uid, gate=gate)


def pod(bench: Bench, *conditions: dict[str, Any]) -> str:
    stored = bench.kube.put(
        POD, {"metadata": {"name": "web-1", "namespace": "shop"}, "status": {"conditions": list(conditions)}}
    )
    return str(stored["metadata"]["uid"])


def condition(bench: Bench, gate: str = GATE) -> dict[str, Any]:
    conditions = bench.kube.objects[POD]["status"]["conditions"]
    return next((each for each in conditions if each["type"] == gate), {})


async def until(bench: Bench, status: str, gate: str = GATE) -> dict[str, Any]:
    """Waits until the pod's gate has a status."""

    def wait() -> None:
        while condition(bench, gate).get("status") != status:
            time.sleep(0.02)

    await asyncio.to_thread(wait)
    return condition(bench, gate)


def hold(bench: Bench, state: str, reason: str | None = None) -> None:
    """Keeps the targets of the group in a state."""
    bench.aws.health.hold(
        state=state, reason=reason, description=None, target_group_arn=bench.world.tgs["hand-ip"], new_targets=False
    )


def states(response: pb.TrackResponse) -> list[tuple[str, int, str]]:
    return [(each.id, each.port, each.state) for each in response.targets]


async def test_health_opens_the_gate_without_the_planner(bench: Bench) -> None:
    uid = pod(bench)
    hold(bench, "initial", "Elb.InitialHealthChecking")
    stream = Stream(bench, await bench.hello())
    stream.send(group(bench, pod_target(uid)), reset=True)
    first = await stream.read()
    assert states(first) == [("10.0.100.9", 80, "initial")]
    closed = await until(bench, "False")
    assert closed["reason"] == "Elb.InitialHealthChecking"
    hold(bench, "healthy")
    second = await stream.read()
    assert states(second) == [("10.0.100.9", 80, "healthy")]
    assert second.begun > first.begun
    opened = await until(bench, "True")
    assert set(opened) == {"type", "status", "reason", "message", "lastTransitionTime"}
    stream.end()


async def test_bindings_that_share_a_group_have_their_gates_opened_each(bench: Bench) -> None:
    uid, other = pod(bench), f"{GATE}-too"
    hold(bench, "initial")
    stream = Stream(bench, await bench.hello())
    stream.send(group(bench, pod_target(uid)), reset=True)
    await until(bench, "False")
    stream.send(group(bench, pod_target(uid, other), binding="shop/web-too"))
    await until(bench, "False", other)
    hold(bench, "healthy")
    await until(bench, "True")
    await until(bench, "True", other)
    stream.end()


async def test_a_group_is_polled_while_one_of_its_bindings_has_targets_in_motion(bench: Bench) -> None:
    uid = pod(bench)
    hold(bench, "initial")
    stream = Stream(bench, await bench.hello())
    resting = pb.TrackedTarget(id="10.0.100.9", port=80)
    stream.send(group(bench, pod_target(uid)), group(bench, resting, binding="shop/web-too"), reset=True)
    await until(bench, "False")
    stream.send(group(bench, binding="shop/web-too"))
    hold(bench, "healthy")
    await until(bench, "True")
    stream.end()


async def test_an_answer_is_told_once_until_it_changes_or_the_targets_do(bench: Bench) -> None:
    hold(bench, "healthy")
    stream = Stream(bench, await bench.hello())
    one = pb.TrackedTarget(id="10.0.100.9", port=80)
    stream.send(group(bench, one), reset=True)
    told = [await stream.read()]
    await polls(bench, 3)
    stream.send(group(bench, one, pb.TrackedTarget(id="10.0.100.10", port=80)))
    told.append(await stream.read())
    assert [states(each) for each in told] == [[("10.0.100.9", 80, "healthy")]] * 2
    assert bench.operations(mutating=False).count("DescribeTargetHealth") >= 5
    stream.end()
    assert await stream.call.read() is grpc.aio.EOF


async def test_a_group_without_targets_is_not_polled_any_more(bench: Bench) -> None:
    stream = Stream(bench, await bench.hello())
    stream.send(group(bench, pb.TrackedTarget(id="10.0.100.9", port=80)), reset=True)
    await stream.read()
    other = bench.world.tgs["hand-instance"]
    stream.send(group(bench), group(bench, pb.TrackedTarget(id="i-1", port=80), arn=other))
    assert (await stream.read()).target_group_arn == other
    bench.aws.log.clear()
    await polls(bench, 3)
    polled = [call.as_json()["parameters"]["TargetGroupArn"] for call in bench.aws.log.calls()]
    assert set(polled[1:]) == {other}
    stream.end()


async def test_a_group_that_is_gone_is_told_so_and_left_alone(bench: Bench) -> None:
    stream = Stream(bench, await bench.hello())
    gone = bench.world.tgs["hand-ip"].replace("hand-ip", "hand-gone")
    stream.send(group(bench, pb.TrackedTarget(id="10.0.100.9", port=80), arn=gone), reset=True)
    response = await stream.read()
    assert (response.target_group_arn, response.gone, states(response)) == (gone, True, [])
    other = bench.world.tgs["hand-instance"]
    stream.send(group(bench, pb.TrackedTarget(id="i-1", port=80), arn=other))
    await stream.read()
    bench.aws.log.clear()
    await polls(bench, 3)
    polled = [call.as_json()["parameters"]["TargetGroupArn"] for call in bench.aws.log.calls()]
    assert set(polled) == {other}
    stream.end()


async def test_a_condition_that_stands_already_is_not_written_again(bench: Bench) -> None:
    hold(bench, "initial", "Elb.InitialHealthChecking")
    standing = {
        "type": GATE, "status": "False", "reason": "Elb.InitialHealthChecking", "message": "",
        "lastTransitionTime": "2026-05-01T12:00:00Z",
    }  # fmt: skip
    uid = pod(bench, standing)
    stream = Stream(bench, await bench.hello())
    stream.send(group(bench, pod_target(uid)), reset=True)
    await stream.read()
    await polls(bench, 2)
    assert bench.kube.writes("PATCH", f"{POD}/status") == []
    hold(bench, "unhealthy", "Target.Timeout")
    await stream.read()
    await polls(bench, 2)
    assert condition(bench) == standing | {"reason": "Target.Timeout"}
    stream.end()


async def test_a_conflict_is_tried_again_and_another_pod_of_the_name_is_left_alone(bench: Bench) -> None:
    hold(bench, "healthy")
    uid = pod(bench)
    bench.kube.fail[("PATCH", f"{POD}/status")] = [ApiError(409, "Conflict")]
    stream = Stream(bench, await bench.hello())
    stream.send(group(bench, pod_target(uid)), reset=True)
    await until(bench, "True")
    del bench.kube.objects[POD]
    pod(bench)
    stream.send(group(bench, pod_target("of-the-pod-before")))
    await stream.read()
    await stream.read()
    await polls(bench, 2)
    assert condition(bench) == {}
    stream.end()


async def polls(bench: Bench, number: int) -> None:
    """Waits until so many more polls were answered."""
    before = bench.operations(mutating=False).count("DescribeTargetHealth")

    def wait() -> None:
        while bench.operations(mutating=False).count("DescribeTargetHealth") < before + number:
            time.sleep(0.02)

    await asyncio.to_thread(wait)
