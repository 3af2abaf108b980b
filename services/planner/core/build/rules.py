"""Rules of a listener: order, conditions, priorities (ingress behaviour, sections 11.1 to 11.3)."""

from collections.abc import Iterable, Iterator

from services.planner.core import tags
from services.planner.core.aws import Action, Condition
from services.planner.core.build.part import Part
from services.planner.core.desired import DesiredRule
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import IngressPath, IngressRule
from services.planner.core.problems import Reason

_WILDCARDS = frozenset("*?")
_EXACT, _PREFIX, _AS_WRITTEN = "Exact", "Prefix", ("ImplementationSpecific", "")


def build_rules(
    inp: StackInput, parts: Iterable[Part], *, listener_port: int, findings: Findings
) -> tuple[DesiredRule, ...]:
    """One rule for each path of each member, in the group's order, numbered from 1. A path whose backend has no action
    is left out, a problem was found there."""
    rules: list[DesiredRule] = []
    for part in parts:
        for conditions, action in _routes(part, findings):
            priority = len(rules) + 1
            resource_id = f"{listener_port}:{priority}"
            rules.append(
                DesiredRule(
                    priority=priority,
                    conditions=conditions,
                    actions=(action,),
                    tags=tags.resource_tags(cluster=inp.cluster, key=inp.key, resource_id=resource_id, asked=part.tags),
                    asked_by=part.member.ref,
                )
            )
    return tuple(rules)


def _routes(part: Part, findings: Findings) -> Iterator[tuple[tuple[Condition, ...], Action]]:
    for field, host, path in _ordered_paths(part.member, findings):
        conditions = _conditions(part.member, host, path, field, findings)
        action = part.actions.get(path.backend)
        if action is not None:
            yield conditions, action


def _ordered_paths(member: Active, findings: Findings) -> Iterator[tuple[str, str, IngressPath]]:
    """Field, host and path: exact ones as written, then prefixes from the longest, then the others as written."""
    for r, rule in enumerate(member.ingress.rules):
        if not rule.http:
            continue
        numbered = list(enumerate(rule.paths))
        exact = [(p, path) for p, path in numbered if path.path_type == _EXACT]
        prefix = [(p, path) for p, path in numbered if path.path_type == _PREFIX]
        rest = [(p, path) for p, path in numbered if path.path_type in _AS_WRITTEN]
        prefix.sort(key=lambda entry: -len(entry[1].path.encode()))
        for p, path in (*exact, *prefix, *rest):
            yield f"spec.rules[{r}].http.paths[{p}]", rule.host, path
        _refuse_unknown_types(member, r, rule, findings)


def _refuse_unknown_types(member: Active, number: int, rule: IngressRule, findings: Findings) -> None:
    for p, path in enumerate(rule.paths):
        if path.path_type not in (_EXACT, _PREFIX, *_AS_WRITTEN):
            field = f"spec.rules[{number}].http.paths[{p}].pathType"
            findings.problem(member.ref, Reason.INVALID_SPEC, f'the type "{path.path_type}" is not known', field=field)


def _conditions(member: Active, host: str, path: IngressPath, field: str, findings: Findings) -> tuple[Condition, ...]:
    if path.path_type in (_EXACT, _PREFIX) and _WILDCARDS & set(path.path):
        findings.problem(
            member.ref,
            Reason.INVALID_SPEC,
            f'"{path.path}" of type {path.path_type} must not contain * or ?;'
            " ImplementationSpecific takes them as wildcards",
            field=f"{field}.path",
        )
    conditions: list[Condition] = []
    if host:
        conditions.append(Condition(field="host-header", values=(host,)))
    if path.path:
        conditions.append(Condition(field="path-pattern", values=_patterns(path)))
    # A rule needs a condition; this one holds for every request.
    return tuple(conditions) or (Condition(field="path-pattern", values=("/*",)),)


def _patterns(path: IngressPath) -> tuple[str, ...]:
    if path.path_type != _PREFIX:
        return (path.path,)
    if path.path == "/":
        return ("/*",)
    stem = path.path.removesuffix("/")
    return (stem, f"{stem}/*")
