"""Plans over a real channel against an AWS endpoint: order, references, failures, stops, retries, unknown outcomes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from elbow.executor.v1 import executor_service_pb2 as pb
from elbow.plan.v1 import plan_pb2

from sandbox.aws import AwsServer, AwsWorld
from sandbox.aws.faults import Outcome
from sandbox.aws.record import Phase
from tests.contract.executor_bench import (
    Bench,
    answer,
    aws_step,
    iter_of,
    kube_step,
    outcomes,
    plan_of,
    running,
    serving_aws,
    tags,
    until_held,
    whole_stack,
)


@pytest.fixture
def aws() -> Iterator[tuple[AwsServer, AwsWorld]]:
    with serving_aws() as served:
        yield served


@pytest.fixture
async def bench(aws: tuple[AwsServer, AwsWorld], tmp_path: Path) -> AsyncIterator[Bench]:
    async with running(*aws, tmp_path) as started:
        yield started


def target_group(name: str, world: AwsWorld) -> dict[str, object]:
    return {
        "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": world.vpc, "TargetType": "ip", "Tags": tags(),
    }  # fmt: skip


async def test_a_stack_is_made_in_the_order_of_its_references(bench: Bench) -> None:
    results = await bench.execute(plan_of(whole_stack(bench.world)))
    assert set(outcomes(results).values()) == {"ACCEPTED"}
    assert sorted(bench.operations()) == sorted(
        [
            "CreateSecurityGroup",
            "AuthorizeSecurityGroupIngress",
            "CreateTargetGroup",
            "CreateLoadBalancer",
            "CreateListener",
            "CreateRule",
        ]
    )
    assert bench.operations(mutating=False) == bench.operations()
    load_balancer = answer(results["lb"])["LoadBalancers"][0]
    assert load_balancer["SecurityGroups"] == [answer(results["sg"])["GroupId"]]
    assert f'"LoadBalancerArn":"{load_balancer["LoadBalancerArn"]}"' in results["listener"].sent
    assert "ResponseMetadata" not in answer(results["lb"])


async def test_sequence_numbers_order_calls_that_follow_each_other(bench: Bench) -> None:
    hello = await bench.stub.Hello(pb.HelloRequest(holder="planner-0", epoch=1))
    results = await bench.execute(plan_of(whole_stack(bench.world)), session=hello.session)
    lb, listener = results["lb"], results["listener"]
    assert hello.sequence < lb.begun < lb.ended < listener.begun < listener.ended
    assert [each.attempts for each in results.values()] == [1] * len(results)


async def test_after_a_failed_step_its_dependents_are_skipped_and_the_rest_goes_on(bench: Bench) -> None:
    bench.fail("CreateLoadBalancer", code="TooManyLoadBalancers", message="quota", status=400, times=1)
    results = await bench.execute(plan_of(whole_stack(bench.world)))
    assert outcomes(results) == {
        "sg": "ACCEPTED",
        "ingress": "ACCEPTED",
        "group": "ACCEPTED",
        "lb": "REFUSED",
        "listener": "SKIPPED",
        "rule": "SKIPPED",
    }
    assert results["lb"].error == pb.Error(
        error_class=pb.ERROR_CLASS_QUOTA, code="TooManyLoadBalancers", message="quota"
    )


async def test_a_reference_to_nothing_refuses_its_step_for_good(bench: Bench) -> None:
    group = aws_step("group", "CreateTargetGroup", target_group("k8s-one", bench.world))
    wrong = aws_step("delete", "DeleteTargetGroup", {"TargetGroupArn": {"$ref": "group#TargetGroups[7].Nothing"}})
    results = await bench.execute(plan_of([group, wrong]))
    assert outcomes(results) == {"group": "ACCEPTED", "delete": "REFUSED"}
    error = results["delete"].error
    assert (error.error_class, error.code) == (pb.ERROR_CLASS_PERMANENT, "UnresolvedReference")


async def test_a_throttled_call_is_sent_again(bench: Bench) -> None:
    bench.fail("CreateTargetGroup", code="Throttling", message="Rate exceeded", status=400, times=2)
    step = aws_step("group", "CreateTargetGroup", target_group("k8s-one", bench.world))
    results = await bench.execute(plan_of([step]))
    assert outcomes(results) == {"group": "ACCEPTED"}
    assert results["group"].attempts == 3


async def test_a_server_error_of_an_idempotent_call_is_sent_again(bench: Bench) -> None:
    bench.fail("CreateTargetGroup", code="InternalFailure", message="oops", status=500, times=1)
    step = aws_step("group", "CreateTargetGroup", target_group("k8s-one", bench.world))
    results = await bench.execute(plan_of([step]))
    assert outcomes(results) == {"group": "ACCEPTED"}
    assert results["group"].attempts == 2


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(Phase.BEFORE, id="cut before its effect"),
        pytest.param(Phase.AFTER, id="cut after its effect"),
    ],
)
async def test_a_cut_call_that_is_not_idempotent_is_unknown_and_not_repeated(bench: Bench, when: Phase) -> None:
    hold = bench.hold("CreateSecurityGroup", when)
    steps = [step for step in whole_stack(bench.world) if step.id in {"sg", "ingress"}]
    execution = asyncio.create_task(bench.execute(plan_of(steps)))
    await until_held(bench)
    hold.release(Outcome.DISCARD)
    results = await execution
    assert outcomes(results) == {"sg": "UNKNOWN", "ingress": "SKIPPED"}
    assert (results["sg"].attempts, results["sg"].error.error_class) == (1, pb.ERROR_CLASS_TRANSIENT)


async def test_a_cut_call_that_is_idempotent_is_sent_again(bench: Bench) -> None:
    hold = bench.hold("CreateTargetGroup", Phase.AFTER)
    step = aws_step("group", "CreateTargetGroup", target_group("k8s-one", bench.world))
    execution = asyncio.create_task(bench.execute(plan_of([step])))
    await until_held(bench)
    hold.release(Outcome.DISCARD)
    results = await execution
    assert outcomes(results) == {"group": "ACCEPTED"}
    assert bench.operations() == ["CreateTargetGroup", "CreateTargetGroup"]


async def test_a_stop_lets_the_call_in_flight_end_and_sends_nothing_more(bench: Bench) -> None:
    hold = bench.hold("CreateSecurityGroup", Phase.BEFORE)
    steps = [step for step in whole_stack(bench.world) if step.id != "group"][:4]
    requests: asyncio.Queue[pb.ExecuteRequest | None] = asyncio.Queue()

    async def stream() -> AsyncIterator[pb.ExecuteRequest]:
        while (request := await requests.get()) is not None:
            yield request

    requests.put_nowait(
        pb.ExecuteRequest(session=await bench.hello(), part=pb.PlanPart(plan=plan_of(steps), last=True))
    )
    call = bench.stub.Execute(stream())
    await until_held(bench)
    requests.put_nowait(pb.ExecuteRequest(stop=pb.Stop()))
    requests.put_nowait(None)
    await asyncio.sleep(0.1)
    hold.release(Outcome.CONTINUE)
    results = {response.result.step_id: response.result async for response in call if response.HasField("result")}
    assert outcomes(results) == {"sg": "ACCEPTED", "ingress": "STOPPED", "lb": "STOPPED", "listener": "STOPPED"}
    assert bench.operations() == ["CreateSecurityGroup"]


async def test_a_step_that_waits_for_the_budget_is_stopped_unsent(
    aws: tuple[AwsServer, AwsWorld], tmp_path: Path
) -> None:
    async with running(*aws, tmp_path, aws_rate_scale="1", aws_buckets="elb-mutate=1/0.01") as bench:
        first, second = (
            aws_step(name, "CreateTargetGroup", target_group(f"k8s-{name}", bench.world)) for name in ("one", "two")
        )
        requests: asyncio.Queue[pb.ExecuteRequest] = asyncio.Queue()

        async def stream() -> AsyncIterator[pb.ExecuteRequest]:
            for _ in range(2):
                yield await requests.get()

        part = pb.PlanPart(plan=plan_of([first, second]), last=True)
        requests.put_nowait(pb.ExecuteRequest(session=await bench.hello(), part=part))
        call = bench.stub.Execute(stream())
        done = await call.read()
        assert isinstance(done, pb.ExecuteResponse)
        requests.put_nowait(pb.ExecuteRequest(stop=pb.Stop()))
        left = await call.read()
        assert isinstance(left, pb.ExecuteResponse)
        assert (done.result.outcome, left.result.outcome) == (pb.OUTCOME_ACCEPTED, pb.OUTCOME_STOPPED)
        assert (left.result.attempts, left.result.begun) == (0, 0)
        assert bench.operations() == ["CreateTargetGroup"]


async def test_an_endpoint_that_refuses_connections_is_no_unknown_outcome(
    aws: tuple[AwsServer, AwsWorld], tmp_path: Path
) -> None:
    async with running(*aws, tmp_path, aws_retry_seconds="0.3") as bench:
        bench.aws.stop()
        results = await bench.execute(plan_of([whole_stack(bench.world)[0]]))
        assert outcomes(results) == {"sg": "REFUSED"}
        assert results["sg"].error.error_class == pb.ERROR_CLASS_TRANSIENT
        assert results["sg"].error.code == "EndpointConnectionError"


async def test_a_denied_call_names_the_action_that_the_role_lacks(bench: Bench) -> None:
    bench.fail("CreateTargetGroup", code="AccessDenied", message="not authorized", status=403, times=1)
    step = aws_step("group", "CreateTargetGroup", target_group("k8s-one", bench.world))
    error = (await bench.execute(plan_of([step])))["group"].error
    assert error.error_class == pb.ERROR_CLASS_DENIED
    assert "elasticloadbalancing:CreateTargetGroup" in error.message


async def test_a_plan_in_parts_is_one_plan(bench: Bench) -> None:
    steps = whole_stack(bench.world)
    session = await bench.hello()
    call = bench.stub.Execute(
        iter_of(
            pb.ExecuteRequest(session=session, part=pb.PlanPart(plan=plan_of(steps[:3]))),
            pb.ExecuteRequest(part=pb.PlanPart(plan=plan_pb2.Plan(steps=steps[3:]), last=True)),
        )
    )
    results = {response.result.step_id: response.result async for response in call if response.HasField("result")}
    assert set(outcomes(results)) == {step.id for step in steps}
    assert set(outcomes(results).values()) == {"ACCEPTED"}


async def test_a_kubernetes_write_uses_what_aws_answered(bench: Bench) -> None:
    ingress = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web"
    standing = bench.kube.put(ingress, {"metadata": {"name": "web", "namespace": "shop"}})
    host = {"$ref": "lb#LoadBalancers[0].DNSName"}
    status = kube_step(
        "status",
        "merge-patch",
        "ingresses",
        "web",
        api_version="networking.k8s.io/v1",
        namespace="shop",
        subresource="status",
        uid=standing["metadata"]["uid"],
        resource_version=standing["metadata"]["resourceVersion"],
        body={"status": {"loadBalancer": {"ingress": [{"hostname": host}]}}},
    )
    results = await bench.execute(plan_of([*whole_stack(bench.world), status]))
    hostname = answer(results["lb"])["LoadBalancers"][0]["DNSName"]
    assert answer(results["status"])["status"] == {"loadBalancer": {"ingress": [{"hostname": hostname}]}}
    assert bench.kube.objects[ingress]["status"] == {"loadBalancer": {"ingress": [{"hostname": hostname}]}}
