"""The recordings of the reference controller, and the account and cluster that they were made in, as the core's input.

Every scenario started from the account of `world.json`. A recording keeps the Kubernetes objects with their own UIDs,
so names that hash a UID come out as they were recorded.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.planner.convert.objects import to_object
from services.planner.core import parse
from services.planner.core.aws import AccountLimit, Inventory, Knowledge, Zone
from services.planner.core.inputs import Cluster, StackInput, View
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import (
    Ingress,
    IngressClass,
    IngressClassParams,
    Namespace,
    Service,
    TargetGroupBinding,
)
from services.planner.view.objects import Object
from services.watcher.convert import message_of
from services.watcher.core.projection import UnknownKindError, kind_of

ROOT = Path(__file__).parent

# Scenarios that are built now, whole.
BUILT = (
    "ingress-2048",
    "ingress-class-params",
    "ingress-actions-conditions",
    "ingress-canary",
    "ingress-default-backend",
    "ingress-frontend-nlb",
    "ingress-group-member-leaves",
    "ingress-group-two",
    "ingress-health-attributes",
    "ingress-inbound-cidrs",
    "ingress-instance-internal",
    "ingress-jwt",
    "ingress-listener-attributes",
    "ingress-missing-service",
    "ingress-multi-cluster",
    "ingress-mtls-passthrough",
    "ingress-paths",
    "ingress-rewrite",
    "ingress-scheme-change",
    "ingress-service-overrides",
    "ingress-ssl-redirect",
    "ingress-subnets-by-id",
    "ingress-target-type-change",
)
# Steps in which the Ingress asks for nothing that is not built, of scenarios that ask for it in another step; and
# those of the Ingress that becomes another controller's.
BUILT_IN_PART: Mapping[str, tuple[str, ...]] = {
    "ingress-class-switched-away": ("1", "2"),
}

_RULES = "rules-per-application-load-balancer"
GROUP_FINALIZER = "group.ingress.k8s.aws/"

# The Ingress is another controller's after this step.
SWITCHED_AWAY = ("ingress-class-switched-away", "2")

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One settled step of a scenario: `raw` Kubernetes objects, `aws` and `bindings` with ids replaced by names, the
    `model` of what was wanted, empty where the controller made none, and the mutating `requests` of the step."""

    scenario: str
    step: str
    raw: tuple[Raw, ...]
    aws: Raw
    bindings: tuple[Raw, ...]
    model: Raw
    requests: tuple[Raw, ...]

    @property
    def id(self) -> str:
        """For naming a test's case."""
        return f"{self.scenario} step {self.step}"


def recordings(scenario: str) -> Iterator[Recording]:
    """The steps of a scenario in order, without the state after everything was deleted."""
    for path in sorted((ROOT / "recorded" / scenario).glob("[0-9]*.json")):
        data = json.loads(path.read_text())
        yield Recording(
            scenario=scenario,
            step=path.stem,
            raw=tuple(data["objects"]),
            aws=data["aws"],
            bindings=tuple(data["kubernetes"]["tgbs"]),
            model=data.get("model") or {},
            requests=tuple(data["requests"]),
        )


def ingress_scenarios() -> tuple[str, ...]:
    """Names of all scenarios that are about an Ingress."""
    return tuple(sorted(p.name for p in (ROOT / "recorded").glob("ingress-*")))


def built_recordings() -> tuple[Recording, ...]:
    """Every recorded step in which all Ingresses are this controller's and ask only for what is built."""
    return tuple(
        recording
        for scenario in ingress_scenarios()
        for recording in recordings(scenario)
        if (scenario in BUILT or recording.step in BUILT_IN_PART.get(scenario, ()))
        and (scenario, recording.step) != SWITCHED_AWAY
    )


@cache
def world() -> Raw:
    """The account that every scenario started from."""
    found: Raw = json.loads((ROOT / "world.json").read_text())
    return found


def cluster() -> Cluster:
    """The installation that was recorded, with the settings at their defaults."""
    return Cluster(name=world()["cluster_name"], region=world()["region"], vpc_id=world()["world"]["vpc"])


def inventory() -> Inventory:
    """The account as the planner knows it once everything was read."""
    subnets = [parse.subnet(d, None, None, "") for d in world()["subnets"]]
    tables = [parse.route_table(d, None, None, "") for d in world()["route_tables"]]
    groups = [parse.security_group(d, None, None, "") for d in world()["security_groups"]]
    return Inventory(
        vpc=parse.vpc(world()["vpcs"][0], None, None, ""),
        subnets={s.id: s for s in subnets},
        zones={s.zone_id: Zone(id=s.zone_id, name=s.zone, type="availability-zone") for s in subnets},
        route_tables={t.id: t for t in tables},
        security_groups={g.id: g for g in groups},
        # The AWS of the recordings names limits, and none for the conditions of a rule.
        account_limits={_RULES: AccountLimit(id=_RULES, most=100)},
        knowledge=Knowledge(filled=True, network=True, route_tables=True, cluster_groups=True, account_limits=True),
    )


def objects(raw: Sequence[Raw]) -> tuple[Object, ...]:
    """The objects as the planner sees them: projected by the watcher, carried over the wire contract, converted."""
    seen = []
    for item in raw:
        try:
            kind = kind_of(item)
        except UnknownKindError:
            continue
        seen.append(to_object(message_of(kind, item)))
    return tuple(seen)


def ingresses(recording: Recording) -> tuple[Raw, ...]:
    """The recorded Ingresses as they were."""
    return tuple(item for item in recording.raw if item["kind"] == "Ingress")


def key_of(ingress: Raw) -> StackKey:
    """The key of the group that the Ingress was a member of, by the finalizer that it was given; else its own."""
    meta = ingress["metadata"]
    for finalizer in meta.get("finalizers", ()):
        if finalizer.startswith(GROUP_FINALIZER):
            return StackKey(kind=StackKind.INGRESS, namespace="", name=finalizer.removeprefix(GROUP_FINALIZER))
    return StackKey(kind=StackKind.INGRESS, namespace=meta["namespace"], name=meta["name"])


def stack_input(raw: Sequence[Raw], key: StackKey, *, known: Inventory | None = None) -> StackInput:
    """Everything that the stack is planned from; `known` None: the account as it was before the scenario."""
    seen = objects(raw)
    return StackInput(
        cluster=cluster(),
        view=View(),
        key=key,
        ingresses=tuple(o for o in seen if isinstance(o, Ingress)),
        classes={o.meta.name: o for o in seen if isinstance(o, IngressClass)},
        class_params={o.meta.name: o for o in seen if isinstance(o, IngressClassParams)},
        namespaces={o.meta.name: o for o in seen if isinstance(o, Namespace)},
        services={(o.meta.namespace, o.meta.name): o for o in seen if isinstance(o, Service)},
        bindings=tuple(o for o in seen if isinstance(o, TargetGroupBinding)),
        inventory=known or inventory(),
    )


def symbols() -> Mapping[str, str]:
    """The names that recordings use in place of the ids of the account."""
    own = world()["world"]
    return {
        **{v: f"subnet:{k}" for k, v in own["subnets"].items()},
        **{v: f"cert:{k}" for k, v in own["certs"].items()},
        own["vpc"]: "vpc",
    }
