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
from services.planner.core.annotations.ingress import CATALOGUE, find
from services.planner.core.annotations.ingress.routing import ACTIONS
from services.planner.core.annotations.values import string
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import PREFIX, Game
from tests.integration.harness.kube import INGRESSES, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.faults

TARGET_CALLS = ("RegisterTargets", "DeregisterTargets")

BROKEN: Mapping[str, Mapping[str, str]] = {
    "its group": {"group.name": "Nobody's group"},
    "the load balancer": {
        "group.order": "1001",
        "load-balancer-name": "a-name-of-more-than-32-characters-x",
        "scheme": "public",
        "ip-address-type": "ipv5",
        "customer-owned-ipv4-pool": "",
        "load-balancer-attributes": "idle_timeout.timeout_seconds",
        "minimum-load-balancer-capacity": "Units",
        "tags": "Team",
        "manage-backend-security-group-rules": "perhaps",
        "shield-advanced-protection": "maybe",
    },
    "its subnets": {"subnets": "subnet-of-nobody"},
    "its security groups": {"security-groups": "group-of-nobody"},
    "its firewall": {"wafv2-acl-name": "acl-of-nobody"},
    "listeners": {
        "listen-ports": '[{"TCP": 80}]',
        "listener-attributes.HTTP-80": "x",
        "inbound-cidrs": "10.0.0.0/33",
        "security-group-prefix-lists": "list-of-nobody",
        "certificate-arn": "a-certificate",
        "create-acm-cert": "yes please",
        "acm-pca-arn": "an-authority",
        "ssl-policy": "",
        "ssl-redirect": "x",
        "mutual-authentication": "{}",
    },
    "who may pass": {
        "auth-type": "basic",
        "auth-idp-cognito": "{}",
        "auth-idp-oidc": "issuer",
        "auth-on-unauthenticated-request": "maybe",
        "auth-session-timeout": "0",
        "jwt-validation": "{}",
    },
    "rules": {
        "conditions.service-2048": "[{}]",
        "transforms.service-2048": "[{}]",
        "use-regex-path-match": "perhaps",
    },
    "target groups": {
        "target-type": "pod",
        "backend-protocol": "SPDY",
        "backend-protocol-version": "HTTP9",
        "target-group-attributes": "stickiness.enabled",
        "target-node-labels": "tier",
        "multi-cluster-target-group": "perhaps",
        "target-control-port.service-2048.80": "x",
    },
    "health checks": {
        "healthcheck-port": "70000",
        "healthcheck-protocol": "TCP",
        "healthcheck-path": "ping",
        "healthcheck-interval-seconds": "4",
        "healthcheck-timeout-seconds": "soon",
        "healthy-threshold-count": "11",
        "unhealthy-threshold-count": "1",
        "success-codes": "fine",
    },
    "the network load balancer in front": {
        "enable-frontend-nlb": "perhaps",
        "frontend-nlb-scheme": "public",
        "frontend-nlb-listener-port-mapping": "80",
        "frontend-nlb-attributes": "x",
        "frontend-nlb-tags": "Team",
        "frontend-nlb-healthcheck-port": "70000",
        "frontend-nlb-healthcheck-protocol": "TCP",
        "frontend-nlb-healthcheck-path": "ping",
        "frontend-nlb-healthcheck-success-codes": "fine",
        "frontend-nlb-healthcheck-interval-seconds": "4",
        "frontend-nlb-healthcheck-timeout-seconds": "soon",
        "frontend-nlb-healthcheck-healthy-threshold-count": "11",
        "frontend-nlb-healthcheck-unhealthy-threshold-count": "1",
    },
    "subnets of the one in front": {"frontend-nlb-subnets": "subnet-of-nobody"},
    "security groups of the one in front": {"frontend-nlb-security-groups": "group-of-nobody"},
    "addresses of the one in front": {"frontend-nlb-eip-allocations": "eipalloc-of-nobody"},
}
"""Values that nobody can understand, or that name nothing: several at once, as long as each is found beside the
others."""

NEEDED: Mapping[str, Mapping[str, str]] = {
    what: {"enable-frontend-nlb": "true"} for what in BROKEN if what.endswith("of the one in front")
}
"""Good annotations without which the broken ones are not read."""

REASONS: Mapping[str, str] = {
    "subnets": "SubnetsNotFound",
    "security-groups": "SecurityGroupNotFound",
    "wafv2-acl-name": "WebAclNotFound",
    "frontend-nlb-subnets": "SubnetsNotFound",
    "frontend-nlb-security-groups": "SecurityGroupNotFound",
}
"""Where the reason is another one than that the annotation is invalid."""

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
def annotated(game: Game, annotations: Mapping[str, str]) -> Iterator[None]:
    """The Ingress has the annotations inside the block, and what it had before after it."""
    before = game.kube.the(INGRESSES, game.namespace, "ingress-2048")["metadata"]["annotations"]
    keys = {PREFIX + name: value for name, value in annotations.items()}
    game.kube.annotate(INGRESSES, game.namespace, "ingress-2048", **keys)
    try:
        yield
    finally:
        game.kube.annotate(INGRESSES, game.namespace, "ingress-2048", **{key: before.get(key) for key in keys})


def state(game: Game, wanted: str) -> None:
    until(
        game.stack_state,
        holds=lambda seen: seen == wanted,
        what=lambda: f"the stack to be {wanted}\n{game.elbow.status()[1]}\n{game.elbow.report()}",
    )


def test_every_annotation_that_is_built_is_broken_here() -> None:
    broken = {name for annotations in BROKEN.values() for name in annotations}
    families = {annotation.name for annotation in map(find, broken) if annotation is not None}
    # Any text is a value of these, and of an action there is a case of its own.
    left = {name for name, a in CATALOGUE.items() if a.supports is everything and a.parse is not string}
    assert left - families == {ACTIONS.name}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_understood_keeps_what_it_has(standing: Game, what: str) -> None:
    with annotated(standing, {**NEEDED.get(what, {}), **BROKEN[what]}):
        for annotation in BROKEN[what]:
            reason = REASONS.get(annotation, "InvalidAnnotation")
            assert warned(standing, f"{reason}: ", PREFIX + annotation)["reason"] == "FailedBuildModel"
        state(standing, "errored")
        standing.scale(3)
        standing.follows(3)
    state(standing, "ready")


def test_an_action_that_cannot_be_understood_keeps_what_there_is(standing: Game) -> None:
    (rule,) = standing.kube.the(INGRESSES, standing.namespace, "ingress-2048")["spec"]["rules"]
    acting = {"service": {"name": "broken", "port": {"name": "use-annotation"}}}
    path = {"path": "/acting", "pathType": "Prefix", "backend": acting}
    more = {"http": {"paths": [path, *rule["http"]["paths"]]}}
    with annotated(standing, {f"{ACTIONS.name}broken": "{"}):
        standing.kube.patch(INGRESSES, standing.namespace, "ingress-2048", {"spec": {"rules": [more]}})
        warned(standing, "InvalidAnnotation: ", f"{ACTIONS.key}broken")
        state(standing, "errored")
        standing.scale(3)
        standing.follows(3)
        standing.kube.patch(INGRESSES, standing.namespace, "ingress-2048", {"spec": {"rules": [rule]}})
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
    with annotated(standing, {"sheme": "internal"}):
        event = warned(standing, PREFIX + "sheme", "scheme")
        assert event["reason"] == "UnknownAnnotation"
        standing.scale(3)
        standing.follows(3)
        standing.elbow.settled()
        state(standing, "ready")
        said = [e for e in standing.warnings() if PREFIX + "sheme" in e["message"]]
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
