"""Where a pod may run."""

import pytest

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.placement import choose_node
from tests.unit.sandbox_controllers.builders import node, pod

FRONT = node("front", labels={"tier": "front", "cores": "4"})
BACK = node("back", labels={"tier": "back", "cores": "8"})


def affinity(*expressions: Object) -> Object:
    terms = [{"matchExpressions": list(expressions)}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


@pytest.mark.parametrize(
    ("spec", "load", "expected"),
    [
        pytest.param({}, {"back": 2, "front": 1}, "front", id="the least loaded node is taken"),
        pytest.param({}, {}, "back", id="of equal nodes the first by name"),
        pytest.param({"nodeSelector": {"tier": "front"}}, {"front": 9}, "front", id="a node selector goes before load"),
        pytest.param(
            affinity({"key": "tier", "operator": "NotIn", "values": ["back"]}),
            {"front": 9},
            "front",
            id="so does affinity",
        ),
        pytest.param(
            affinity({"key": "cores", "operator": "Gt", "values": ["4"]}),
            {"back": 9},
            "back",
            id="affinity compares numbers",
        ),
    ],
)
def test_a_pod_is_placed(spec: Object, load: dict[str, int], expected: str) -> None:
    assert choose_node(pod("a", node=None, spec=spec), [FRONT, BACK], load) == (expected, "")


@pytest.mark.parametrize(
    ("spec", "nodes", "reason"),
    [
        pytest.param({}, [], "no nodes available to schedule pods", id="there are no nodes"),
        pytest.param(
            {},
            [node("a", ready=False), node("b", unschedulable=True)],
            "0/2 nodes are available: 1 node(s) were not ready, 1 node(s) were unschedulable.",
            id="none is ready and schedulable",
        ),
        pytest.param(
            {},
            [node("a", taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}])],
            "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.",
            id="a taint keeps it away",
        ),
        pytest.param(
            {"nodeSelector": {"tier": "middle"}},
            [FRONT, BACK],
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
            id="no node has the labels",
        ),
        pytest.param(
            {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
            [FRONT],
            "this scheduler does not know required podAntiAffinity",
            id="what is not known is not ignored",
        ),
    ],
)
def test_a_pod_is_not_placed(spec: Object, nodes: list[Object], reason: str) -> None:
    assert choose_node(pod("a", node=None, spec=spec), nodes, {}) == (None, reason)


@pytest.mark.parametrize(
    "toleration",
    [
        pytest.param({"operator": "Exists"}, id="everything"),
        pytest.param({"key": "gpu", "operator": "Exists"}, id="the key"),
        pytest.param({"key": "gpu", "value": "yes", "effect": "NoSchedule"}, id="the very taint"),
    ],
)
def test_a_toleration_lets_a_pod_onto_a_tainted_node(toleration: Object) -> None:
    tainted = node("a", taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}])
    assert choose_node(pod("a", node=None, spec={"tolerations": [toleration]}), [tainted], {}) == ("a", "")
