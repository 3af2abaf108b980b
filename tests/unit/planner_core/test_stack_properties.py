"""What holds for any Ingress: an applied plan leaves an empty one, input order is nothing, deletion leaves nothing."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.planner.core.encoding import plan_bytes
from services.planner.core.objects import Ingress, IngressBackend, IngressPath, IngressRule
from services.planner.core.outcomes import Planned
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import World, network_of_three_zones

PREFIX = "alb.ingress.kubernetes.io/"
SERVICES = ("web", "api", "missing")

backends = st.builds(IngressBackend, service_name=st.sampled_from(SERVICES), port=st.just(80))
paths = st.builds(
    IngressPath,
    path=st.sampled_from(["/", "/a", "/a/b", "/c/", "/d"]),
    path_type=st.sampled_from(["Prefix", "Exact", "ImplementationSpecific"]),
    backend=backends,
)
rules = st.builds(
    IngressRule,
    host=st.sampled_from(["", "www.example.com", "api.example.com"]),
    http=st.booleans(),
    paths=st.lists(paths, max_size=4).map(tuple),
)
annotations = st.fixed_dictionaries(
    {},
    optional={
        "target-type": st.sampled_from(["ip", "instance"]),
        "listen-ports": st.sampled_from(['[{"HTTP": 80}]', '[{"HTTP": 80}, {"HTTP": 8080}]']),
        "load-balancer-attributes": st.sampled_from(
            ["idle_timeout.timeout_seconds=120", "routing.http2.enabled=false"]
        ),
        "target-group-attributes": st.sampled_from(["slow_start.duration_seconds=30", "stickiness.enabled=true"]),
        "healthcheck-path": st.sampled_from(["/healthz", "/ready"]),
        "healthcheck-interval-seconds": st.sampled_from(["10", "20"]),
        "success-codes": st.sampled_from(["200", "200-299"]),
        "tags": st.sampled_from(["team=a", "team=b,env=test"]),
        "enable-frontend-nlb": st.sampled_from(["true", "false"]),
        "frontend-nlb-listener-port-mapping": st.sampled_from(["80=80", "81=80", "80=8080,8080=80"]),
    },
).map(lambda found: {f"{PREFIX}{k}": v for k, v in found.items()})


@st.composite
def ingresses(draw: st.DrawFn) -> Ingress:
    base = game.ingress(annotations=draw(annotations))
    return replace(
        base,
        rules=tuple(draw(st.lists(rules, max_size=3))),
        default_backend=draw(st.none() | backends),
    )


def world_with(ingress: Ingress) -> World:
    world = World(
        ingresses={"front": ingress},
        services={("game", n): game.service(n) for n in ("web", "api")},
        nodes=game.nodes(),
    )
    for name in ("web", "api"):
        game.with_pods(world, 2, name)
    return world


def edited(world: World, ingress: Ingress) -> None:
    old = world.ingresses["front"]
    meta = replace(old.meta, annotations=ingress.meta.annotations, generation=old.meta.generation + 1)
    world.ingresses["front"] = replace(ingress, meta=meta, load_balancer=old.load_balancer)


def plans(world: World) -> list[bytes]:
    outcomes = [world.outcome(k) for k in world.all_keys()]
    return [plan_bytes(o.plan) for o in outcomes if isinstance(o, Planned)]


@given(first=ingresses(), second=ingresses())
@settings(deadline=None)
def test_any_edit_settles_and_the_state_does_not_remember_the_way(first: Ingress, second: Ingress) -> None:
    world = world_with(first)
    world.settle()
    edited(world, second)
    world.settle()
    straight = world_with(second)
    straight.settle()
    assert shape(world) == shape(straight)


@given(ingress=ingresses())
@settings(deadline=None)
def test_the_same_input_gives_the_same_bytes_in_any_order(ingress: Ingress) -> None:
    world, mirrored = world_with(ingress), world_with(ingress)
    mirrored.services = dict(reversed(list(mirrored.services.items())))
    mirrored.pods = dict(reversed(list(mirrored.pods.items())))
    mirrored.nodes = dict(reversed(list(mirrored.nodes.items())))
    subnets = dict(reversed(list(mirrored.inventory.subnets.items())))
    mirrored.inventory = replace(mirrored.inventory, subnets=subnets)
    meta = mirrored.ingresses["front"].meta
    turned = replace(meta, annotations=dict(reversed(list(meta.annotations.items()))))
    mirrored.ingresses["front"] = replace(mirrored.ingresses["front"], meta=turned)
    assert plans(world) == plans(mirrored)


@given(ingress=ingresses())
@settings(deadline=None)
def test_deletion_leaves_nothing(ingress: Ingress) -> None:
    world = world_with(ingress)
    world.settle()
    game.delete(world)
    world.settle()
    assert world.ingresses == {}
    assert replace(world.inventory, targets={}, partial_targets=frozenset()) == network_of_three_zones()


def shape(world: World) -> object:
    """The AWS state without what depends on the way: ARNs, ids, and attributes that nobody asks for any more."""
    inventory = world.inventory
    # A target group of load balancers has another name where it took the place of one with another target.
    names = {
        g.arn: g.name if g.target_type != "alb" else str((g.tags or {})["ingress.k8s.aws/resource"])
        for g in inventory.target_groups.values()
    }
    balancer_names = {b.arn: b.name for b in inventory.load_balancers.values()}
    listeners = {
        s.arn: (s.port, s.protocol, _named(repr(s.default_actions), names)) for s in inventory.listeners.values()
    }
    rules_ = sorted(
        (
            listeners[r.listener_arn],
            r.priority,
            r.conditions,
            _named(repr(r.actions), names),
            sorted((r.tags or {}).items()),
        )
        for r in inventory.rules.values()
    )
    groups = sorted(
        (
            names[g.arn],
            g.target_type,
            repr(g.health_check),
            sorted((g.tags or {}).items()),
            sorted((balancer_names.get(t.id, t.id), t.port) for t in inventory.targets[g.arn]),
        )
        for g in inventory.target_groups.values()
    )
    balancers = sorted((b.name, b.subnets, sorted((b.tags or {}).items())) for b in inventory.load_balancers.values())
    opened = sorted(
        (g.name, sorted((p.protocol, p.from_port, p.to_port, p.cidr) for p in g.permissions))
        for g in inventory.security_groups.values()
    )
    return sorted(listeners.values()), rules_, groups, balancers, opened, sorted(b.name for b in world.bindings)


def _named(text: str, names: dict[str, str]) -> str:
    for arn, name in names.items():
        text = text.replace(arn, name)
    return text
