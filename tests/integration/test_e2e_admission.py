"""Admission with a cluster around it: gates by intent, denials in the API server's words, a watcher that is down."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.kubernetes.client.resources import NAMESPACES, PODS
from tests.integration.harness.admission import (
    BINDING_DEFAULTS,
    BINDING_RULES,
    INGRESS_RULES,
    INJECT_LABEL,
    POD_GATES,
    admission,
)
from tests.integration.harness.elbow import Elbow, running_elbow
from tests.integration.harness.game import Game, deployment, ingress
from tests.integration.harness.http import RefusedError
from tests.integration.harness.kube import BINDINGS, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

GATE = "target-health.elbv2.k8s.aws/"
_OF_THE_GAME = {"kubernetes.io/metadata.name": "game-2048"}
_WEBHOOKS = (
    POD_GATES,
    *(replace(webhook, namespaces=_OF_THE_GAME) for webhook in (BINDING_DEFAULTS, BINDING_RULES, INGRESS_RULES)),
)


@pytest.fixture(scope="module")
def elbow(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elbow]:
    """The three services, with webhooks that the API server asks."""
    folder = tmp_path_factory.mktemp("elbow")
    with running_elbow(sandbox, folder / "elbow") as running:
        running.filled()
        with admission(sandbox, running, folder, _WEBHOOKS):
            yield running


def gates(pod: Object) -> list[str]:
    return [gate["conditionType"] for gate in pod["spec"].get("readinessGates", [])]


def is_ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def gated(game: Game) -> list[Object]:
    return [pod for pod in game.kube.all(PODS, game.namespace) if gates(pod)]


def inject(game: Game) -> None:
    """Gates for the pods of the game's namespace from now on."""
    game.kube.patch(NAMESPACES, "", game.namespace, {"metadata": {"labels": {INJECT_LABEL: "enabled"}}})


def test_a_pod_that_is_made_before_its_target_group_has_a_gate_and_becomes_ready(game: Game) -> None:
    inject(game)
    hold = game.sandbox.aws.hold(operation="CreateTargetGroup")
    game.publish()
    game.sandbox.aws.held(hold)
    assert game.kube.all(BINDINGS, game.namespace) == []
    game.scale(3)
    (waiting,) = until(lambda: gated(game), what=lambda: f"a pod with a gate\n{game.elbow.report()}")
    assert not is_ready(waiting)
    game.sandbox.aws.let_go()
    game.published()
    assert gates(waiting) == [GATE + game.binding()["metadata"]["name"]]
    until(lambda: [is_ready(pod) for pod in gated(game)], holds=lambda seen: seen == [True], what="the pod to be ready")
    game.follows(3)
    game.elbow.settled()


def test_while_the_watcher_is_down_pods_go_in_without_gates(game: Game) -> None:
    inject(game)
    game.publish()
    game.published()
    game.elbow.settled()
    game.elbow.kill("watcher")
    game.scale(3)
    game.pods_ready(3)
    assert gated(game) == []
    game.elbow.start("watcher")
    game.elbow.in_sync()
    game.follows(3)


def test_what_cannot_be_is_refused_in_the_words_of_the_webhook(game: Game) -> None:
    unnamed = {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": {"namespace": game.namespace, "name": "unnamed"},
        "spec": {"targetType": "ip", "serviceRef": {"name": "service-2048", "port": 80}},
    }
    with pytest.raises(RefusedError) as refusal:
        game.kube.apply(unnamed)
    assert (
        r"admission webhook \"mtargetgroupbinding.elbv2.k8s.aws\" denied the request: "
        "neither spec.targetGroupARN nor spec.targetGroupName says which target group it is"
    ) in str(refusal.value)
    of_no_class = ingress(game.namespace, {})
    of_no_class["spec"]["ingressClassName"] = "nobody"
    with pytest.raises(RefusedError) as refusal:
        game.kube.apply(of_no_class)
    assert (
        r"admission webhook \"vingress.elbv2.k8s.aws\" denied the request: "
        r"spec.ingressClassName: there is no IngressClass \"nobody\""
    ) in str(refusal.value)


def test_a_second_binding_of_a_target_group_is_refused_and_the_stack_goes_on(game: Game) -> None:
    game.publish()
    game.published()
    spec = {"serviceRef": {"name": "service-2048", "port": 80}, "targetGroupARN": game.target_group()}
    second = {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": {"namespace": game.namespace, "name": "second"},
        "spec": spec,
    }
    with pytest.raises(RefusedError, match="has a binding already"):
        game.kube.apply(second)
    game.kube.apply(deployment(game.namespace, 3))
    game.follows(3)
    game.elbow.settled()
