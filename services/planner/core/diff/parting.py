"""Deleted members of a group that cannot be built: they go, and the rest stays as it is.

An error never shrinks a stack, and no deletion waits for somebody else's mistake. So exactly what was made for the
deleted Ingresses goes: the rules that forward to their target groups, and these. What cannot be told to be theirs stays
until the group can be built again.
"""

from collections.abc import Iterable, Sequence

from services.planner.core.aws import Action, Forward, Listener, Rule, TargetGroup
from services.planner.core.build.listeners import NO_BACKEND
from services.planner.core.desired import Member
from services.planner.core.diff.actions import action_parameters
from services.planner.core.diff.leaving import drain_groups, release_members, resource_prefix, said_of
from services.planner.core.diff.observed import Observed, listeners_of, rules_of
from services.planner.core.draft import Draft
from services.planner.core.inputs import StackInput
from services.planner.core.outcomes import Planned
from services.planner.core.plans import ChangeAction, FieldChange
from services.planner.core.problems import Reason


def plan_parting(inp: StackInput, members: Sequence[Member], observed: Observed) -> Planned:
    """Steps that take away what was made for these members and for nobody else."""
    draft, asker = Draft(), str(members[0].ref)
    groups = [g for g in observed.target_groups if any(_made_for(m, g, inp, observed) for m in members)]
    arns = frozenset(g.arn for g in groups)
    steps: list[str] = []
    for balancer in observed.load_balancers:
        for _, listener in sorted(listeners_of(inp.inventory, balancer).items()):
            if _forwards(listener.default_actions, arns):
                steps.append(_without_backend(draft, listener, asker))
            for rule in rules_of(inp.inventory, listener):
                if _forwards(rule.actions, arns):
                    steps.append(_delete_rule(draft, listener, rule, asker))
    waiting = drain_groups(draft, inp, groups, asker, steps)
    release_members(draft, inp, members, observed, waiting)
    return Planned(plan=draft.plan(inp.key), waits_for=said_of(waiting))


def _made_for(member: Member, group: TargetGroup, inp: StackInput, observed: Observed) -> bool:
    """Whether the group is that of a backend of the member. Its resource id runs the names of Ingress and Service
    together; the binding says where the one ends. Without one, an id that may be a sibling's counts as that."""
    resource, prefix = observed.resource(group.tags), resource_prefix(member)
    if not resource.startswith(prefix):
        return False
    bindings = [b for b in inp.bindings if b.target_group_arn == group.arn]
    if bindings:
        return any(resource == f"{prefix}{b.service_name}:{b.service_port}" for b in bindings)
    names = (f"{i.meta.namespace}/{i.meta.name}-" for i in inp.ingresses)
    return not any(resource.startswith(other) for other in names if other != prefix)


def _forwards(actions: Iterable[Action], arns: frozenset[str]) -> bool:
    return any(g.target_group in arns for action in actions if isinstance(action, Forward) for g in action.groups)


def _without_backend(draft: Draft, listener: Listener, asked_by: str) -> str:
    parameters = action_parameters((NO_BACKEND,), {})
    name = f"{listener.protocol}:{listener.port}"
    change = FieldChange(field="default_actions", new=parameters)
    draft.change("listener", name, ChangeAction.MODIFY, Reason.NOT_WANTED, asked_by, fields=[change])
    return draft.call(
        f"modify-listener-{listener.port}",
        "elbv2",
        "ModifyListener",
        {
            "ListenerArn": listener.arn,
            "Port": listener.port,
            "Protocol": listener.protocol,
            "DefaultActions": parameters,
        },
    )


def _delete_rule(draft: Draft, listener: Listener, rule: Rule, asked_by: str) -> str:
    name = f"{listener.port}:{rule.priority}"
    draft.change("rule", name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by, disruptive=True)
    return draft.call(f"delete-rule-{listener.port}-{rule.priority}", "elbv2", "DeleteRule", {"RuleArn": rule.arn})
