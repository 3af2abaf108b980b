"""The index that the store keeps with every change is the one that looking through the whole inventory makes."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.planner.core.aws import Inventory, LoadBalancer, SecurityGroup, TargetGroup
from services.planner.core.index import index_of
from services.planner.core.inputs import Cluster
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.plans import AwsCall
from services.planner.core.updates import Record, RecordKind, Remove, Update, Upsert, record_id
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.store import Store
from tests.unit.planner_core import game
from tests.unit.planner_core.simulated import CLUSTER

KEYS = [StackKey(kind=StackKind.INGRESS, namespace="game", name=name) for name in ("front", "back")]
_TAGS = st.sampled_from(
    [
        {},
        {"elbv2.k8s.aws/cluster": CLUSTER.name, "elbv2.k8s.aws/resource": "backend-sg"},
        *(
            {"elbv2.k8s.aws/cluster": cluster, "ingress.k8s.aws/stack": key.stack_id, "ingress.k8s.aws/resource": what}
            for cluster in (CLUSTER.name, "other")
            for key in KEYS
            for what in ("LoadBalancer", "a", "b")
        ),
    ]
)


def standing() -> Inventory:
    world = game.world()
    world.settle()
    return world.inventory


STANDING = standing()
_KINDS = {
    RecordKind.LOAD_BALANCER: next(iter(STANDING.load_balancers.values())),
    RecordKind.TARGET_GROUP: next(iter(STANDING.target_groups.values())),
    RecordKind.SECURITY_GROUP: next(iter(STANDING.security_groups.values())),
}


@st.composite
def updates(draw: st.DrawFn) -> Update:
    kind = draw(st.sampled_from(sorted(_KINDS)))
    number = draw(st.integers(0, 3))
    template: Any = _KINDS[kind]
    # Names of load balancers and target groups are held once; those of security groups once in each VPC.
    named = number if kind is not RecordKind.SECURITY_GROUP else draw(st.integers(0, 1))
    identity = {"id": f"sg-{number}"} if isinstance(template, SecurityGroup) else {"arn": f"arn:{number}"}
    record: Record = replace(template, name=f"name-{named}", tags=draw(_TAGS), **identity)
    assert isinstance(record, LoadBalancer | TargetGroup | SecurityGroup)
    return Upsert(record=record) if draw(st.booleans()) else Remove(kind=kind, id=record_id(record))


@given(made=st.lists(updates(), max_size=12))
def test_the_kept_index_is_the_one_that_is_looked_up(made: list[Update]) -> None:
    store = Store(cluster_name=CLUSTER.name, lifetimes=Lifetimes(), clock=lambda: 0.0)
    call = AwsCall(service="elbv2", operation="Any", parameters={})
    for update in made:
        store.own(lambda *_, one=update: (one,), call, {}, ended=0)
    cluster = Cluster(name=CLUSTER.name, region="r", vpc_id="v")
    for key in KEYS:
        kept = store.view(key)
        assert kept.index == index_of(replace(kept, index=None), cluster, key)
