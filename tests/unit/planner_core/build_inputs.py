"""A small cluster and account for tests of the build; every part can be exchanged."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.planner.core.aws import Inventory, Knowledge, Subnet, Vpc, Zone
from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredStack
from services.planner.core.inputs import Cluster, StackInput, View
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import (
    Ingress,
    IngressBackend,
    IngressClass,
    IngressClassParams,
    IngressPath,
    IngressRule,
    Meta,
    ParametersRef,
    Service,
    ServicePort,
)
from services.planner.core.problems import Reason

PREFIX = "alb.ingress.kubernetes.io/"
FINALIZER = "ingress.k8s.aws/resources"
KEY = StackKey(kind=StackKind.INGRESS, namespace="shop", name="web")
CLUSTER = Cluster(name="c1", region="us-west-2", vpc_id="vpc-1")

INTERNAL_ROLE = "kubernetes.io/role/internal-elb"
PUBLIC_ROLE = "kubernetes.io/role/elb"


def subnet(name: str, zone: str = "a", *, tags: Mapping[str, str] | None = None, **fields: Any) -> Subnet:
    """A subnet with plenty of free addresses, for internal load balancers."""
    return Subnet(
        **{
            "id": f"subnet-{name}",
            "zone": f"us-west-2{zone}",
            "zone_id": f"usw2-{zone}",
            "vpc_id": "vpc-1",
            "available_addresses": 100,
            "cidr": "10.0.0.0/24",
            "tags": {INTERNAL_ROLE: "1"} if tags is None else tags,
            **fields,
        }
    )


def inventory(*subnets: Subnet, **fields: Any) -> Inventory:
    """An account that was read whole; without subnets given, three private ones in three zones."""
    chosen = subnets or tuple(subnet(z, z) for z in "abc")
    zones = {s.zone_id: Zone(id=s.zone_id, name=s.zone, type="availability-zone") for s in chosen}
    return replace(
        Inventory(
            vpc=Vpc(id="vpc-1", cidrs=("10.0.0.0/16",)),
            subnets={s.id: s for s in chosen},
            zones=zones,
            knowledge=Knowledge(filled=True, network=True, account_limits=True),
        ),
        **fields,
    )


def service(name: str = "app", *, annotations: Mapping[str, str] | None = None, **fields: Any) -> Service:
    """A NodePort Service with port 80 (`http`) to 8080."""
    return replace(
        Service(
            meta=Meta(namespace="shop", name=name, uid=f"uid-{name}", annotations=annotations or {}),
            type="NodePort",
            ports=(ServicePort(port=80, name="http", target_port=8080, node_port=30080),),
            ip_families=("IPv4",),
        ),
        **fields,
    )


def path(text: str = "/", path_type: str = "Prefix", *, name: str = "app", port: int | str = 80) -> IngressPath:
    """A path to a Service."""
    return IngressPath(path=text, path_type=path_type, backend=IngressBackend(service_name=name, port=port))


def ingress(
    annotations: Mapping[str, str] | None = None,
    *,
    paths: tuple[IngressPath, ...] | None = None,
    meta: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Ingress:
    """An Ingress of class `alb`; annotations are given without the prefix."""
    prefixed = {f"{PREFIX}{k}": v for k, v in (annotations or {}).items()}
    rules = (IngressRule(paths=(path(),) if paths is None else paths),)
    return replace(
        Ingress(
            meta=replace(
                Meta(
                    namespace="shop",
                    name="web",
                    uid="uid-web",
                    resource_version="7",
                    generation=1,
                    annotations=prefixed,
                    finalizers=(FINALIZER,),
                ),
                **(meta or {}),
            ),
            class_name="alb",
            rules=rules,
        ),
        **fields,
    )


def ingress_class(name: str = "alb", *, params: str | None = None, **fields: Any) -> IngressClass:
    """A class of this controller, with parameters of that name if one is given."""
    reference = ParametersRef(api_group="elbv2.k8s.aws", kind="IngressClassParams", name=params) if params else None
    return replace(IngressClass(meta=Meta(name=name), controller="ingress.k8s.aws/alb", parameters=reference), **fields)


def class_params(spec: str, name: str = "corp") -> IngressClassParams:
    """Parameters of a class, from the JSON of their spec."""
    return IngressClassParams(meta=Meta(name=name), spec=spec)


def stack_input(*ingresses: Ingress, **fields: Any) -> StackInput:
    """The input of the stack shop/web; without an Ingress given, the plain one."""
    return replace(
        StackInput(
            cluster=CLUSTER,
            view=View(),
            key=KEY,
            ingresses=ingresses or (ingress(),),
            classes={"alb": ingress_class()},
            services={("shop", "app"): service()},
            inventory=inventory(),
        ),
        **fields,
    )


def with_params(spec: str, *ingresses: Ingress, **fields: Any) -> StackInput:
    """The same, with a class that has parameters."""
    return stack_input(
        *ingresses,
        **{
            "classes": {"alb": ingress_class(params="corp")},
            "class_params": {"corp": class_params(spec)},
            **fields,
        },
    )


def built(inp: StackInput) -> DesiredStack:
    """What was built; fails with the outcome when it is something else."""
    outcome = build_stack(inp)
    assert isinstance(outcome, Built), outcome
    return outcome.desired


def problems(inp: StackInput) -> list[tuple[str, Reason, str]]:
    """Place, reason and field of everything that is wrong; fails when nothing is."""
    outcome = build_stack(inp)
    assert isinstance(outcome, Broken), outcome
    return [(str(p.where), p.reason, p.field) for p in outcome.problems]
