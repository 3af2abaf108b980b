"""What nobody waits for is done when there is time: behind all else of its stack, in a plan of its own."""

from dataclasses import dataclass, field

from elbow.executor.v1 import executor_service_pb2 as executor
from elbow.plan.v1 import plan_pb2
from elbow.watcher.v1 import watcher_service_pb2 as watcher

from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Outcome, Planned
from services.planner.core.plans import Plan
from tests.contract.planner_peers import Bench, change, refused, running
from tests.contract.test_planner_work import Script, call, ingress

RULES, TAGS = "SetRulePriorities", "AddTags"
STEPS = {RULES: call(RULES, RulePriorities=[]), TAGS: call(TAGS, ResourceArns=[], Tags=[])}
EDIT, RESYNC = plan_pb2.LANE_EDIT, plan_pb2.LANE_RESYNC


@dataclass(slots=True)
class Shifting:
    """A core for which every version of the Ingress shifts rules, and then has the tags that repeat their priorities
    put right; what the executor accepted is done."""

    accepted: list[str] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)

    def stack(self, inp: StackInput) -> Outcome:
        self.versions |= {member.meta.resource_version for member in inp.ingresses}
        shifts, tags = (() if self.accepted.count(o) >= len(self.versions) else (STEPS[o],) for o in (RULES, TAGS))
        return Planned(plan=Plan(key=inp.key, steps=shifts), tidying=Plan(key=inp.key, steps=tags))

    def accept(self, step: plan_pb2.Step) -> executor.StepResult:
        self.accepted.append(step.aws.operation)
        return executor.StepResult(outcome=executor.OUTCOME_ACCEPTED, sent=step.aws.parameters, answer="{}")


def planned(bench: Bench) -> list[tuple[list[str], int]]:
    """What every plan did, and how urgently."""
    return [(e.operations, e.plan.lane) for e in bench.executor.plans if e.operations != ["event events"]]


def edit(version: int) -> watcher.Change:
    """The Ingress in a version that differs from every other."""
    return change(ingress(version, finalizers=["ingress.k8s.aws/resources"], labels={"version": str(version)}))


async def begun(bench: Bench, shifting: Shifting) -> None:
    """Everything is accepted from now on, and the account has been read."""
    bench.executor.answers |= {operation: [shifting.accept] * 9 for operation in (RULES, TAGS)}
    bench.watcher.snapshot()
    await bench.settled()


async def test_it_follows_in_a_plan_of_its_own_that_is_not_urgent() -> None:
    shifting = Shifting()
    async with running(Script(stack=shifting.stack).core()) as bench:
        await begun(bench, shifting)
        bench.watcher.change(edit(200))
        await bench.until(lambda: shifting.accepted == [RULES, TAGS])
        await bench.settled()
        assert planned(bench) == [([RULES], EDIT), ([TAGS], RESYNC)]
        (stack,) = await bench.stacks()
        assert (stack.state, stack.error) == ("ready", "")


async def test_what_could_not_be_tidied_is_told_and_keeps_no_edit_waiting() -> None:
    shifting = Shifting()
    async with running(Script(stack=shifting.stack).core()) as bench:
        await begun(bench, shifting)
        bench.executor.answers[TAGS] = [refused(executor.ERROR_CLASS_DENIED, "AccessDenied", "no")] * 9
        bench.watcher.change(edit(200))
        stack = await bench.until_stack(lambda stack: bool(stack.error) and stack.state != "working")
        assert (stack.state, stack.error) == ("errored", "AddTags: AccessDenied: no")

        bench.watcher.change(edit(201))

        await bench.until(lambda: shifting.accepted == [RULES, RULES])
        assert [lane for operations, lane in planned(bench) if operations == [RULES]] == [EDIT, EDIT]


async def test_it_is_left_while_nothing_may_be_executed() -> None:
    shifting = Shifting(accepted=[RULES])
    async with running(Script(stack=shifting.stack).core()) as bench:
        await begun(bench, shifting)
        bench.parts.workshop.caution.hear("somebody else is at work")
        bench.watcher.change(edit(200))
        await bench.until(lambda: bool(shifting.versions))
        await bench.settled()
        assert planned(bench) == []

        bench.parts.workshop.caution.hear("")

        await bench.until(lambda: planned(bench) == [([TAGS], RESYNC)])
