"""Conditions of one rule: those of the Ingress's rule and path, and those of the backend's annotation (ingress
behaviour, sections 11.2 and 11.3)."""

from services.planner.core.annotations.conditions import MAX_VALUE_LENGTH, Patterns
from services.planner.core.annotations.ingress.routing import CONDITIONS, USE_REGEX_PATH_MATCH
from services.planner.core.aws import Condition
from services.planner.core.build.part import Route
from services.planner.core.findings import Findings
from services.planner.core.members import Active
from services.planner.core.objects import IngressPath
from services.planner.core.parse.descriptions import canonical
from services.planner.core.problems import Reason

EXACT, PREFIX, AS_WRITTEN = "Exact", "Prefix", ("ImplementationSpecific", "")
_WILDCARDS = frozenset("*?")
# A rule needs a condition; this one holds for every request.
_EVERY_REQUEST = Condition(field="path-pattern", values=("/*",))


def build_conditions(
    member: Active, route: Route, host: str, path: IngressPath, field: str, findings: Findings
) -> tuple[Condition, ...]:
    """The conditions of the rule for one path. Plain values and regular expressions for one field are a problem of the
    annotation that brings the second of them."""
    if path.path_type in (EXACT, PREFIX) and _WILDCARDS & set(path.path):
        findings.problem(
            member.ref,
            Reason.INVALID_SPEC,
            f'"{path.path}" of type {path.path_type} must not contain * or ?;'
            " ImplementationSpecific takes them as wildcards",
            field=f"{field}.path",
        )
    own_host = (Patterns(values=(host,)),) if host else ()
    own_path = (_own_path(member, path),) if path.path else ()
    _check_lengths(member, own_path, field, findings)
    found = [
        *route.conditions.others,
        *_merged(member, "host-header", (*own_host, *route.conditions.hosts), path, findings),
        *_merged(member, "path-pattern", (*own_path, *route.conditions.paths), path, findings),
    ]
    return tuple(found) or (_EVERY_REQUEST,)


def _check_lengths(member: Active, patterns: tuple[Patterns, ...], field: str, findings: Findings) -> None:
    """Patterns that ELBv2 does not take; nothing is left of `/` where the rest of a path is a regular expression."""
    for pattern in (value for p in patterns for value in (*p.values, *p.regexes)):
        if not 1 <= len(pattern) <= MAX_VALUE_LENGTH:
            message = f'the path comes to the pattern "{pattern}"; patterns have 1 to {MAX_VALUE_LENGTH} characters'
            findings.problem(member.ref, Reason.INVALID_SPEC, message, field=f"{field}.path")


def _own_path(member: Active, path: IngressPath) -> Patterns:
    if path.path_type == PREFIX:
        stem = path.path.removesuffix("/")
        return Patterns(values=(stem, f"{stem}/*") if stem else ("/*",))
    if path.path_type in AS_WRITTEN and member.annotated.get(USE_REGEX_PATH_MATCH):
        return Patterns(regexes=(path.path[1:],))
    return Patterns(values=(path.path,))


def _merged(
    member: Active, name: str, patterns: tuple[Patterns, ...], path: IngressPath, findings: Findings
) -> tuple[Condition, ...]:
    values = tuple(value for p in patterns for value in p.values)
    regexes = tuple(regex for p in patterns for regex in p.regexes)
    if values and regexes:
        findings.problem(
            member.ref,
            Reason.INVALID_ANNOTATION,
            f"{name} has plain values ({', '.join(values)}) and regular expressions ({', '.join(regexes)}):"
            " a rule takes one or the other",
            field=f"{CONDITIONS.key}{path.backend.service_name}",
        )
    if regexes:
        return (Condition(field=name, json=canonical({"RegexValues": list(regexes)})),)
    return (Condition(field=name, values=values),) if values else ()
