"""Listeners of a load balancer: matched by port (ingress, sections 10 and 23)."""

from collections.abc import Iterable, Mapping

from services.planner.core.aws import Inventory, Listener
from services.planner.core.desired import DesiredListener
from services.planner.core.diff.actions import Arns, action_parameters, resolved
from services.planner.core.diff.observed import rules_of
from services.planner.core.diff.rules import create_rules, diff_rules
from services.planner.core.diff.tags import diff_elb_tags, tag_changes, tag_list
from services.planner.core.draft import Draft
from services.planner.core.plans import ChangeAction, FieldChange, Ref
from services.planner.core.problems import Reason

KIND = "listener"


def diff_listeners(
    draft: Draft,
    inventory: Inventory,
    load_balancer: str | Ref,
    desired: Iterable[DesiredListener],
    found: Mapping[int, Listener],
    *,
    arns: Arns,
    kept: Iterable[str],
    asked_by: str,
) -> list[str]:
    """Steps that make listeners and rules and bring them up to date; answers those after which no old forward is left
    in any listener that stays."""
    steps: list[str] = []
    for listener in sorted(desired, key=lambda s: s.port):
        port, old = listener.port, found.get(listener.port)
        if old is None:
            steps += _create(draft, load_balancer, listener, arns, asked_by)
        else:
            steps += _modify(draft, listener, old, arns=arns, kept=kept, asked_by=asked_by)
            steps += diff_rules(draft, port, old.arn, listener.rules, rules_of(inventory, old), arns=arns, kept=kept)
    return steps


def delete_listeners(
    draft: Draft,
    desired: Iterable[DesiredListener],
    found: Mapping[int, Listener],
    *,
    asked_by: str,
    after: Iterable[str] = (),
) -> list[str]:
    """Steps that delete the listeners that are not wanted any more; answers them."""
    wanted = {s.port for s in desired}
    return [_delete(draft, old, asked_by, after) for port, old in sorted(found.items()) if port not in wanted]


def _create(draft: Draft, load_balancer: str | Ref, listener: DesiredListener, arns: Arns, asked_by: str) -> list[str]:
    step = draft.call(
        f"create-listener-{listener.port}",
        "elbv2",
        "CreateListener",
        {
            "LoadBalancerArn": load_balancer,
            "Port": listener.port,
            "Protocol": listener.protocol,
            "DefaultActions": action_parameters(listener.default_actions, arns),
            "Tags": tag_list(listener.tags),
        },
    )
    draft.change(KIND, f"{listener.protocol}:{listener.port}", ChangeAction.CREATE, Reason.WANTED, asked_by)
    return [step, *create_rules(draft, listener.port, Ref(step, "Listeners[0].ListenerArn"), listener.rules, arns)]


def _modify(
    draft: Draft, listener: DesiredListener, old: Listener, *, arns: Arns, kept: Iterable[str], asked_by: str
) -> list[str]:
    fields: list[FieldChange] = []
    if listener.protocol != old.protocol:
        fields.append(FieldChange(field="protocol", old=old.protocol, new=listener.protocol))
    actions = resolved(listener.default_actions, arns)
    if actions != old.default_actions:
        fields.append(FieldChange(field="default_actions", new=action_parameters(listener.default_actions, arns)))
    steps = []
    if fields:
        steps.append(
            draft.call(
                f"modify-listener-{listener.port}",
                "elbv2",
                "ModifyListener",
                {
                    "ListenerArn": old.arn,
                    "Port": listener.port,
                    "Protocol": listener.protocol,
                    "DefaultActions": action_parameters(listener.default_actions, arns),
                },
            )
        )
    changes = tag_changes(listener.tags, old.tags, kept)
    fields += diff_elb_tags(draft, f"listener-{listener.port}", old.arn, changes)
    if fields:
        name = f"{listener.protocol}:{listener.port}"
        draft.change(KIND, name, ChangeAction.MODIFY, Reason.FIELDS_DIFFER, asked_by, fields=fields)
    return steps


def _delete(draft: Draft, old: Listener, asked_by: str, after: Iterable[str]) -> str:
    name = f"{old.protocol}:{old.port}"
    draft.change(KIND, name, ChangeAction.DELETE, Reason.NOT_WANTED, asked_by, disruptive=True)
    return draft.call(f"delete-listener-{old.port}", "elbv2", "DeleteListener", {"ListenerArn": old.arn}, after)
