"""What AWS takes of a stack: what goes past a quota is left out from the end, and who asked for it is told.

Called between build and diff. What stands in AWS is never left out: where more stands than the quota says, AWS has
granted more, and as much as that still fits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.planner.core.aws import Forward, Inventory, Listener
from services.planner.core.desired import DesiredFront, DesiredGroup, DesiredListener, DesiredStack
from services.planner.core.diff.observed import Observed, listeners_of, paired
from services.planner.core.fitting.permissions import fit_permissions
from services.planner.core.fitting.rules import fit_rules
from services.planner.core.problems import Problem, Reason
from services.planner.core.quotas import Quotas

__all__ = ["Fitted", "exposed_by", "fitted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """`desired`: the stack as far as there is room for it; `warnings`: on who does not get all, and `exposed`: why the
    stack has to stay as it is. `waiting`: more fits once what goes now is gone. `asks`: something went past a quota
    that AWS can be asked about."""

    desired: DesiredStack
    warnings: tuple[Problem, ...] = ()
    exposed: tuple[Problem, ...] = ()
    waiting: bool = False
    asks: bool = False


def fitted(desired: DesiredStack, observed: Observed, inventory: Inventory, quotas: Quotas) -> Fitted:
    """The stack without what there is no room for, and without target groups that only that forwards to and that do not
    stand."""
    if desired.load_balancer is None or not desired.active:
        return Fitted(desired=desired)
    stays = paired(desired.load_balancer, observed).stays
    standing = listeners_of(inventory, stays) if stays is not None else {}
    listeners, too_many = _fit_listeners(desired, standing, quotas)
    rules = fit_rules(replace(desired, listeners=listeners), observed, inventory, quotas)
    listeners = tuple(
        replace(s, rules=tuple(r for r in s.rules if (s.port, r.priority) not in rules.left_out)) for s in listeners
    )
    listeners, uncertified = _fit_certificates(desired, listeners, standing, quotas)
    group, closed = _fit_group(desired, observed, quotas)
    unused = _forwarded_to(desired.listeners) - _forwarded_to(listeners) - observed.by_resource.keys()
    return Fitted(
        desired=replace(
            desired,
            listeners=listeners,
            target_groups=tuple(g for g in desired.target_groups if g.resource_id not in unused),
            managed_group=group,
            front=_behind(desired.front, {s.port for s in desired.listeners} - {s.port for s in listeners}),
        ),
        warnings=(*too_many, *rules.warnings, *uncertified, *closed),
        exposed=rules.exposed,
        waiting=rules.waiting,
        asks=bool(too_many or rules.left_out or uncertified),
    )


def exposed_by(desired: DesiredStack, observed: Observed, inventory: Inventory, quotas: Quotas) -> tuple[Problem, ...]:
    """Why the stack cannot be as desired: without rules that it has no room for, what they protect would be open."""
    rules, groups = sum(len(s.rules) for s in desired.listeners), len(_forwarded_to(desired.listeners))
    most_groups = quotas.target_groups_per_load_balancer
    if rules <= quotas.rules_per_load_balancer and groups + len(observed.target_groups) <= most_groups:
        return ()
    return fitted(desired, observed, inventory, quotas).exposed


def _fit_listeners(
    desired: DesiredStack, standing: dict[int, Listener], quotas: Quotas
) -> tuple[tuple[DesiredListener, ...], tuple[Problem, ...]]:
    most = max(quotas.listeners_per_load_balancer, len(standing))
    kept = {s.port for s in desired.listeners} & standing.keys()
    new = sorted(s.port for s in desired.listeners if s.port not in kept)
    left_out = new[max(0, most - len(kept)) :]
    if not left_out:
        return desired.listeners, ()
    message = (
        f"{len(desired.listeners)} listeners are asked of the load balancer, which takes {most}: not made are those on"
        f" {_few(map(str, left_out))}"
    )
    return tuple(s for s in desired.listeners if s.port not in left_out), (_of_the_first(desired, message),)


def _fit_certificates(
    desired: DesiredStack, listeners: tuple[DesiredListener, ...], standing: dict[int, Listener], quotas: Quotas
) -> tuple[tuple[DesiredListener, ...], tuple[Problem, ...]]:
    """Those beside the default ones, of all listeners together."""
    there = {p: {*(x.extra_certificates or ())} - {*x.certificates[:1]} for p, x in standing.items()}
    most = max(quotas.certificates_per_load_balancer, sum(map(len, there.values())))
    asked = [(s.port, arn) for s in listeners for arn in s.certificates[1:]]
    stays = [(s.port, arn) for s in listeners if s.keeps_certificates for arn in there.get(s.port, ())]
    most -= len({*stays} - {*asked})
    if len(asked) <= most:
        return listeners, ()
    by_age = sorted(asked, key=lambda place: place[1] not in there.get(place[0], ()))
    left_out = {*by_age[most:]}
    message = (
        f"{len(asked)} certificates beside the default ones are asked of the load balancer, which takes {most}:"
        f" not added are {_few(arn for place in by_age[most:] for arn in place[1:])}"
    )
    fit = (
        replace(s, certificates=tuple(c for i, c in enumerate(s.certificates) if not i or (s.port, c) not in left_out))
        for s in listeners
    )
    return tuple(fit), (_of_the_first(desired, message),)


def _fit_group(
    desired: DesiredStack, observed: Observed, quotas: Quotas
) -> tuple[DesiredGroup | None, tuple[Problem, ...]]:
    """The managed security group with the inbound rules that it has room for."""
    group = desired.managed_group
    if group is None:
        return None, ()
    found = (g for g in observed.groups if observed.resource(g.tags) == group.resource_id)
    standing = next((g.permissions for g in found), frozenset())
    fit = fit_permissions(group.permissions, standing, quotas.rules_per_security_group)
    if not fit.left_out:
        return group, ()
    message = (
        f"{len(group.permissions)} inbound rules are asked of security group {group.name}, which takes"
        f" {quotas.rules_per_security_group} for IPv4 and as many for IPv6: {len(fit.left_out)} are not made"
    )
    return replace(group, permissions=fit.fitting), (_of_the_first(desired, message),)


def _behind(front: DesiredFront | None, gone: set[int]) -> DesiredFront | None:
    """The load balancer in front, without what needs listeners that are not made."""
    if front is None or not gone:
        return front
    groups = tuple(g for g in front.target_groups if g.listener_port not in gone)
    dropped = {g.resource_id for g in front.target_groups} - {g.resource_id for g in groups}
    listeners = tuple(s for s in front.listeners if not _forwarded_to((s,)) & dropped)
    return replace(front, target_groups=groups, listeners=listeners)


def _forwarded_to(listeners: Iterable[DesiredListener]) -> set[str]:
    actions = [action for s in listeners for action in s.default_actions]
    actions += [action for s in listeners for rule in s.rules for action in rule.actions]
    return {group.target_group for action in actions if isinstance(action, Forward) for group in action.groups}


def _of_the_first(desired: DesiredStack, message: str) -> Problem:
    """A warning about what no member asks for alone."""
    return Problem(where=desired.active[0].ref, reason=Reason.QUOTA_EXCEEDED, message=message)


def _few(names: Iterable[str]) -> str:
    """The names; of many of them the first three."""
    listed = list(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return f"{', '.join(listed[:3])}{more}"
