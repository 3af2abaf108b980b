"""IngressClassParams that are about to be written: what the schema of the CRD cannot say (targets and readiness,
section 9)."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from services.watcher.core.admission.reviews import Answer, Question


def review_class_params(question: Question) -> Answer:
    """All that is wrong, in one denial."""
    spec = question.subject.get("spec") or {}
    return Answer(denial="; ".join((*_of_ranges(spec.get("inboundCIDRs")), *_of_subnets(spec.get("subnets")))))


def _of_ranges(ranges: Any) -> Iterator[str]:
    for at, text in enumerate(ranges or ()):
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            yield f'spec.inboundCIDRs[{at}] "{text}" is not accepted: {error}'
            continue
        if "/" not in text:
            yield f'spec.inboundCIDRs[{at}] "{text}" is not accepted: it has no prefix length'


def _of_subnets(subnets: Any) -> Iterator[str]:
    if subnets is None:
        return
    ids, tags = subnets.get("ids"), subnets.get("tags")
    if bool(ids) == bool(tags):
        yield "spec.subnets takes either ids or tags"
        return
    for id_ in _twice(ids or ()):
        yield f"spec.subnets.ids names {id_} twice"
    for key, values in sorted((tags or {}).items()):
        if not values:
            yield f'spec.subnets.tags has no value for "{key}"'
        for value in _twice(values or ()):
            yield f'spec.subnets.tags has the value "{value}" for "{key}" twice'


def _twice(values: Iterable[str]) -> list[str]:
    return sorted(value for value, count in Counter(values).items() if count > 1)
