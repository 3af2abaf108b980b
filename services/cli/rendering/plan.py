"""Plans as people read them, and as JSON. Pure; used by `elbow plan`."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elbow.plan.v1 import plan_pb2
from rich.text import Text

from services.cli.previewing import KeyPlan
from services.cli.rendering.columns import aligned
from services.cli.rendering.console import BAD, GOOD, QUIET, WAITING

UNKNOWN = "(known after apply)"
SCHEMA = "elbow.plan/v1"

_ACTIONS = {
    plan_pb2.ACTION_CREATE: ("+", "create", GOOD),
    plan_pb2.ACTION_MODIFY: ("~", "modify", WAITING),
    plan_pb2.ACTION_REPLACE: ("-/+", "replace", BAD),
    plan_pb2.ACTION_DELETE: ("-", "delete", BAD),
}
_VERDICTS = {plan_pb2.VERDICT_OK: "ok", plan_pb2.VERDICT_HELD: "held", plan_pb2.VERDICT_ERRORED: "errored"}
_KINDS = {
    plan_pb2.KEY_KIND_STACK: "stack",
    plan_pb2.KEY_KIND_BINDING: "binding",
    plan_pb2.KEY_KIND_NETWORK: "network",
}
_TITLES = {"stack": "Load balancer of", "binding": "Targets of", "network": "Network of the cluster"}
_Identity = tuple[str, str]

# How the resource of a call is named in the plan's changes, and what of its parameters people look for.
_SHOWN: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "CreateLoadBalancer": (
        "load balancer",
        "{Name}",
        ("Type", "Scheme", "IpAddressType", "SubnetMappings", "SecurityGroups"),
    ),
    "CreateListener": ("listener", "{Protocol}:{Port}", ("Certificates", "SslPolicy", "AlpnPolicy", "DefaultActions")),
    "CreateRule": ("rule", "{step}", ("Conditions", "Actions")),
    "CreateTargetGroup": (
        "target group",
        "{Name}",
        (
            "TargetType",
            "Protocol",
            "ProtocolVersion",
            "Port",
            "HealthCheckProtocol",
            "HealthCheckPort",
            "HealthCheckPath",
            "HealthCheckIntervalSeconds",
            "HealthCheckTimeoutSeconds",
            "HealthyThresholdCount",
            "UnhealthyThresholdCount",
            "Matcher",
        ),
    ),
}
_LONGEST = 100
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def plan_lines(plans: Sequence[KeyPlan], notes: Sequence[str]) -> Iterator[Text]:
    """The whole preview: notes, a section for each key with something to say, the sum."""
    for note in notes:
        yield Text(f"Note: {note}", QUIET)
    for plan in plans:
        if plan.changes or plan.errored or plan.waits_for or plan.reports or plan.plan.cost:
            yield from _section(plan)
            yield Text()
    yield _sum(plans)


def plans_as_json(plans: Sequence[KeyPlan], notes: Sequence[str]) -> dict[str, Any]:
    """The stable form of `elbow plan -o json`; docs/reference/plan-output.md says what each field means."""
    return {
        "schema": SCHEMA,
        "changes": any(plan.changes for plan in plans),
        "errored": any(plan.errored for plan in plans),
        "aws_calls": _cost(plans),
        "notes": list(notes),
        "plans": [plan_as_json(plan) for plan in plans],
    }


def _section(plan: KeyPlan) -> Iterator[Text]:
    kind = _KINDS.get(plan.plan.key.kind, "stack")
    yield Text(f"{_TITLES[kind]} {plan.plan.key.name}".strip(), "bold")
    for report in plan.reports:
        yield Text(f"  {'Warning' if report.warning else 'Normal'} {report.object}: {report.message}", _tone(plan))
    if plan.errored:
        yield Text("  Nothing is changed until this is put right.", BAD)
    if plan.held:
        yield from (Text(f"  Held: {problem.message}", WAITING) for problem in plan.plan.problems)
    made = _made(plan.plan)
    for change in plan.changes:
        yield from _change(change, made)
    if plan.waits_for:
        yield Text(f"  Waits for: {plan.waits_for}", WAITING)
    if plan.plan.cost:
        yield Text(f"  AWS calls: {_calls(plan.plan.cost)}", QUIET)


def _tone(plan: KeyPlan) -> str:
    return BAD if plan.errored else WAITING


def _change(change: plan_pb2.Change, made: Mapping[_Identity, Mapping[str, Any]]) -> Iterator[Text]:
    mark, _, style = _ACTIONS[change.action]
    line = Text(f"  {mark} {change.kind} {change.name}", style)
    if change.disruptive:
        line.append("  ! disrupts traffic", BAD)
    if change.asked_by:
        line.append(f"  ({change.asked_by})", QUIET)
    yield line
    told = {f.field for f in change.fields}
    made_with = made.get((change.kind, change.name), {})
    rows = [(k, "", _shown(v)) for k, v in made_with.items() if _WORD.sub("_", k).lower() not in told]
    rows += [(f.field, _shown(_value(f.old)) if f.old else "", _shown(_value(f.new))) for f in change.fields]
    cells = [(Text(name), Text(f"{old} -> {new}" if old else new)) for name, old, new in rows]
    yield from aligned(cells, indent=6)


def _made(plan: plan_pb2.Plan) -> Mapping[_Identity, Mapping[str, Any]]:
    """What resources would be made with, by kind and name: the parameters of the calls that make them."""
    made: dict[_Identity, Mapping[str, Any]] = {}
    for step in plan.steps:
        shown = _SHOWN.get(step.aws.operation)
        if shown is None:
            continue
        kind, form, names = shown
        parameters = json.loads(step.aws.parameters)
        name = form.format(**{k: v for k, v in parameters.items() if isinstance(v, str | int)}, step=step.id)
        if kind == "rule":
            name = name.removeprefix("create-rule-").replace("-", ":")
        made[kind, name] = {k: parameters[k] for k in names if k in parameters}
    return made


def _sum(plans: Sequence[KeyPlan]) -> Text:
    counts = Counter(change.action for plan in plans for change in plan.changes)
    broken, held = sum(plan.errored for plan in plans), sum(plan.held for plan in plans)
    disruptive = sum(change.disruptive for plan in plans for change in plan.changes)
    if not counts and not broken:
        return Text("No changes.", GOOD)
    parts = [f"{counts[action]} to {word}" for action, (_, word, _) in _ACTIONS.items() if counts[action]]
    cost = _cost(plans)
    calls = f"{sum(cost.values()) or 'no'} AWS {'call' if sum(cost.values()) == 1 else 'calls'}"
    text = f"Plan: {', '.join(parts) or 'nothing to do'}; {calls}"
    if any(change.name == UNKNOWN for plan in plans for change in plan.changes):
        text += f", and those for pods that do not exist yet, {UNKNOWN}"
    line = Text(f"{text}.")
    if disruptive:
        line.append(f" {disruptive} {'change disrupts' if disruptive == 1 else 'changes disrupt'} traffic.", BAD)
    if held:
        line.append(f" {held} {'plan is' if held == 1 else 'plans are'} held.", WAITING)
    if broken:
        line.append(f" {broken} {'plan' if broken == 1 else 'plans'} cannot be made.", BAD)
    return line


def _cost(plans: Sequence[KeyPlan]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for plan in plans:
        total.update(dict(plan.plan.cost))
    return dict(sorted(total.items()))


def _calls(cost: Mapping[str, int]) -> str:
    each = ", ".join(f"{number} {category}" for category, number in sorted(cost.items()))
    return f"{sum(cost.values())} ({each})"


def _value(text: str) -> Any:
    return json.loads(text) if text else None


def _shown(value: Any) -> str:
    """A value in one line; a reference to an answer that is still to come is not known."""
    plain = _plain(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return UNKNOWN if "$ref" in value else {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def plan_as_json(plan: KeyPlan) -> dict[str, Any]:
    """One key's plan, as an element of `plans`."""
    return {
        "key": {"kind": _KINDS.get(plan.plan.key.kind, ""), "name": plan.plan.key.name},
        "verdict": _VERDICTS.get(plan.plan.verdict, ""),
        "waits_for": plan.waits_for,
        "problems": [
            {"object": p.object, "field": p.field, "reason": p.reason, "message": p.message} for p in plan.plan.problems
        ],
        "reports": [
            {"object": r.object, "warning": r.warning, "reason": r.reason, "message": r.message} for r in plan.reports
        ],
        "changes": [_change_as_json(change) for change in plan.changes],
        "aws_calls": dict(sorted(plan.plan.cost.items())),
        "steps": [_step_as_json(step) for step in plan.plan.steps],
    }


def _change_as_json(change: plan_pb2.Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "name": change.name,
        "action": _ACTIONS[change.action][1],
        "reason": change.reason,
        "disruptive": change.disruptive,
        "asked_by": change.asked_by,
        "fields": [{"field": f.field, "old": _value(f.old), "new": _value(f.new)} for f in change.fields],
    }


def _step_as_json(step: plan_pb2.Step) -> dict[str, Any]:
    common = {"id": step.id, "depends_on": list(step.depends_on)}
    if step.WhichOneof("work") == "aws":
        call = step.aws
        parameters = _value(call.parameters)
        return {**common, "aws": {"service": call.service, "operation": call.operation, "parameters": parameters}}
    write = step.kubernetes
    fields = ("verb", "api_version", "resource", "subresource", "namespace", "name", "uid", "resource_version")
    return {**common, "kubernetes": {**{f: getattr(write, f) for f in fields}, "body": _value(write.body)}}
