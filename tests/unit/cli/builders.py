"""Answers of a planner with everything in order, of which a test changes what it is about."""

from collections.abc import Mapping

from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as wire


def a_status(**changes: object) -> wire.GetStatusResponse:
    """A leader that has nothing to do."""
    settled: dict[str, object] = {
        "in_sync": True,
        "identity": "elbow-up-here-1",
        "leader": True,
        "epoch": 3,
        "kinds": [wire.KindStatus(kind="Ingress", state="synced", objects=1)],
        "watcher": wire.LinkStatus(address="127.0.0.1:4001", connected=True),
        "executor": wire.LinkStatus(address="127.0.0.1:4002", connected=True),
        "inventory_filled": True,
        "settled": True,
    }
    return wire.GetStatusResponse(**{**settled, **changes})  # type: ignore[arg-type]


def a_stack(name: str = "ingress/shop/web", **changes: object) -> wire.StackStatus:
    """A stack of one Ingress that is ready."""
    ready: dict[str, object] = {
        "key": plan_pb2.Key(kind=plan_pb2.KEY_KIND_STACK, name=name),
        "objects": ["Ingress/shop/web"],
        "state": "ready",
        "hostname": "web-1.us-west-2.elb.amazonaws.com",
        "last_plan": "create load balancer k8s-shop-web",
        "targets": [targets({"healthy": 2})],
        "traces": ["a" * 32, "b" * 32],
    }
    return wire.StackStatus(**{**ready, **changes})  # type: ignore[arg-type]


def targets(states: Mapping[str, int], group: str = "k8s-shop-web") -> wire.TargetCounts:
    return wire.TargetCounts(target_group=group, binding=f"shop/{group}", states=states)
