"""When newer input stops a plan that is being executed."""

import pytest

from services.planner.core.plans import Plan, Ref, Step, Verb
from services.planner.results import StepResult
from services.planner.work.overtaken import must_stop
from tests.unit.planner_shell.plan_things import accepted, aws, by_id, deregister, plan, register, write

CREATE = aws("create-lb", "CreateLoadBalancer", Name="front")
ARN_OF_LB = Ref("create-lb", "LoadBalancers[0].LoadBalancerArn")
LISTEN = aws("create-listener", "CreateListener", "create-lb", LoadBalancerArn=ARN_OF_LB, Port=80)
LISTEN_AT_ARN = aws("create-listener", "CreateListener", LoadBalancerArn="lb-arn", Port=80)
LISTEN_ELSEWHERE = aws("create-listener", "CreateListener", LoadBalancerArn="lb-arn", Port=81)
CREATED = accepted("create-lb", LoadBalancers=[{"LoadBalancerArn": "lb-arn"}])
PUBLISH = write("publish", "create-lb", version="7", body={"status": {"hostname": "a"}})
PUBLISH_LATER = write("publish", version="9", body={"status": {"hostname": "a"}})
PUBLISH_OTHER = write("publish", version="9", body={"status": {"hostname": "b"}})
FINALIZER = write("add-finalizer", version="7", body={"metadata": {"finalizers": ["f"]}})
EVENT = write("event", "create-lb", verb=Verb.EVENT, resource="events")


@pytest.mark.parametrize(
    ("running", "results", "newer", "urgent", "stops"),
    [
        pytest.param([CREATE, LISTEN], [], [CREATE, LISTEN], False, False, id="the same is wanted still"),
        pytest.param([CREATE, LISTEN], [], [CREATE], False, True, id="a step that may not have been sent is dropped"),
        pytest.param([CREATE], [CREATED], [], False, False, id="what has its result cannot be stopped"),
        pytest.param(
            [CREATE, LISTEN], [CREATED], [LISTEN_AT_ARN], False, False, id="a reference is what it stands for by now"
        ),
        pytest.param([CREATE, LISTEN], [CREATED], [LISTEN_ELSEWHERE], False, True, id="an unsent step is changed"),
        pytest.param([CREATE, LISTEN], [], None, False, True, id="nothing at all is wanted any more"),
        pytest.param([CREATE], [CREATED], None, False, False, id="nothing is wanted, and nothing is left to stop"),
        pytest.param(
            [register(1)], [], [register(1, 2)], False, False, id="more targets never stop a registration, they follow"
        ),
        pytest.param(
            [register(1, 2)], [], [register(1)], False, True, id="a target that is not wanted stops a registration"
        ),
        pytest.param(
            [register(1)],
            [],
            [deregister(9), register(1)],
            False,
            False,
            id="a further call follows, where it is not more urgent",
        ),
        pytest.param(
            [register(1)], [], [deregister(9), register(1)], True, True, id="a more urgent call does not wait behind"
        ),
        pytest.param(
            [register(1)], [], [register(1)], True, False, id="urgent input that leads to no other call stops nothing"
        ),
        pytest.param(
            [CREATE, PUBLISH],
            [],
            [CREATE, PUBLISH_LATER],
            False,
            False,
            id="another version of the object to be written is no change",
        ),
        pytest.param(
            [CREATE, PUBLISH], [], [CREATE, PUBLISH_OTHER], False, True, id="another body to be written is one"
        ),
        pytest.param(
            [FINALIZER, CREATE], [], [CREATE], False, False, id="a write that waits for nothing has been sent already"
        ),
        pytest.param([CREATE, EVENT], [], [CREATE], False, False, id="an Event is worth no stop"),
    ],
)
def test_newer_input(
    running: list[Step], results: list[StepResult], newer: list[Step] | None, urgent: bool, stops: bool
) -> None:
    newer_plan: Plan | None = None if newer is None else plan(*newer)
    assert must_stop(plan(*running), by_id(*results), newer_plan, urgent=urgent) is stops
