"""Holds what was made against what was recorded, and prints every difference as a line.

What cannot be the same twice is replaced first: the digits that hash a UID, addresses of pods, node ports.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.snapshot import rank

Raw = dict[str, Any]

_HASHED = re.compile(r"\b(k8s-[a-z0-9-]*?)-[0-9a-f]{10}\b")
_POD_ADDRESS = re.compile(r"\b10\.0\.10[0-2]\.\d+\b(?!/)")
_NODE_PORT = re.compile(r"\b3[0-2]\d{3}\b")
_FIRST_NODE_PORT = 30000
_SHOWN = 160
_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A difference that is meant: lines that match `pattern`, and the reason."""

    pattern: re.Pattern[str]
    reason: str


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """A line each: a regular expression, a tab, the reason; # starts a comment. Raises ValueError without a reason."""
    found = []
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern, tab, reason = line.partition("\t")
        if not tab or not reason.strip():
            raise ValueError(f"{path}: no reason after a tab in {line!r}")
        found.append(Accepted(pattern=re.compile(pattern), reason=reason))
    return tuple(found)


def differences(label: str, expected: Raw, got: Raw, accepted: Iterable[Accepted] = ()) -> list[str]:
    """Lines `label.path: expected -> got` of all differences that nobody accepted."""
    allowed = tuple(accepted)
    lines = (f"{label}{path}: {_shown(a)} -> {_shown(b)}" for path, a, b in _walk(view(expected), view(got), ""))
    return [line for line in lines if not any(a.pattern.search(line) for a in allowed)]


def view(record: Raw) -> Raw:
    """The parts of a record that are compared, without what cannot be the same twice."""
    cleaned = _cleaned({part: record[part] for part in ("aws", "kubernetes") if part in record})
    cleaned = _with_node_ports(cleaned, _node_ports(record.get("objects", [])))
    kubernetes = cleaned.get("kubernetes", {})
    for group in cleaned["aws"]["targetGroups"].values():
        group["targets"] = sorted(group["targets"])
    for group in cleaned["aws"]["securityGroups"].values():
        group["ingress"] = sorted((_ordered_ports(p) for p in group["ingress"]), key=rank)
    return {
        "aws": cleaned["aws"],
        "bindings": sorted(
            (_binding(b) for b in kubernetes.get("tgbs", [])), key=lambda b: (b["namespace"], b["name"])
        ),
        "ingresses": kubernetes.get("ingresses", {}),
        "services": kubernetes.get("services", {}),
        "gates": sorted(rank(_gates(pod)) for pod in kubernetes.get("pods", {}).values()),
    }


def _cleaned(record: Raw) -> Raw:
    """A hash becomes what the resource is for, by its tags: two resources that swapped their names are not equal."""
    text = json.dumps(record)
    for kind in ("loadBalancers", "targetGroups", "securityGroups"):
        for name, resource in record["aws"][kind].items():
            if _HASHED.search(name):
                tags = resource["tags"]
                purpose = f"{_tag(tags, '/resource') or 'shared'} of {_tag(tags, '/stack')}"
                text = text.replace(name, _HASHED.sub(rf"\1<{purpose}>", name))
    text = _POD_ADDRESS.sub("POD", _HASHED.sub(r"\1-HASH", text))
    cleaned: Raw = json.loads(text)
    return cleaned


def _tag(tags: Mapping[str, str], ending: str) -> str:
    return next((value for key, value in sorted(tags.items()) if key.endswith(ending)), "")


def _node_ports(objects: Iterable[Raw]) -> Mapping[str, str]:
    """Drawn at random, so each becomes a number by the order of its Service."""
    services = [o for o in objects if o["kind"] == "Service"]
    found: dict[str, str] = {}
    for item in sorted(services, key=lambda o: (o["metadata"]["namespace"], o["metadata"]["name"])):
        spec = item["spec"]
        ports = [*(p.get("nodePort") for p in spec.get("ports", [])), spec.get("healthCheckNodePort")]
        for port in filter(None, ports):
            found.setdefault(str(port), str(_FIRST_NODE_PORT + len(found)))
    return found


def _with_node_ports(record: Raw, ports: Mapping[str, str]) -> Raw:
    if not ports:
        return record
    replaced: Raw = json.loads(_NODE_PORT.sub(lambda found: ports.get(found[0], found[0]), json.dumps(record)))
    return replaced


def _ordered_ports(permission: Raw) -> Raw:
    if isinstance(permission.get("frm"), int) and isinstance(permission.get("to"), int):
        low, high = sorted((permission["frm"], permission["to"]))
        return {**permission, "frm": low, "to": high}
    return permission


def _binding(binding: Raw) -> Raw:
    networking = binding["spec"].get("networking") or {}
    rules = [{**rule, "from": sorted(rule.get("from", []), key=rank)} for rule in networking.get("ingress", [])]
    spec = {**binding["spec"], **({"networking": {**networking, "ingress": rules}} if networking else {})}
    return {**binding, "spec": spec}


def _gates(pod: Raw) -> list[Any]:
    return [pod["gates"], {name: values[0] for name, values in pod["conditions"].items() if "/" in name}]


def _walk(a: Any, b: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict):
        yield from _walk_mapping(a, b, path)
    elif isinstance(a, list) and isinstance(b, list):
        yield from _walk_list(a, b, path)
    elif not (a in _NOTHING and b in _NOTHING) and (a != b or isinstance(a, bool) != isinstance(b, bool)):
        yield path, a, b


def _walk_mapping(a: Raw, b: Raw, path: str) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted({*a, *b}):
        if key in a and key in b:
            yield from _walk(a[key], b[key], f"{path}.{key}")
        elif (a[key] if key in a else b[key]) not in _NOTHING:
            yield f"{path}.{key}", a.get(key, "absent"), b.get(key, "absent")


def _walk_list(a: list[Any], b: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    if a == b:
        return
    if len(a) == len(b) and all(isinstance(item, dict) for item in (*a, *b)):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _walk(x, y, f"{path}[{index}]")
    else:
        yield path, a, b


def _shown(value: Any) -> str:
    return rank(value)[:_SHOWN]
