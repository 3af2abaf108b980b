"""Rules of a listener: order and priorities (ingress behaviour, sections 11.1 and 12)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.planner.core import tags
from services.planner.core.annotations.conditions import NO_CONDITIONS
from services.planner.core.annotations.ingress.routing import ACTIONS, CONDITIONS
from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, Condition, FixedResponse, Forward
from services.planner.core.build.conditions import AS_WRITTEN, EXACT, PREFIX, build_conditions
from services.planner.core.build.optimiser import is_shadowed, redirects, redirects_to_itself
from services.planner.core.build.part import Part, Waiting, wait
from services.planner.core.build.redirect import refused_redirect
from services.planner.core.build.splitting import split_conditions
from services.planner.core.desired import DesiredRule
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.objects import IngressPath, IngressRule
from services.planner.core.outcomes import Lookup, LookupKind
from services.planner.core.overlap import may_meet
from services.planner.core.problems import Reason
from services.planner.core.quotas import Quotas, quotas_of

NOT_READY = FixedResponse(status_code="503", content_type="text/plain", body="Backend is not ready yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """`field`: what asks for its conditions."""

    part: Part
    field: str
    backend: str
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...] | Waiting
    transforms: str


def build_rules(
    inp: StackInput,
    parts: Iterable[Part],
    *,
    listener_port: int,
    protocol: ListenerProtocol,
    findings: Findings,
) -> tuple[DesiredRule, ...]:
    """One rule for each path of each member, or several where it has more values than one rule takes, in the group's
    order, numbered from 1; those that can do nothing are left out. A path whose backend has no route is left out, a
    problem was found there."""
    kept: list[_Draft] = []
    redirected: list[tuple[Condition, ...]] = []
    quotas = quotas_of(inp.cluster.quota_overrides, inp.inventory)
    for draft in (d for part in parts for d in _drafts(part, protocol, findings)):
        if isinstance(draft.actions, Waiting):
            wait(draft.part.member, draft.actions, findings)
        elif redirects_to_itself(draft.conditions, draft.actions, listener_port, protocol):
            continue
        if is_shadowed(draft.conditions, redirected):
            continue
        kept += _split(quotas, draft, findings)
        if not isinstance(draft.actions, Waiting) and redirects(draft.actions):
            redirected.append(draft.conditions)
            _check_redirect(draft, draft.actions, listener_port, protocol, findings)
    return tuple(_rule(inp, kept, number, listener_port) for number in range(len(kept)))


def _split(quotas: Quotas, draft: _Draft, findings: Findings) -> list[_Draft]:
    split = split_conditions(draft.conditions, quotas)
    if split == (draft.conditions,):
        return [draft]
    if not quotas.final:
        findings.ask(Lookup(kind=LookupKind.ACCOUNT_LIMITS))
    elif not split:
        message = (
            f"a rule takes {quotas.condition_values_per_rule} values and {quotas.wildcards_per_rule} wildcards in its"
            f" conditions, and a load balancer {quotas.rules_per_load_balancer} rules: they cannot be split"
            " into so many"
        )
        findings.problem(draft.part.member.ref, Reason.QUOTA_EXCEEDED, message, field=draft.field)
    return [replace(draft, conditions=conditions) for conditions in split]


def _check_redirect(
    draft: _Draft, actions: Iterable[Action], port: int, protocol: ListenerProtocol, findings: Findings
) -> None:
    refused = refused_redirect(actions, port, protocol)
    if refused:
        field = f"{ACTIONS.key}{draft.backend}"
        findings.problem(draft.part.member.ref, Reason.INVALID_ANNOTATION, refused, field=field)


def _rule(inp: StackInput, drafts: Sequence[_Draft], number: int, port: int) -> DesiredRule:
    draft, priority = drafts[number], number + 1
    return DesiredRule(
        priority=priority,
        conditions=draft.conditions,
        actions=_stand_in(drafts, number) if isinstance(draft.actions, Waiting) else draft.actions,
        transforms=draft.transforms,
        tags=tags.resource_tags(
            cluster=inp.cluster, key=inp.key, resource_id=f"{port}:{priority}", asked=draft.part.tags
        ),
        asked_by=draft.part.member.ref,
        waits_for=draft.actions.what if isinstance(draft.actions, Waiting) else "",
    )


def _stand_in(drafts: Sequence[_Draft], number: int) -> tuple[Action, ...]:
    """What a rule that waits does meanwhile: nothing, unless a later one could take its requests to a target, past what
    this one asks of them."""
    behind = (d for d in drafts[number + 1 :] if not isinstance(d.actions, Waiting) and _forwards(d.actions))
    return (NOT_READY,) if any(may_meet(drafts[number].conditions, d.conditions) for d in behind) else ()


def _forwards(actions: Iterable[Action]) -> bool:
    return any(isinstance(action, Forward) for action in actions)


def _drafts(part: Part, protocol: ListenerProtocol, findings: Findings) -> Iterator[_Draft]:
    for field, host, path in _ordered_paths(part.member, findings):
        route = part.routes.get(path.backend)
        if route is not None:
            conditions = build_conditions(part.member, route, host, path, field, findings)
            yield _Draft(
                part=part,
                field=f"{CONDITIONS.key}{path.backend.service_name}" if route.conditions != NO_CONDITIONS else field,
                backend=path.backend.service_name,
                conditions=conditions,
                actions=route.actions_on(protocol),
                transforms=route.transforms,
            )


def _ordered_paths(member: Active, findings: Findings) -> Iterator[tuple[str, str, IngressPath]]:
    """Field, host and path: exact ones as written, then prefixes from the longest, then the others as written."""
    for r, rule in enumerate(member.ingress.rules):
        if not rule.http:
            continue
        numbered = list(enumerate(rule.paths))
        exact = [(p, path) for p, path in numbered if path.path_type == EXACT]
        prefix = [(p, path) for p, path in numbered if path.path_type == PREFIX]
        rest = [(p, path) for p, path in numbered if path.path_type in AS_WRITTEN]
        prefix.sort(key=lambda entry: -len(entry[1].path.encode()))
        for p, path in (*exact, *prefix, *rest):
            yield f"spec.rules[{r}].http.paths[{p}]", rule.host, path
        _refuse_unknown_types(member, r, rule, findings)


def _refuse_unknown_types(member: Active, number: int, rule: IngressRule, findings: Findings) -> None:
    for p, path in enumerate(rule.paths):
        if path.path_type not in (EXACT, PREFIX, *AS_WRITTEN):
            field = f"spec.rules[{number}].http.paths[{p}].pathType"
            findings.problem(member.ref, Reason.INVALID_SPEC, f'the type "{path.path_type}" is not known', field=field)
