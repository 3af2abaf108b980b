"""Groups that hold nobody hostage, and plans that wait for somebody's word: three processes, AWS's record."""

from collections.abc import Iterator

import pytest

from sandbox.kubernetes.client.resources import SERVICES
from services.planner.core.guard.holding import APPROVE
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import PREFIX, Game, ingress
from tests.integration.harness.kube import BINDINGS, CONFIGMAPS, INGRESSES, Object
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

GROUP = "hostages"


def member(namespace: str, name: str, path: str, **annotations: str) -> Object:
    given = {f"{PREFIX}{key.replace('_', '-')}": value for key, value in annotations.items()}
    made = ingress(namespace, {f"{PREFIX}group.name": GROUP, **given})
    (rule,) = made["spec"]["rules"]
    (only,) = rule["http"]["paths"]
    spec = {**made["spec"], "rules": [{"http": {"paths": [{**only, "path": path, "pathType": "Exact"}]}}]}
    return {**made, "metadata": {**made["metadata"], "name": name}, "spec": spec}


def paths(game: Game) -> list[str]:
    """Paths of the group's rules, in their order."""
    elb = game.sandbox.aws.client("elbv2")
    found = []
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            own = [r for r in rules if not r["IsDefault"]]
            found += [(int(r["Priority"]), r["Conditions"][0]["PathPatternConfig"]["Values"][0]) for r in own]
    return [path for _, path in sorted(found)]


def routed(game: Game, *wanted: str) -> None:
    until(
        lambda: paths(game),
        holds=lambda seen: seen == [*wanted],
        what=lambda: f"the rules {wanted}\n{game.elbow.report()}",
    )


def warned(game: Game, name: str) -> list[str]:
    events = game.kube.events("Ingress", game.namespace, name)
    return [e["message"] for e in events if e["type"] == "Warning"]


def kept(game: Game) -> list[Object]:
    return [c for c in game.kube.all(CONFIGMAPS, "kube-system") if c["metadata"]["name"].startswith("elbow-stack-")]


@pytest.fixture
def three(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """A group of three that is served."""
    game = Game(sandbox=sandbox, elbow=elbow, namespace="hostages")
    game.deploy(2)
    game.kube.apply(*(member(game.namespace, name, f"/{name}") for name in "abc"))
    routed(game, "/a", "/b", "/c")
    elbow.settled()
    yield game
    for name in "abc":
        if game.kube.get(INGRESSES, game.namespace, name) is not None:
            game.kube.delete(INGRESSES, game.namespace, name)
    until(lambda: not game.kube.all(INGRESSES, game.namespace), what=lambda: f"all to be gone\n{elbow.report()}")
    assert kept(game) == []
    game.remove()


def test_a_bad_member_stays_as_it_was_over_a_restart_and_holds_nobody_up(three: Game) -> None:
    namespace = three.namespace
    assert len(kept(three)) == 1
    three.kube.apply(member(namespace, "b", "/second", healthcheck_interval_seconds="soon"))
    until(lambda: warned(three, "b"), what="the bad member to be warned")
    three.kube.apply(member(namespace, "a", "/first"))
    routed(three, "/first", "/b", "/c")
    assert "healthcheck-interval-seconds" in warned(three, "b")[0]
    assert warned(three, "a") == warned(three, "c") == []

    three.elbow.restart_all()
    three.elbow.settled()
    mark = three.sandbox.aws.mark()
    three.kube.apply(member(namespace, "c", "/third"))
    routed(three, "/first", "/b", "/third")
    assert set(three.sandbox.aws.calls(mark).mutating) == {"ModifyRule"}

    three.kube.delete(INGRESSES, namespace, "a")
    until(lambda: three.kube.get(INGRESSES, namespace, "a") is None, what="a sibling to be gone")
    routed(three, "/b", "/third")

    three.kube.apply(member(namespace, "b", "/second", healthcheck_interval_seconds="20"))
    routed(three, "/second", "/third")


def test_the_younger_of_two_that_contradict_each_other_gives_way(three: Game) -> None:
    namespace = three.namespace
    three.kube.apply(member(namespace, "a", "/a", tags="team=x"))
    three.elbow.settled()
    three.kube.apply(member(namespace, "c", "/third", tags="team=y"))

    (message,) = until(lambda: warned(three, "c"), what="the younger member to be warned")

    assert f"Ingress/{namespace}/a" in message
    three.elbow.settled()
    assert paths(three) == ["/a", "/b", "/c"]


def test_healthy_targets_stay_until_somebody_approves_though_their_service_selects_nobody(game: Game) -> None:
    game.publish()
    game.published()
    game.elbow.settled()
    before = game.targets()

    game.kube.patch(SERVICES, game.namespace, "service-2048", {"spec": {"selector": {"app.kubernetes.io/name": "x"}}})
    until(game.stack_state, holds=lambda state: state == "held", what=lambda: f"a held plan\n{game.elbow.report()}")
    game.elbow.settled()
    assert game.targets() == before
    binding = game.binding()["metadata"]["name"]
    events = game.kube.events("TargetGroupBinding", game.namespace, binding)
    (message,) = (e["message"] for e in events if e["reason"] == "PlanHeld")
    digest = message.partition(f"{APPROVE}=")[2][:12]

    game.kube.annotate(BINDINGS, game.namespace, binding, **{APPROVE: digest})
    until(game.targets, holds=lambda left: not left, what=lambda: f"the targets to go\n{game.elbow.report()}")
