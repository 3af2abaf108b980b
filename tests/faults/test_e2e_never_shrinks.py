"""An error never shrinks what runs: what cannot be understood or seen keeps everything it has in AWS.

While what targets are made of is still seen, targets follow the pods; otherwise they stay as they are, and follow when
the view is back. Three processes, one game; AWS's own record says what was changed.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from sandbox.kubernetes.client.resources import DEPLOYMENTS, INGRESSCLASSES, SERVICES
from services.planner.core.annotations.annotation import everything
from services.planner.core.annotations.ingress import CATALOGUE
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import PREFIX, Game
from tests.integration.harness.kube import INGRESSES, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.faults

TARGET_CALLS = ("RegisterTargets", "DeregisterTargets")

BROKEN: Mapping[str, str] = {
    "load-balancer-name": "a-name-of-more-than-32-characters-x",
    "scheme": "public",
    "load-balancer-attributes": "idle_timeout.timeout_seconds",
    "tags": "Team",
    "listen-ports": '[{"TCP": 80}]',
    "target-type": "pod",
    "backend-protocol": "SPDY",
    "backend-protocol-version": "HTTP9",
    "target-group-attributes": "stickiness.enabled",
    "healthcheck-port": "70000",
    "healthcheck-protocol": "TCP",
    "healthcheck-path": "ping",
    "healthcheck-interval-seconds": "4",
    "healthcheck-timeout-seconds": "soon",
    "healthy-threshold-count": "11",
    "unhealthy-threshold-count": "1",
    "success-codes": "fine",
    "target-node-labels": "tier",
}
"""A value for each annotation that nobody can understand."""

NOT_YET: Mapping[str, str] = {
    "certificate-arn": "arn:aws:acm:us-west-2:000000000000:certificate/1",
    "inbound-cidrs": "10.0.0.0/8",
    "group.name": "shared",
    "wafv2-acl-arn": "arn:aws:wafv2:us-west-2:000000000000:regional/webacl/x/1",
}
"""What the specification knows and nobody has built: without it, more would be published than was asked for."""

SEEN_WITHOUT: Mapping[str, str] = {
    "Ingress": "ingresses.networking.k8s.io",
    "IngressClass": "ingressclasses.networking.k8s.io",
    "IngressClassParams": "ingressclassparams.elbv2.k8s.aws",
    "Namespace": "namespaces",
}
"""Kinds that targets are not made of."""

BLIND_WITHOUT: Mapping[str, str] = {
    "EndpointSlice": "endpointslices.discovery.k8s.io",
    "Pod": "pods",
    "Service": "services",
    "Node": "nodes",
    "TargetGroupBinding": "targetgroupbindings.elbv2.k8s.aws",
}
"""Kinds that targets are made of."""


@pytest.fixture(scope="module")
def standing(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """One published game for all cases; each puts right what it broke."""
    game = Game(sandbox=sandbox, elbow=elbow, namespace="standing")
    game.deploy()
    game.publish()
    game.published()
    elbow.settled()
    yield game
    elbow.start_all()
    game.remove()


@pytest.fixture(autouse=True)
def only_targets_change(standing: Game) -> Iterator[None]:
    """In none of these cases anything but targets may change, from beginning to end; then all is as it was."""
    mark = standing.sandbox.aws.mark()
    yield
    standing.elbow.start_all()
    standing.scale(2)
    standing.follows(2)
    standing.elbow.settled()
    assert standing.sandbox.aws.calls(mark).besides(*TARGET_CALLS) == {}


def available(game: Game, count: int) -> None:
    """Waits until so many pods are available. Asks for one object, which no refused list is in the way of."""

    def replicas() -> int:
        found = game.kube.the(DEPLOYMENTS, game.namespace, "deployment-2048")
        return int(found.get("status", {}).get("availableReplicas", 0))

    until(replicas, holds=lambda seen: seen == count, what=f"{count} available pods")


def has_targets(game: Game, arn: str, count: int) -> None:
    until(
        lambda: game.sandbox.aws.targets(arn),
        holds=lambda seen: len(seen) == count,
        what=lambda: f"{count} targets\n{game.elbow.report()}",
    )


def warned(game: Game, *parts: str) -> Object:
    """Waits for a Warning Event about the Ingress, of its present generation, whose message has all these parts."""

    def fitting() -> list[Object]:
        return [e for e in game.warnings() if all(part in e["message"] for part in parts)]

    return until(fitting, what=lambda: f"a Warning with {parts} among {[e['message'] for e in game.warnings()]}")[-1]


@contextmanager
def annotated(game: Game, annotation: str, value: str) -> Iterator[None]:
    """The Ingress has the annotation inside the block, and what it had before after it."""
    before = game.kube.the(INGRESSES, game.namespace, "ingress-2048")["metadata"]["annotations"]
    game.annotate(annotation, value)
    try:
        yield
    finally:
        game.annotate(annotation, before.get(PREFIX + annotation))


def state(game: Game, wanted: str) -> None:
    until(
        game.stack_state,
        holds=lambda seen: seen == wanted,
        what=lambda: f"the stack to be {wanted}\n{game.elbow.status()[1]}\n{game.elbow.report()}",
    )


def test_every_annotation_that_is_built_is_broken_here() -> None:
    built = {name for name, a in CATALOGUE.items() if a.supports is everything}
    assert built - {"manage-backend-security-group-rules"} <= BROKEN.keys()


@pytest.mark.parametrize(
    ("annotation", "value"), [pytest.param(n, v, id=n) for n, v in [*BROKEN.items(), *NOT_YET.items()]]
)
def test_what_cannot_be_understood_keeps_what_it_has(standing: Game, annotation: str, value: str) -> None:
    reason = "NotSupportedYet" if annotation in NOT_YET else "InvalidAnnotation"
    with annotated(standing, annotation, value):
        event = warned(standing, PREFIX + annotation, value, reason)
        assert event["reason"] == "FailedBuildModel"
        state(standing, "errored")
        standing.scale(3)
        standing.follows(3)
    state(standing, "ready")


def test_a_service_that_cannot_be_understood_is_told_so_itself(standing: Game) -> None:
    key = PREFIX + "healthcheck-path"
    standing.kube.annotate(SERVICES, standing.namespace, "service-2048", **{key: "ping"})
    try:
        said = until(
            lambda: [
                e for e in standing.kube.events("Service", standing.namespace, "service-2048") if key in e["message"]
            ],
            what="a Warning about the Service",
        )
        assert (said[-1]["type"], said[-1]["reason"]) == ("Warning", "FailedBuildModel")
        assert "ping" in said[-1]["message"]
        state(standing, "errored")
        standing.scale(3)
        standing.follows(3)
    finally:
        standing.kube.annotate(SERVICES, standing.namespace, "service-2048", **{key: None})
    state(standing, "ready")


def test_an_unknown_annotation_is_named_with_its_nearest_known_one_and_stops_nothing(standing: Game) -> None:
    with annotated(standing, "sheme", "internal"):
        event = warned(standing, PREFIX + "sheme", "scheme")
        assert event["reason"] == "UnknownAnnotation"
        standing.scale(3)
        standing.follows(3)
        standing.elbow.settled()
        state(standing, "ready")
        said = [e for e in standing.warnings() if e["reason"] == "UnknownAnnotation"]
        assert [e.get("count", 1) for e in said] == [1]


def test_a_deleted_class_keeps_what_its_ingresses_have(standing: Game) -> None:
    ingress_class = standing.kube.the(INGRESSCLASSES, "", "alb")
    standing.kube.delete(INGRESSCLASSES, "", "alb")
    try:
        warned(standing, "alb")
        state(standing, "errored")
        standing.scale(3)
        standing.follows(3)
    finally:
        spec = ingress_class["spec"]
        standing.kube.apply(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "IngressClass",
                "metadata": {"name": "alb"},
                "spec": {"controller": spec["controller"]},
            }
        )
    state(standing, "ready")


def kind_is(game: Game, kind: str, wanted: str) -> None:
    """Waits until the planner knows that of the kind."""

    def looked() -> str:
        status = game.elbow.planner.status()
        return next((k.state for k in status.kinds if k.kind == kind), "") if status is not None else ""

    until(looked, holds=lambda seen: seen == wanted, what=f"{kind} to be {wanted}")


@pytest.fixture
def own_api_server(sandbox: Sandbox) -> None:
    """Rights can be taken away only where our own API server serves."""
    if sandbox.has_real_api_server:
        pytest.skip("a real API server has no switch for rights")


@pytest.mark.usefixtures("own_api_server")
@pytest.mark.parametrize("kind", SEEN_WITHOUT)
def test_without_the_right_to_see_a_kind_targets_still_follow(standing: Game, kind: str) -> None:
    arn = standing.target_group()
    with standing.kube.refusing(SEEN_WITHOUT[kind], "list", "watch"):
        kind_is(standing, kind, "refused")
        standing.scale(3)
        available(standing, 3)
        has_targets(standing, arn, 3)
    kind_is(standing, kind, "synced")
    state(standing, "ready")


@pytest.mark.usefixtures("own_api_server")
@pytest.mark.parametrize("kind", BLIND_WITHOUT)
def test_without_the_right_to_see_what_targets_are_made_of_they_stay_and_follow_later(
    standing: Game, kind: str
) -> None:
    arn, mark = standing.target_group(), standing.sandbox.aws.mark()
    with standing.kube.refusing(BLIND_WITHOUT[kind], "list", "watch"):
        kind_is(standing, kind, "refused")
        standing.scale(1)
        available(standing, 1)
        standing.elbow.settled()
        assert standing.sandbox.aws.calls(mark).mutating == {}
        has_targets(standing, arn, 2)
    has_targets(standing, arn, 1)
    kind_is(standing, kind, "synced")
    state(standing, "ready")


@pytest.mark.usefixtures("own_api_server")
@pytest.mark.parametrize("kind", ["Ingress", "IngressClass", "Service", "EndpointSlice", "TargetGroupBinding"])
def test_a_restart_without_the_right_to_see_a_kind_takes_nothing_away(standing: Game, kind: str) -> None:
    arn, mark = standing.target_group(), standing.sandbox.aws.mark()
    with standing.kube.refusing({**SEEN_WITHOUT, **BLIND_WITHOUT}[kind], "list", "watch"):
        standing.elbow.restart_all()
        kind_is(standing, kind, "refused")
        standing.elbow.filled()
        assert standing.sandbox.aws.calls(mark).mutating == {}
        standing.scale(3)
        available(standing, 3)
        if kind in SEEN_WITHOUT:
            has_targets(standing, arn, 3)
        standing.elbow.settled()
        assert standing.sandbox.aws.calls(mark).besides("RegisterTargets") == {}
    has_targets(standing, arn, 3)
    state(standing, "ready")


def test_a_paused_watcher_leaves_targets_as_they_are_and_they_follow_later(standing: Game) -> None:
    mark, watcher = standing.sandbox.aws.mark(), standing.elbow.processes["watcher"]
    watcher.pause()
    try:
        standing.scale(1)
        available(standing, 1)
        assert standing.sandbox.aws.calls(mark).mutating == {}
    finally:
        watcher.resume()
    standing.follows(1)


def test_a_dead_watcher_leaves_targets_as_they_are_and_they_follow_later(standing: Game) -> None:
    mark = standing.sandbox.aws.mark()
    standing.elbow.kill("watcher")
    until(lambda: standing.elbow.said("planner", "watcher is down"), what="the planner to say so")
    code, words = standing.elbow.status()
    assert code == 1
    assert re.search(r"watcher\s+not connected", words), words
    standing.scale(1)
    available(standing, 1)
    assert standing.sandbox.aws.calls(mark).mutating == {}
    standing.elbow.start("watcher")
    standing.follows(1)
    standing.elbow.in_sync()


def test_a_dead_planner_is_made_up_for_when_it_is_back(standing: Game) -> None:
    mark = standing.sandbox.aws.mark()
    standing.elbow.kill("planner")
    code, words = standing.elbow.status()
    assert code == 1
    assert "planner" in words
    assert "Traceback" not in words
    standing.scale(3)
    available(standing, 3)
    assert standing.sandbox.aws.calls(mark).mutating == {}
    standing.elbow.start("planner")
    standing.follows(3)


def test_a_dead_executor_is_said_and_made_up_for_when_it_is_back(standing: Game) -> None:
    mark = standing.sandbox.aws.mark()
    standing.elbow.kill("executor")
    until(lambda: standing.elbow.said("planner", "executor is down"), what="the planner to say so")
    code, words = standing.elbow.status()
    assert code == 1
    assert re.search(r"executor\s+not connected", words), words
    standing.scale(1)
    available(standing, 1)
    assert standing.sandbox.aws.calls(mark).mutating == {}
    standing.elbow.start("executor")
    standing.follows(1)


def test_an_outage_of_aws_is_said_and_made_up_for(standing: Game) -> None:
    arn, url = standing.target_group(), standing.sandbox.aws.url
    with standing.sandbox.aws.down():
        standing.scale(1)  # not up: the kubelet could give new pods no address
        available(standing, 1)
        _, words = until(
            standing.elbow.status,
            holds=lambda seen: url in seen[1],
            what=lambda: f"an error in the status\n{standing.elbow.report()}",
        )
        assert "waiting" in words
        assert standing.elbow.said("planner", url)
        assert standing.elbow.said("executor", url)
    has_targets(standing, arn, 1)
    state(standing, "ready")
