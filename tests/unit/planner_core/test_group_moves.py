"""Members join, leave, move, break and are repaired in any order: every plan that is applied leaves an empty one, no
call takes away what another object asked for, and a broken member changes nothing for the others, or for itself."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.planner.core.aws import Forward, Rule
from services.planner.core.keys import StackKey
from services.planner.core.objects import Ingress, IngressBackend, IngressPath, IngressRule
from services.planner.core.outcomes import Errored, Planned
from services.planner.core.plans import AwsCall
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World, group_of, network_of_three_zones

PREFIX = "alb.ingress.kubernetes.io/"
SCHEME = f"{PREFIX}scheme"
NAMES = ("a", "b", "c", "d")
GROUPS = (None, "one", "two")

names = st.sampled_from(NAMES)
groups = st.sampled_from(GROUPS)
orders = st.integers(-1, 1)


def annotations(group: str | None, order: int) -> dict[str, str]:
    """Those of a sound member."""
    given = {f"{PREFIX}target-type": "ip", SCHEME: "internet-facing", f"{PREFIX}group.order": str(order)}
    return given if group is None else {**given, f"{PREFIX}group.name": group}


def is_broken(ingress: Ingress) -> bool:
    return ingress.meta.annotations[SCHEME] == "outside"


class Watched(World):
    """A world in which the rules of all but one Ingress have to stand after every single call."""

    touched = ""

    def __init__(self) -> None:
        super().__init__(services={("game", "web"): game.service()}, nodes=game.nodes(), namespace="elbow-system")
        game.with_pods(self, 2)
        self.kept: set[str] = set()

    def call(self, call: AwsCall) -> object:  # type: ignore[override]
        answer = super().call(call)
        assert self.kept <= set(self.served()), (call, self.kept, self.served())
        return answer

    def served(self) -> dict[str, tuple[str, int]]:
        """Stack and priority by the Ingress whose path goes to its own target group."""
        found = {}
        for member in self.inventory.rules.values():
            name = member.conditions[0].values[0].removeprefix("/")
            if self._forwards(member, f"game/{name}-web:80"):
                listener = self.inventory.listeners[member.listener_arn]
                tags = self.inventory.load_balancers[listener.load_balancer_arn].tags or {}
                found[name] = (tags["ingress.k8s.aws/stack"], member.priority)
        return found

    def _forwards(self, found: Rule, resource_id: str) -> bool:
        (action,) = found.actions
        assert isinstance(action, Forward)
        tags = self.inventory.target_groups[action.groups[0].target_group].tags or {}
        return tags["ingress.k8s.aws/resource"] == resource_id


class Groups(RuleBasedStateMachine):
    """Steps of users; after each the controller settles."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Watched()
        self.accepted: dict[str, tuple[StackKey, int]] = {}

    @initialize()
    def begin(self) -> None:
        for name in NAMES[:3]:
            self.appear(name, "one", 0)

    @rule(name=names, group=groups, order=orders)
    def appear(self, name: str, group: str | None, order: int) -> None:
        if name in self.world.ingresses:
            return
        backend = IngressBackend(service_name="web", port=80)
        path = IngressPath(path=f"/{name}", path_type="Exact", backend=backend)
        made = game.ingress(name, annotations=annotations(group, order))
        self.world.ingresses[name] = replace(made, rules=(IngressRule(paths=(path,)),))
        self._settle(name)

    @rule(name=names, group=groups, order=orders)
    def move(self, name: str, group: str | None, order: int) -> None:
        if name not in self.world.ingresses:
            return
        broken = is_broken(self.world.ingresses[name])
        self._annotate(name, {**annotations(group, order), **({SCHEME: "outside"} if broken else {})})

    @rule(name=names)
    def break_(self, name: str) -> None:
        if name not in self.world.ingresses:
            return
        self._annotate(name, {**self.world.ingresses[name].meta.annotations, SCHEME: "outside"})

    @rule(name=names)
    def repair(self, name: str) -> None:
        if name not in self.world.ingresses:
            return
        self._annotate(name, {**self.world.ingresses[name].meta.annotations, SCHEME: "internet-facing"})

    @rule(name=names)
    def delete(self, name: str) -> None:
        if name not in self.world.ingresses:
            return
        game.delete(self.world, name)
        if not self.world.ingresses[name].meta.finalizers:
            del self.world.ingresses[name]
        self._settle(name)
        assert name not in self.world.ingresses
        assert name not in self.world.served()

    @invariant()
    def a_second_plan_is_empty(self) -> None:
        for key in self.world.all_keys():
            outcome = self.world.outcome(key)
            hopeless = isinstance(key, StackKey) and not self._has_accepted(key)
            assert isinstance(outcome, Planned) or (hopeless and isinstance(outcome, Errored)), (key, outcome)
            assert outcome.plan.steps == ()

    @invariant()
    def every_member_is_served_as_it_was_accepted_last(self) -> None:
        expected: dict[StackKey, list[tuple[int, str]]] = {}
        for name, (key, order) in self.accepted.items():
            expected.setdefault(key, []).append((order, name))
        places = {
            name: (key.stack_id, i)
            for key, members in expected.items()
            for i, (_, name) in enumerate(sorted(members), start=1)
        }
        assert self.world.served() == places

    @invariant()
    def nothing_is_left_of_nobody(self) -> None:
        if not self.world.ingresses:
            left = replace(self.world.inventory, targets={}, partial_targets=frozenset())
            assert left == network_of_three_zones()

    def _has_accepted(self, key: StackKey) -> bool:
        return any(home == key for home, _ in self.accepted.values())

    def _annotate(self, name: str, given: dict[str, str]) -> None:
        old = self.world.ingresses[name]
        self.world.ingresses[name] = replace(old, meta=replace(old.meta, annotations=given))
        self._settle(name)

    def _settle(self, touched: str) -> None:
        found = self.world.ingresses.get(touched)
        if found is None or found.meta.deleting:
            self.accepted.pop(touched, None)
        elif not is_broken(found):
            self.accepted[touched] = group_of(found), int(found.meta.annotations[f"{PREFIX}group.order"])
        self.world.kept = set(self.world.served()) - {touched}
        self.world.settle()


TestGroups = Groups.TestCase
TestGroups.settings = settings(deadline=None, max_examples=40, stateful_step_count=20)
