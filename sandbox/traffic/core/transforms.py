"""Transforms of a rule: the host header and the URL that the target sees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from sandbox.traffic.configuration import Transform
from sandbox.traffic.core.requests import Request

_GROUP = re.compile(r"\$(\d)")


def transformed(transforms: Iterable[Transform], request: Request) -> Request | None:
    """The request after the rewrites; where a pattern does not match, as it was.

    None where a rewrite matched and came to nothing usable, which is a 500.
    """
    for transform in transforms:
        text = request.host if transform.of_host else request.target
        found = transform.pattern.search(text)
        if found is None:
            continue
        new = text[: found.start()] + _filled(transform.replacement, found) + text[found.end() :]
        if not _is_usable(new, of_host=transform.of_host):
            return None
        request = replace(request, host=new.lower()) if transform.of_host else replace(request, target=new)
    return request


def _filled(replacement: str, found: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        number = int(reference[1])
        return (found[number] or "") if number <= found.re.groups else ""

    return _GROUP.sub(group, replacement)


def _is_usable(text: str, *, of_host: bool) -> bool:
    if not text or not text.isascii() or any(character <= " " for character in text):
        return False
    return "/" not in text if of_host else text.startswith("/")
