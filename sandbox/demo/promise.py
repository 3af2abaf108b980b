"""What a plan said, read from `elbow plan -o json`, and whether AWS's record says the same."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = "(known after apply)"
"""What `elbow plan` prints for what nobody can know before the objects exist."""

_FOR_PODS = {"target": "RegisterTargets", "security group": "AuthorizeSecurityGroupIngress"}
"""The call behind a change whose name is unknown: it needs the address of a pod that does not exist yet."""

_MAY_FOLLOW = {"AuthorizeSecurityGroupIngress": "RevokeSecurityGroupIngress"}
"""What a foreseen call may bring with it: a rule with a wider port range takes the place of one that stood."""

_Call = Mapping[str, Any]
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One answer of `elbow plan -o json`."""

    calls: Sequence[_Call]
    """Planned calls: operation and parameters, with what is not known in them."""

    created: Mapping[str, Sequence[str]]
    """Names of what would be made in AWS, by kind."""

    left_open: Sequence[str]
    """Operations of calls that are foreseen, but neither counted nor known."""

    def untrue(self, recorded: Sequence[_Call]) -> Sequence[str]:
        """Where AWS's record, of calls that change something, differs from the plan; a line each."""
        rest, lines = list(recorded), []
        for call in self.calls:
            match = next((one for one in rest if _is(call, one)), None)
            if match is None:
                lines.append(f"planned, but not made: {_in_short(call)}")
            else:
                rest.remove(match)
        made = {one["operation"] for one in rest}
        foreseen = {*self.left_open, *(_MAY_FOLLOW[one] for one in self.left_open if one in _MAY_FOLLOW)}
        lines += [f"foreseen, but not made: {one}" for one in self.left_open if one not in made]
        lines += [f"made, but not planned: {_in_short(one)}" for one in rest if one["operation"] not in foreseen]
        return [*lines, *self._wrong_names(recorded)]

    def number_left_open(self, recorded: Sequence[_Call]) -> int:
        """How many calls were made for what the plan could not know."""
        return len(recorded) - len(self.calls)

    def _wrong_names(self, recorded: Sequence[_Call]) -> Iterable[str]:
        for kind, (operation, names_of) in _MADE_BY.items():
            made = [n for one in recorded if one["operation"] == operation for n in names_of(one["parameters"])]
            for name in self.created.get(kind, ()):
                match = next((one for one in made if _agrees(name, one)), None)
                if match is None:
                    yield f"planned, but not made: {kind} {name}"
                else:
                    made.remove(match)
            if _FOR_PODS.get(kind) != operation or operation not in self.left_open:
                yield from (f"made, but not planned: {kind} {name}" for name in made)


def promise_of(answer: str) -> Promise:
    """Reads the output of `elbow plan -o json`."""
    plans = json.loads(answer)["plans"]
    changes = [change for plan in plans for change in plan["changes"]]
    created: dict[str, list[str]] = {}
    for change in changes:
        if change["action"] == "create" and change["kind"] in _MADE_BY and change["name"] != UNKNOWN:
            created.setdefault(change["kind"], []).append(_name_in_calls(change))
    return Promise(
        calls=[step["aws"] for plan in plans for step in plan["steps"] if "aws" in step],
        created=created,
        left_open=sorted({_FOR_PODS[c["kind"]] for c in changes if c["name"] == UNKNOWN and c["kind"] in _FOR_PODS}),
    )


_MADE_BY: Mapping[str, tuple[str, Callable[[Any], Sequence[str]]]] = {
    "load balancer": ("CreateLoadBalancer", lambda p: [p["Name"]]),
    "target group": ("CreateTargetGroup", lambda p: [p["Name"]]),
    "security group": ("CreateSecurityGroup", lambda p: [p["GroupName"]]),
    "listener": ("CreateListener", lambda p: [f"{p['Protocol']}:{p['Port']}"]),
    "rule": ("CreateRule", lambda p: [str(p["Priority"])]),
    "target": ("RegisterTargets", lambda p: [f"{one['Id']}:{one['Port']}" for one in p["Targets"]]),
}
"""The call that makes a resource of a kind, and how its parameters name it."""


def _name_in_calls(change: Mapping[str, str]) -> str:
    # A plan calls a rule by its listener's port and its priority; the call knows the listener by an ARN.
    return change["name"].rpartition(":")[2] if change["kind"] == "rule" else change["name"]


def _is(planned: _Call, made: _Call) -> bool:
    return planned["operation"] == made["operation"] and _agrees(planned["parameters"], made["parameters"])


def _agrees(told: Any, happened: Any) -> bool:
    """Whether a value is what was told, as far as it was known."""
    if told == UNKNOWN or (isinstance(told, dict) and "$ref" in told):
        return True
    match told, happened:
        case dict(), dict():
            return told.keys() == happened.keys() and all(_agrees(told[key], happened[key]) for key in told)
        case list(), list():
            return len(told) == len(happened) and all(map(_agrees, told, happened))
        case str(), str() if UNKNOWN in told:
            return re.fullmatch(".+".join(map(re.escape, told.split(UNKNOWN))), happened) is not None
        case _:
            return bool(told == happened)


def _in_short(call: _Call) -> str:
    text = f"{call['operation']} {json.dumps(call['parameters'], sort_keys=True, default=str)}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
