"""Questions to the executor: asked once, folded, doubts followed up."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.planner.core.fold import fold
from services.planner.core.keys import Key, Lane, NetworkKey
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.inventory.asker import Asker
from services.planner.inventory.observations import Observation, Query, Scope
from services.planner.inventory.store import Store
from services.planner.links.failures import SessionLostError
from services.planner.work.fill import Fill
from tests.unit.planner_shell.aws_things import (
    LB,
    TAGS,
    TG,
    Clock,
    call,
    health,
    interface,
    load_balancer,
    observation,
    security_group,
    store,
)
from tests.unit.planner_shell.things import BINDING, STACK


class Executor:
    """Answers queries from a script, as soon as it is let."""

    def __init__(self, *answers: Observation) -> None:
        self.asked: list[Query] = []
        self.lanes: list[Lane] = []
        self.answers = list(answers)
        self.failures: list[Exception] = []
        self.go = asyncio.Event()
        self.go.set()
        self.sequence = 100

    async def observe(self, query: Query, *, lane: Lane, traceparent: str) -> AsyncIterator[Observation | int]:
        self.asked.append(query)
        self.lanes.append(lane)
        self.sequence += 10
        begun = self.sequence
        await self.go.wait()
        if self.failures:
            raise self.failures.pop(0)
        if self.answers:
            yield self.answers.pop(0)
        yield begun


def asking(executor: Executor, clock: Clock | None = None) -> tuple[Asker, Store]:
    clock = clock or Clock()
    known = store(clock)
    return Asker(executor, known, clock), known


NETWORK = Lookup(kind=LookupKind.NETWORK)


def interfaces(*instances: str) -> Lookup:
    return Lookup(kind=LookupKind.INSTANCE_INTERFACES, keys=instances)


async def answer(asker: Asker, *lookups: Lookup, key: Key = STACK) -> None:
    await asker.answer(lookups, key, lane=Lane.EDIT, traceparent="")


def parts(executor: Executor) -> list[tuple[str, ...]]:
    return [query.keys for query in executor.asked]


async def test_a_stack_is_asked_for_by_its_tags_and_the_names_that_it_wants() -> None:
    executor = Executor(observation(120, load_balancer()))
    asker, known = asking(executor)
    await answer(asker, Lookup(kind=LookupKind.STACK, keys=("lb:front", "tg:web")))
    assert executor.asked == [Query(scope=Scope.STACK, keys=("lb:front", "tg:web"), stack=STACK, tags=TAGS)]
    assert executor.lanes == [Lane.EDIT]
    assert list(known.whole().load_balancers) == [LB]
    assert known.view(STACK).knowledge.stacks == {STACK}


async def test_what_was_answered_is_not_asked_again_before_it_lapses() -> None:
    clock = Clock()
    executor = Executor()
    asker, _ = asking(executor, clock)
    await answer(asker, NETWORK)
    await answer(asker, NETWORK, key=BINDING)
    assert len(executor.asked) == 1
    clock.now += 600
    await answer(asker, NETWORK)
    assert len(executor.asked) == 2


async def test_keys_that_ask_at_once_share_one_answer() -> None:
    executor = Executor(observation(120, interface()))
    asker, known = asking(executor)
    executor.go.clear()
    first = asyncio.create_task(answer(asker, interfaces("i-1", "i-2")))
    await asyncio.sleep(0)
    second = asyncio.create_task(answer(asker, interfaces("i-2", "i-3"), key=BINDING))
    await asyncio.sleep(0)
    executor.go.set()
    await asyncio.gather(first, second)
    assert parts(executor) == [("i-1", "i-2"), ("i-3",)]
    assert known.view(STACK).knowledge.instances == {"i-1", "i-2", "i-3"}


async def test_two_stacks_ask_apart() -> None:
    executor = Executor()
    asker, _ = asking(executor)
    other = type(STACK)(kind=STACK.kind, namespace="shop", name="other")
    question = Lookup(kind=LookupKind.STACK)
    await asyncio.gather(answer(asker, question), answer(asker, question, key=other))
    assert [query.stack for query in executor.asked] == [STACK, other]


async def test_a_failure_reaches_everybody_who_waits_and_is_not_remembered() -> None:
    executor = Executor()
    executor.failures.append(SessionLostError("cut"))
    asker, _ = asking(executor)
    results = await asyncio.gather(answer(asker, NETWORK), answer(asker, NETWORK, key=BINDING), return_exceptions=True)
    assert [str(result) for result in results] == ["cut", "cut"]
    await answer(asker, NETWORK)
    assert len(executor.asked) == 2


async def test_a_key_that_gives_up_leaves_the_answer_to_the_others() -> None:
    executor = Executor()
    asker, known = asking(executor)
    executor.go.clear()
    impatient = asyncio.create_task(answer(asker, NETWORK))
    await asyncio.sleep(0)
    patient = asyncio.create_task(answer(asker, NETWORK, key=BINDING))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    executor.go.set()
    await patient
    assert len(executor.asked) == 1
    assert known.view(STACK).knowledge.network


async def test_what_we_made_and_a_query_by_tag_missed_is_asked_for_by_arn() -> None:
    clock = Clock()
    executor = Executor()
    asker, known = asking(executor, clock)
    made = {"LoadBalancers": [load_balancer().description]}
    known.own(fold, call("CreateLoadBalancer", Name="front", Subnets=[]), made, ended=10)
    clock.now += 60
    await answer(asker, Lookup(kind=LookupKind.STACK, keys=("lb:front",)))
    assert [(query.kind, query.keys) for query in executor.asked] == [
        (None, ("lb:front",)),
        (LookupKind.LOAD_BALANCERS, (LB,)),
    ]
    assert known.whole().load_balancers == {}


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        pytest.param(BINDING, [(LookupKind.TARGETS, (TG,))], id="a binding: its targets"),
        pytest.param(
            NetworkKey(),
            [(LookupKind.CLUSTER_SECURITY_GROUPS, ()), (LookupKind.SECURITY_GROUPS, ("sg-1",))],
            id="the network: the cluster's groups and all that are known",
        ),
    ],
)
async def test_after_an_unknown_outcome_what_the_key_owns_is_observed(
    key: Key, asked: list[tuple[LookupKind, tuple[str, ...]]]
) -> None:
    executor = Executor()
    asker, known = asking(executor)
    known.observe(observation(10, security_group(), health("healthy")))
    known.answers.doubt(key, 1_000.0)
    await asker.settle(key, TG, lane=Lane.SERVE, traceparent="")
    assert [(query.kind, query.keys) for query in executor.asked] == asked
    assert not known.answers.doubted(key)


async def test_the_fill_reads_everything_once() -> None:
    executor = Executor(observation(120, load_balancer()))
    asker, known = asking(executor)
    ready, ended = asyncio.Event(), asyncio.Event()

    async def until_ready() -> None:
        await ready.wait()

    fill = asyncio.create_task(
        Fill(asker, known, ready=until_ready, instance_ids=lambda: ("i-1",), ended=ended.set).run()
    )
    await asyncio.sleep(0)
    assert executor.asked == []
    ready.set()
    await fill
    assert executor.asked == [Query(scope=Scope.ALL, keys=("i-1",))]
    assert executor.lanes == [Lane.RESYNC]
    assert known.view(STACK).knowledge.filled
    assert ended.is_set()
