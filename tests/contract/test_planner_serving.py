"""A binding looks again once a load balancer uses its group: until then AWS does not check its targets."""

from services.planner.core.inputs import BindingInput
from tests.contract.planner_peers import accepted, running
from tests.contract.test_planner_work import ARN, Script, binding, call, ingress, once

BALANCER = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/web/1"
FORWARD = [{"Type": "forward", "TargetGroupArn": ARN}]


def users(inp: BindingInput) -> tuple[str, ...]:
    group = inp.inventory.target_groups.get(ARN)
    return group.load_balancers if group is not None else ()


async def test_a_binding_is_planned_again_when_a_listener_begins_to_use_its_group() -> None:
    made = call("CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, TargetType="ip")
    listener = call("CreateListener", LoadBalancerArn=BALANCER, Port=80, Protocol="HTTP", DefaultActions=FORWARD)
    script = Script(stack=once(made, listener))
    async with running(script.core()) as bench:
        bench.executor.hold = True
        group = {"TargetGroupArn": ARN, "TargetGroupName": "web"}
        bench.executor.answers["CreateTargetGroup"] = [accepted({"TargetGroups": [group]})]
        listening = {"ListenerArn": f"{BALANCER}/2", "Port": 80, "Protocol": "HTTP", "DefaultActions": FORWARD}
        bench.executor.answers["CreateListener"] = [accepted({"Listeners": [listening]})]
        bench.watcher.snapshot(ingress(), binding())
        await bench.until(lambda: len(bench.executor.plans) == 1 and len(script.bindings) > 0)
        queue = bench.parts.workshop.gate.queue
        await bench.until(lambda: not any(queue.busy(inp.key) for inp in script.bindings))
        assert users(script.bindings[-1]) == ()

        bench.executor.plans[0].go.set()

        await bench.until(lambda: users(script.bindings[-1]) == (BALANCER,))
