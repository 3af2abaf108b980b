"""Results into the XML of the Query protocol. Compiled per shape; used by `operations`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

Write = Callable[[Any, list[str]], None]
"""Appends the content of an element, without its tags."""


def escaped(text: str) -> str:
    """Text as the content of an element."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return text


def writer(shape: Shape, compiled: dict[str, Write]) -> Write:
    """The function that writes this shape; `compiled` holds those of the shapes that were met before."""
    found = compiled.get(shape.name)
    if found is None:
        found = compiled[shape.name] = _compile(shape, compiled)
    return found


def _compile(shape: Shape, compiled: dict[str, Write]) -> Write:
    if isinstance(shape, StructureShape):
        return _structure(
            {name: (_tags(member, name), writer(member, compiled)) for name, member in shape.members.items()}
        )
    if isinstance(shape, ListShape):
        return _list(_tags(shape.member, "member"), writer(shape.member, compiled))
    if isinstance(shape, MapShape):
        return _map(writer(shape.value, compiled))
    match shape.type_name:
        case "boolean":
            return lambda value, out: out.append("true" if value else "false")
        case "timestamp":
            return lambda value, out: out.append(value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z")
        case "string":
            return lambda value, out: out.append(escaped(value))
    return lambda value, out: out.append(str(value))


def _tags(shape: Shape, name: str) -> tuple[str, str]:
    sent = shape.serialization.get("name", name)
    return f"<{sent}>", f"</{sent}>"


def _structure(members: dict[str, tuple[tuple[str, str], Write]]) -> Write:
    """Members that are None are left out; a member that the model does not have is an error of this package."""

    def write(value: Any, out: list[str]) -> None:
        for name, one in value.items():
            if one is None:
                continue
            (opening, closing), content = members[name]
            out.append(opening)
            content(one, out)
            out.append(closing)

    return write


def _list(tags: tuple[str, str], content: Write) -> Write:
    opening, closing = tags

    def write(value: Any, out: list[str]) -> None:
        for one in value:
            out.append(opening)
            content(one, out)
            out.append(closing)

    return write


def _map(content: Write) -> Write:
    def write(value: Any, out: list[str]) -> None:
        for key, one in value.items():
            out.append(f"<entry><key>{escaped(key)}</key><value>")
            content(one, out)
            out.append("</value></entry>")

    return write
