"""Who owns whom."""

from sandbox.kubernetes.client.resources import PODS, SERVICES
from sandbox.kubernetes.controllers.ownership_graph import Node, OwnershipGraph
from tests.unit.sandbox_controllers.builders import pod


def node(name: str, *owners: str, blocks: bool = True) -> Node:
    references = [{"uid": f"uid-{one}", "kind": "Pod", "name": one, "blockOwnerDeletion": blocks} for one in owners]
    return Node(resource=PODS, item=pod(name, owners=references))


def test_dependents_are_known_before_their_owner() -> None:
    graph = OwnershipGraph()
    child = node("child", "parent")
    graph.put(child)
    assert graph.dependents("uid-parent") == [child]
    assert graph.get("uid-parent") is None


def test_an_object_that_changes_its_owner_moves() -> None:
    graph = OwnershipGraph()
    graph.put(node("child", "first"))
    moved = node("child", "second")
    graph.put(moved)
    assert (graph.dependents("uid-first"), graph.dependents("uid-second")) == ([], [moved])


def test_a_removed_object_is_nobodys_dependent() -> None:
    graph = OwnershipGraph()
    graph.put(node("child", "parent"))
    graph.remove("uid-child")
    assert graph.dependents("uid-parent") == []


def test_a_resource_that_is_not_served_any_more_is_forgotten_without_its_dependents() -> None:
    graph = OwnershipGraph()
    child = node("child", "parent")
    graph.put(child)
    graph.put(Node(resource=SERVICES, item=node("parent").item))
    graph.remove_all(SERVICES)
    assert (graph.get("uid-parent"), graph.dependents("uid-parent")) == (None, [child])


def test_only_references_that_say_so_block_their_owner() -> None:
    graph = OwnershipGraph()
    blocking = node("blocking", "parent")
    graph.put(blocking)
    graph.put(node("free", "parent", blocks=False))
    assert graph.blocking("uid-parent") == [blocking]
