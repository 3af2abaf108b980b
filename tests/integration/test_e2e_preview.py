"""`elbow plan` against three processes: what it says comes true, and nothing else happens."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from elbow.plan.v1 import plan_pb2

from services.cli.previewing import KeyPlan
from services.cli.rendering.plan import plan_as_json
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import CREATE, PREFIX, Game, deployment, ingress, namespace, service
from tests.integration.harness.kube import INGRESSES
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until
from tests.integration.preview_truth import untrue

pytestmark = pytest.mark.integration

STACK = plan_pb2.Key(kind=plan_pb2.KEY_KIND_STACK, name="ingress/game-2048/ingress-2048")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What `elbow plan` wrote, and its exit code."""

    code: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def plans(self, kind: str) -> list[Any]:
        return [plan for plan in self.json["plans"] if plan["key"]["kind"] == kind]

    def operations(self) -> Counter[str]:
        steps = [step for plan in self.json["plans"] for step in plan["steps"]]
        return Counter(step["aws"]["operation"] for step in steps if "aws" in step)


def plan(elbow: Elbow, sandbox: Sandbox, *arguments: str, manifests: Sequence[Any] = ()) -> Said:
    """Runs `elbow plan`, with manifests on its standard input."""
    where = [f"--planner-address={elbow.address('planner')}", f"--watcher-address={elbow.address('watcher')}"]
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli", "plan", *where, *arguments],
        input="---\n".join(json.dumps(m) + "\n" for m in manifests),
        env={**os.environ, **sandbox.env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not ended.stderr, ended.stderr
    return Said(code=ended.returncode, text=ended.stdout)


@pytest.fixture
def nothing(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """Not even a namespace; whatever the test makes is gone after it."""
    game = Game(sandbox=sandbox, elbow=elbow)
    yield game
    game.remove()
    elbow.settled()


def all_of_it(annotations: Mapping[str, str]) -> list[Any]:
    name = "game-2048"
    return [namespace(name), deployment(name, 2), service(name), ingress(name, annotations)]


@pytest.mark.parametrize(
    ("target_type", "unforeseen"),
    [
        pytest.param(
            "ip",
            {"AuthorizeSecurityGroupIngress", "RegisterTargets"},
            id="pods have no address yet, so their registration and its rule cannot be told",
        ),
        pytest.param("instance", set[str](), id="nodes are there, so everything but the node port can be told"),
    ],
)
def test_what_is_planned_from_nothing_is_what_happens(nothing: Game, target_type: str, unforeseen: set[str]) -> None:
    manifests = all_of_it({PREFIX + "target-type": target_type})
    mark = nothing.sandbox.aws.mark()
    said = plan(nothing.elbow, nothing.sandbox, "-f", "-", "-o", "json", "--exit-code", manifests=manifests)
    assert (said.code, nothing.sandbox.aws.calls(mark).mutating) == (2, {})
    nothing.sandbox.kube.apply(*manifests)
    nothing.pods_ready(2)
    until(nothing.hostname, what=lambda: f"a host name\n{nothing.elbow.report()}")
    until(lambda: len(nothing.targets()) >= 2, what=lambda: f"two targets\n{nothing.elbow.report()}")
    nothing.elbow.settled()
    (told,) = said.plans("stack")
    assert untrue(told, plan_as_json(KeyPlan(plan=nothing.elbow.planner.plan(STACK)))) == []
    made = Counter(nothing.sandbox.aws.calls(mark).mutating)
    assert said.operations() <= made
    # Pods that become ready one after the other may be registered one after the other.
    assert set(made - said.operations()) == unforeseen


def test_for_pods_that_run_every_call_is_foreseen(game: Game) -> None:
    said = plan(game.elbow, game.sandbox, "-f", "-", "-o", "json", manifests=[ingress("game-2048", {})])
    mark = game.sandbox.aws.mark()
    game.publish()
    game.published()
    game.elbow.settled()
    (told,) = said.plans("stack")
    assert untrue(told, plan_as_json(KeyPlan(plan=game.elbow.planner.plan(STACK)))) == []
    assert said.operations() == Counter(game.sandbox.aws.calls(mark).mutating) == Counter(CREATE)


def test_an_edit_of_an_attribute_is_one_call_told_and_one_made(game: Game) -> None:
    game.publish()
    game.published()
    game.elbow.settled()
    edited = {PREFIX + "load-balancer-attributes": "idle_timeout.timeout_seconds=120"}
    mark = game.sandbox.aws.mark()
    said = plan(
        game.elbow, game.sandbox, "-f", "-", "-o", "json", "--exit-code", manifests=[ingress("game-2048", edited)]
    )
    assert (said.code, said.json["aws_calls"]) == (2, {"elb-mutating": 1})
    (told,) = said.plans("stack")
    assert [change["fields"] for change in told["changes"]] == [
        [{"field": "attributes.idle_timeout.timeout_seconds", "old": "60", "new": "120"}]
    ]
    game.annotate("load-balancer-attributes", "idle_timeout.timeout_seconds=120")
    until(
        lambda: game.sandbox.aws.calls(mark).mutating == {"ModifyLoadBalancerAttributes": 1},
        what=lambda: f"the attribute to be set\n{game.elbow.report()}",
    )
    game.elbow.settled()
    assert untrue(told, plan_as_json(KeyPlan(plan=game.elbow.planner.plan(STACK)))) == []
    assert plan(game.elbow, game.sandbox, "ingress", "game-2048/ingress-2048", "--exit-code").code == 0


def test_a_broken_annotation_is_told_in_the_words_of_its_event(game: Game) -> None:
    broken = ingress("game-2048", {PREFIX + "scheme": "sideways"})
    said = plan(game.elbow, game.sandbox, "-f", "-", "-o", "json", manifests=[broken])
    assert said.code == 1
    (report,) = said.plans("stack")[0]["reports"]
    game.publish(scheme="sideways")
    events = until(
        lambda: game.sandbox.kube.events("Ingress", "game-2048", "ingress-2048"),
        what=lambda: f"an Event\n{game.elbow.report()}",
    )
    assert any(
        (event["reason"], event["message"].split(" (trace")[0].split(" [trace")[0])
        == (report["reason"], report["message"])
        for event in events
    ), (events, report)
    game.sandbox.kube.delete(INGRESSES, "game-2048", "ingress-2048")
