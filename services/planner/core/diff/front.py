"""The network load balancer in front of a stack's application load balancer (ingress behaviour, section 20).

Its target groups have one target each, the application load balancer at the port of one of its listeners. AWS takes a
target whose listener stands, and does not let go of a listener that is still a target's. So this is the order: the
listener behind, the registration, the listener in front; and back: the listener in front, the deregistration, the
target group, the listener behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.planner.core.aws import LoadBalancer, Target, TargetGroup
from services.planner.core.desired import DesiredFront, DesiredFrontGroup
from services.planner.core.diff.listeners import delete_listeners, diff_listeners
from services.planner.core.diff.load_balancers import create_load_balancer, delete_load_balancer, diff_load_balancer
from services.planner.core.diff.observed import Observed, Paired, listeners_of, paired
from services.planner.core.diff.tags import kept_keys
from services.planner.core.diff.target_groups import create_target_group, delete_target_group, diff_target_group
from services.planner.core.diff.terms import Terms
from services.planner.core.draft import Draft
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.plans import ChangeAction, Ref
from services.planner.core.problems import Reason
from services.planner.core.tags import FRONT

# What the target groups have as their target.
TARGET_TYPE = "alb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fronted:
    """What the steps came to. `hostname`: that of the load balancer in front; `released`: steps after which it uses
    nothing any more that is not wanted; `used`: listeners behind, by load balancer and port, that it uses until a later
    plan; `waits`: what for, in words; `again`: the next plan goes on at once."""

    hostname: str | Ref | None = None
    released: tuple[str, ...] = ()
    used: frozenset[Target] = frozenset()
    waits: tuple[str, ...] = ()
    again: bool = False


class Front:
    """Adds the steps to one draft. `behind`: ARN of the application load balancer; `standing`: that one, if it stands;
    `found`: standing target groups that serve as desired ones, by resource id."""

    def __init__(
        self,
        draft: Draft,
        inp: StackInput,
        observed: Observed,
        found: Mapping[str, TargetGroup],
        *,
        behind: str | Ref,
        standing: LoadBalancer | None,
        asked_by: str,
    ) -> None:
        self._draft, self._inp, self._observed, self._found = draft, inp, observed, found
        self._behind, self._standing, self._asker = behind, standing, asked_by
        self._target_groups = [g for g in observed.target_groups if g.target_type == TARGET_TYPE]

    def leave(self) -> Fronted:
        """Nothing is to stand in front."""
        ours = [b for b in self._observed.load_balancers if self._observed.resource(b.tags) == FRONT]
        gone = [delete_load_balancer(self._draft, b, self._asker) for b in ours]
        return Fronted(released=drop_front_groups(self._draft, self._inp, self._target_groups, self._asker, gone))

    def stay(self, desired: DesiredFront) -> Fronted:
        """It is left as it is, because the load balancer behind it has not taken over from another one yet."""
        stays = paired(desired.load_balancer, self._observed).stays
        return Fronted(hostname=stays.dns_name.lower() if stays else None, used=self._used(self._target_groups))

    def stand(self, desired: DesiredFront, groups: Sequence[str | Ref]) -> Fronted:
        """It is made as desired; `groups`: its security groups."""
        pair = paired(desired.load_balancer, self._observed)
        arn, hostname = self._load_balancer(pair, groups)
        arns = {g.resource_id: self._target_group(g) for g in desired.target_groups}
        registered = [self._register(g, arns[g.resource_id]) for g in desired.target_groups if not self._serves(g)]
        shifted = self._listeners(desired, pair, arn, arns, registered)
        replaced = pair.stays is not None and all(map(self._serves, desired.target_groups))
        outgoing = pair.outgoing if replaced else ()
        gone = [delete_load_balancer(self._draft, b, self._asker, shifted) for b in outgoing]
        waiting = {b.arn for b in pair.outgoing if not replaced}
        serving = {g.arn for g in self._found.values()}
        used = [g for g in self._target_groups if g.arn in serving or waiting & {*g.load_balancers}]
        surplus = [g for g in self._target_groups if g not in used]
        return Fronted(
            hostname=hostname,
            released=drop_front_groups(self._draft, self._inp, surplus, self._asker, [*shifted, *gone]),
            used=self._used(used),
            waits=tuple(f"load balancer {b.name} to be replaced" for b in pair.outgoing if not replaced),
            again=bool(waiting),
        )

    def _load_balancer(self, pair: Paired, groups: Sequence[str | Ref]) -> tuple[str | Ref, str | Ref]:
        part, stays = self._draft.part(FRONT), pair.stays
        if stays is None:
            replaces = next(iter(pair.outgoing), None)
            return create_load_balancer(part, pair.desired, groups, self._asker, replaces=replaces)
        kept = kept_keys(self._inp.cluster)
        diff_load_balancer(part, pair.desired, stays, groups, kept=kept, asked_by=self._asker)
        return stays.arn, stays.dns_name.lower()

    def _target_group(self, group: DesiredFrontGroup) -> str | Ref:
        standing = self._found.get(group.resource_id)
        if standing is not None:
            diff_target_group(self._draft, group, standing, kept_keys(self._inp.cluster))
            return standing.arn
        same = (g for g in self._target_groups if self._observed.resource(g.tags) == group.resource_id)
        return create_target_group(self._draft, group, self._inp.cluster.vpc_id, next(same, None))

    def _listeners(
        self,
        desired: DesiredFront,
        pair: Paired,
        arn: str | Ref,
        arns: Mapping[str, str | Ref],
        registered: Sequence[str],
    ) -> list[str]:
        """The steps of the listeners; answers those after which no listener uses what is not wanted."""
        found = listeners_of(self._inp.inventory, pair.stays) if pair.stays is not None else {}
        part = self._draft.part(FRONT, registered)
        steps = diff_listeners(
            part,
            self._inp.inventory,
            arn,
            desired.listeners,
            found,
            terms=Terms(
                arns=arns,
                kept=self._inp.cluster.external_managed_tags,
                tagged=Gate.LISTENER_RULES_TAGGING in self._inp.cluster.gates,
            ),
            asked_by=self._asker,
        )
        return [*steps, *delete_listeners(part, desired.listeners, found, asked_by=self._asker)]

    def _serves(self, group: DesiredFrontGroup) -> bool:
        """Whether the target group stands and has the load balancer behind as its target."""
        standing = self._found.get(group.resource_id)
        if standing is None or self._standing is None:
            return False
        wanted = Target(id=self._standing.arn, port=group.listener_port)
        return wanted in registered_targets(self._inp, standing)

    def _register(self, group: DesiredFrontGroup, arn: str | Ref) -> str:
        behind = f"create-listener-{group.listener_port}"
        target = f"load balancer behind {group.name}:{group.listener_port}"
        self._draft.change("target", target, ChangeAction.CREATE, Reason.TARGET_ADDED, self._asker)
        return self._draft.call(
            f"register-{group.name}",
            "elbv2",
            "RegisterTargets",
            {"TargetGroupArn": arn, "Targets": [{"Id": self._behind, "Port": group.listener_port}]},
            [behind] if behind in self._draft.step_ids else [],
        )

    def _used(self, groups: Iterable[TargetGroup]) -> frozenset[Target]:
        return frozenset(target for group in groups for target in registered_targets(self._inp, group))


def drop_front_groups(
    draft: Draft, inp: StackInput, groups: Iterable[TargetGroup], asked_by: str, after: Sequence[str]
) -> tuple[str, ...]:
    """Steps that empty and delete target groups that no listener uses after the given steps; answers them and those."""
    steps = list(after)
    for group in groups:
        targets = registered_targets(inp, group)
        emptied = list(after)
        if targets:
            entries = [{"Id": t.id, "Port": t.port} for t in targets]
            parameters = {"TargetGroupArn": group.arn, "Targets": entries}
            emptied = [draft.call(f"deregister-{group.name}", "elbv2", "DeregisterTargets", parameters, after)]
            for target in targets:
                name = f"{target.id}:{target.port}"
                draft.change("target", name, ChangeAction.DELETE, Reason.TARGET_REMOVED, asked_by)
        steps += [*emptied, delete_target_group(draft, group, asked_by, emptied)]
    return tuple(dict.fromkeys(steps))


def registered_targets(inp: StackInput, group: TargetGroup) -> tuple[Target, ...]:
    """The targets of the group that are not on their way out, as far as they are known."""
    known = inp.inventory.targets.get(group.arn, {})
    return tuple(sorted(target for target, health in known.items() if not health.going))
