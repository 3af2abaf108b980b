"""Members join, leave, move, break and are repaired in any order: every plan that is applied leaves an empty one, and
no call takes away what another object asked for."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.planner.core.aws import Forward, Rule
from services.planner.core.groups import groups_by_finalizer
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
        super().__init__(services={("game", "web"): game.service()}, nodes=game.nodes())
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
            broken = isinstance(key, StackKey) and self._is_broken(key)
            assert isinstance(outcome, Errored if broken else Planned), (key, outcome)
            assert outcome.plan.steps == ()

    @invariant()
    def every_sound_group_serves_its_members_in_order(self) -> None:
        expected: dict[StackKey, list[Ingress]] = {}
        for ingress in self.world.ingresses.values():
            expected.setdefault(group_of(ingress), []).append(ingress)
        served = self.world.served()
        for key, members in expected.items():
            if not self._is_broken(key):
                ordered = sorted(members, key=_place)
                wanted = {m.meta.name: (key.stack_id, i) for i, m in enumerate(ordered, start=1)}
                assert {n: served.get(n) for n in wanted} == wanted

    @invariant()
    def nothing_is_left_of_nobody(self) -> None:
        if not self.world.ingresses:
            left = replace(self.world.inventory, targets={}, partial_targets=frozenset())
            assert left == network_of_three_zones()

    def _is_broken(self, key: StackKey) -> bool:
        """Whether a member that stands in the group, or has not left it, cannot be understood."""
        return any(
            is_broken(i) and (key == group_of(i) or key in groups_by_finalizer(i))
            for i in self.world.ingresses.values()
        )

    def _annotate(self, name: str, given: dict[str, str]) -> None:
        old = self.world.ingresses[name]
        self.world.ingresses[name] = replace(old, meta=replace(old.meta, annotations=given))
        self._settle(name)

    def _settle(self, touched: str) -> None:
        # Members that were waiting beside a broken one may begin to move with this step; they are their own concern.
        at_home = (i for n, i in self.world.ingresses.items() if n != touched)
        settled = {i.meta.name for i in at_home if [*groups_by_finalizer(i)] == [group_of(i)]}
        self.world.kept = settled & set(self.world.served())
        self.world.settle()


def _place(ingress: Ingress) -> tuple[int, str]:
    return int(ingress.meta.annotations[f"{PREFIX}group.order"]), ingress.meta.name


TestGroups = Groups.TestCase
TestGroups.settings = settings(deadline=None, max_examples=40, stateful_step_count=20)
