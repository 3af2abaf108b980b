"""Which security group the rules for a target go to, where its interface has several."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.planner.core.aws import Interface, Inventory, Knowledge, SecurityGroup
from services.planner.core.inputs import Cluster
from services.planner.core.objects import Meta, Node, Pod
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.targets.interfaces import EndpointGroups, UnresolvedError

CLUSTER = Cluster(name="c1", region="us-west-2", vpc_id="vpc-1")
TAG = "kubernetes.io/cluster/c1"
NODE = Node(meta=Meta(name="n"), provider_id="aws:///us-west-2a/i-1", internal_ips=("10.0.0.4",))


def group(id_: str, **tags: str) -> SecurityGroup:
    return SecurityGroup(id=id_, name=id_, description="", vpc_id="vpc-1", permissions=frozenset(), tags=tags)


def inventory(
    *groups: SecurityGroup, interfaces: tuple[Interface, ...] = (), asked: frozenset[str] = frozenset()
) -> Inventory:
    return Inventory(
        security_groups={g.id: g for g in groups},
        interfaces={i.id: i for i in interfaces},
        knowledge=Knowledge(instances=frozenset({"i-1"}), addresses=asked),
    )


def primary(*groups: str) -> Interface:
    return Interface(id="eni-1", groups=groups, addresses=("10.0.0.4",), instance_id="i-1", device_index=0)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"role": "pods"}, "sg-b", id="the tags choose among the cluster's groups"),
        pytest.param({}, "got [sg-a, sg-b]", id="several groups of the cluster are one too many"),
        pytest.param({"role": "none"}, "got []", id="tags that no group has choose none"),
    ],
)
def test_tags_choose_among_the_groups_of_an_interface(wanted: Mapping[str, str], expected: str) -> None:
    known = inventory(
        group("sg-a", **{TAG: "owned"}),
        group("sg-b", **{TAG: "owned", "role": "pods"}),
        group("sg-c", role="pods"),
        interfaces=(primary("sg-a", "sg-b", "sg-c"),),
    )
    endpoints = EndpointGroups(replace(CLUSTER, interface_group_tags=wanted), known)
    if expected.startswith("sg-"):
        assert endpoints.of_node(NODE) == expected
        return
    with pytest.raises(UnresolvedError) as error:
        endpoints.of_node(NODE)
    assert expected in str(error.value)


HYPERPOD = replace(NODE, meta=Meta(name="n", labels={"sagemaker.amazonaws.com/compute-type": "hyperpod"}))
POD = Pod(meta=Meta(name="p", namespace="shop"), node_name="n", ip="10.0.9.17")


def test_a_pod_of_a_hyperpod_node_is_found_by_its_address_or_in_a_prefix_of_its_nodes_interface() -> None:
    unknown = EndpointGroups(CLUSTER, inventory())
    lookup = Lookup(kind=LookupKind.ADDRESS_INTERFACES, keys=("10.0.0.4", "10.0.9.17"))
    assert unknown.of_pod(POD, HYPERPOD) == lookup
    holder = Interface(id="eni-2", groups=("sg-a",), addresses=("10.0.0.4",), prefixes=("10.0.9.16/28",))
    assert EndpointGroups(CLUSTER, inventory(interfaces=(holder,))).of_pod(POD, HYPERPOD) == "sg-a"
    asked = frozenset({"10.0.0.4", "10.0.9.17"})
    with pytest.raises(UnresolvedError):
        EndpointGroups(CLUSTER, inventory(asked=asked)).of_pod(POD, HYPERPOD)
