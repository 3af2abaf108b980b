"""Query parameters into nested structures. Compiled per shape; used by `operations`.

A value that is not of its type stays the text that was sent: the validator says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

Node = dict[str, Any]
Parse = Callable[[Any], Any]
"""Takes a node of the tree that `nested` makes, or a text."""

_TRUTH = {"true": True, "false": False}


def nested(pairs: Iterable[tuple[str, str]]) -> Node:
    """`A.member.1.B=c` as {"A": {"member": {"1": {"B": "c"}}}}; an empty list or structure is sent as `A=`."""
    root: Node = {}
    for name, value in pairs:
        node = root
        *path, last = name.split(".")
        for part in path:
            below = node.get(part)
            if not isinstance(below, dict):
                below = node[part] = {}
            node = below
        node.setdefault(last, value)
    return root


def parser(shape: Shape, compiled: dict[str, Parse]) -> Parse:
    """The function that reads this shape; `compiled` holds those of the shapes that were met before."""
    found = compiled.get(shape.name)
    if found is None:
        found = compiled[shape.name] = _compile(shape, compiled)
    return found


def _compile(shape: Shape, compiled: dict[str, Parse]) -> Parse:
    if isinstance(shape, StructureShape):
        members = {_sent_as(member, name): (name, parser(member, compiled)) for name, member in shape.members.items()}
        return lambda node: _structure(node, members)
    if isinstance(shape, ListShape):
        member = parser(shape.member, compiled)
        return lambda node: [member(one) for one in _in_order(node, _sent_as(shape.member, "member"))]
    if isinstance(shape, MapShape):
        value = parser(shape.value, compiled)
        return lambda node: {one["key"]: value(one.get("value", "")) for one in _in_order(node, "entry")}
    match shape.type_name:
        case "integer" | "long":
            return _integer
        case "boolean":
            return lambda text: _TRUTH.get(str(text).lower(), text)
    return lambda text: text


def _sent_as(shape: Shape, name: str) -> str:
    return str(shape.serialization.get("name", name))


def _structure(node: Any, members: Mapping[str, tuple[str, Parse]]) -> Any:
    """Parameters that the model does not name are passed over, as AWS does."""
    if not isinstance(node, dict):
        return {} if node == "" else node
    return {members[sent][0]: members[sent][1](value) for sent, value in node.items() if sent in members}


def _in_order(node: Any, name: str) -> list[Any]:
    """The members of a list by their numbers; those that are no numbers come last."""
    numbered = node.get(name) if isinstance(node, dict) else None
    if not isinstance(numbered, dict):
        return []
    return [
        numbered[key]
        for key in sorted(numbered, key=lambda key: (not key.isdecimal(), int(key) if key.isdecimal() else 0))
    ]


def _integer(text: Any) -> Any:
    try:
        return int(text)
    except (TypeError, ValueError):
        return text
