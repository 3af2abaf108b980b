"""A world that remembers what AWS holds apart from what the planner knows of it, and refuses what AWS refuses.

`truth` is AWS; `inventory` what the planner knows, which `forget` empties as a restart does. Steps run in any order
that their graph allows, and may stop after any of them. What a call must never do, whoever asks, fails the test.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.planner.core.aws import Forward, Inventory
from services.planner.core.diff.bindings import FINALIZER, observed_spec
from services.planner.core.diff.observed import observe
from services.planner.core.fold import fold
from services.planner.core.keys import BindingKey, Key, StackKey, StackKind
from services.planner.core.outcomes import Lookup, LookupKind, Needs, Planned
from services.planner.core.parse import permissions
from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Step, Verb
from services.planner.core.tags import is_of_stack
from services.planner.core.targets.permissions import covered
from services.planner.core.updates import apply
from tests.unit.planner_core.simulated import CLUSTER, World, network_of_three_zones, resolve, shared

_SCOPED: Mapping[LookupKind, str] = {
    LookupKind.INSTANCE_INTERFACES: "instances",
    LookupKind.ADDRESS_INTERFACES: "addresses",
    LookupKind.SECURITY_GROUPS: "groups",
    LookupKind.SECURITY_GROUP_NAMES: "group_names",
}


@dataclass
class StrictWorld(World):
    """`luck` decides every order that the graph leaves open. `lookups` counts questions by kind."""

    truth: Inventory = field(default_factory=network_of_three_zones)
    luck: random.Random = field(default_factory=random.Random)
    lookups: list[Lookup] = field(default_factory=list)

    # --- what the planner knows ---

    def forget(self, *, filled: bool) -> None:
        """What a planner knows that just started: everything but attributes and targets, or (not filled) nothing."""
        fresh = Inventory()
        if filled:
            fresh = replace(
                self.truth,
                load_balancers={a: replace(b, attributes=None) for a, b in self.truth.load_balancers.items()},
                target_groups={a: replace(g, attributes=None) for a, g in self.truth.target_groups.items()},
                targets={},
                partial_targets=frozenset(),
            )
        self.inventory = fresh

    def look_up(self, key: Key, lookup: Lookup) -> None:
        """Answers one question from the truth."""
        self.lookups.append(lookup)
        known, truth = self.inventory, self.truth
        knowledge = known.knowledge
        match lookup.kind:
            case LookupKind.STACK:
                assert isinstance(key, StackKey)
                known = self._with_stack(key, lookup)
                knowledge = replace(knowledge, stacks=knowledge.stacks | {key})
            case LookupKind.NETWORK:
                known = replace(known, vpc=truth.vpc, subnets=truth.subnets, zones=truth.zones)
                knowledge = replace(knowledge, network=True)
            case LookupKind.CLUSTER_SECURITY_GROUPS:
                tags = {"kubernetes.io/cluster/rig", "elbv2.k8s.aws/cluster"}
                known = self._with_groups(i for i, s in truth.security_groups.items() if tags & s.tags.keys())
                knowledge = replace(knowledge, cluster_groups=True)
            case LookupKind.SECURITY_GROUP_NAMES:
                known = self._with_groups(
                    i for i, s in truth.security_groups.items() if s.tags.get("Name") in lookup.keys
                )
            case LookupKind.SECURITY_GROUPS:
                known = self._with_groups(lookup.keys)
            case LookupKind.INSTANCE_INTERFACES | LookupKind.ADDRESS_INTERFACES:
                known = replace(known, interfaces=truth.interfaces)
            case LookupKind.ATTRIBUTES:
                balancers = {a: b for a, b in truth.load_balancers.items() if a in lookup.keys}
                groups = {a: g for a, g in truth.target_groups.items() if a in lookup.keys}
                known = replace(
                    known,
                    load_balancers={**known.load_balancers, **balancers},
                    target_groups={**known.target_groups, **groups},
                )
            case LookupKind.TARGETS:
                read_targets = {a: truth.targets.get(a, {}) for a in lookup.keys}
                known = replace(
                    known,
                    targets={**known.targets, **read_targets},
                    partial_targets=known.partial_targets - set(lookup.keys),
                )
            case _:
                raise AssertionError(lookup)
        if lookup.kind in _SCOPED:
            name = _SCOPED[lookup.kind]
            knowledge = replace(knowledge, **{name: getattr(knowledge, name) | set(lookup.keys)})
        self.inventory = replace(known, knowledge=knowledge)

    def _with_groups(self, ids: Iterable[str]) -> Inventory:
        found = {i: self.truth.security_groups[i] for i in ids if i in self.truth.security_groups}
        return replace(self.inventory, security_groups={**self.inventory.security_groups, **found})

    def _with_stack(self, key: StackKey, lookup: Lookup) -> Inventory:
        known, truth, names = self.inventory, self.truth, set(lookup.keys)

        def unread(found: Any, prefix: str) -> bool:
            return is_of_stack(found.tags, cluster=CLUSTER, key=key) or f"{prefix}:{found.name}" in names

        balancers = {a: replace(b, attributes=None) for a, b in truth.load_balancers.items() if unread(b, "lb")}
        groups = {a: replace(g, attributes=None) for a, g in truth.target_groups.items() if unread(g, "tg")}
        listeners = {a: x for a, x in truth.listeners.items() if x.load_balancer_arn in balancers}
        security = {i: s for i, s in truth.security_groups.items() if unread(s, "sg")}
        return replace(
            known,
            load_balancers={**known.load_balancers, **balancers},
            target_groups={**known.target_groups, **groups},
            listeners={**known.listeners, **listeners},
            rules={**known.rules, **{a: r for a, r in truth.rules.items() if r.listener_arn in listeners}},
            security_groups={**known.security_groups, **security},
        )

    # --- planning until nothing is left to do ---

    def settle(self, rounds: int = 60) -> None:
        """Plans, asks and executes in any order of keys, until nothing is left to do and nothing drains."""
        for _ in range(rounds):
            if not self.one_round() and not self._drain():
                return
        raise AssertionError("it never settles")

    def one_round(self) -> bool:
        """Every key once; answers whether anything was done."""
        busy = False
        keys = self.all_keys()
        self.luck.shuffle(keys)
        for key in keys:
            if isinstance(key, BindingKey) and key not in self.bindings:
                continue
            if isinstance(key, StackKey) and key.name not in self.ingresses:
                continue
            outcome = self.outcome(key)
            if isinstance(outcome, Needs):
                for lookup in outcome.lookups:
                    self.look_up(key, lookup)
                busy = busy or bool(outcome.lookups)
            elif isinstance(outcome, Planned):
                plan = (outcome.tidying if outcome.plan.empty else outcome.plan) or outcome.plan
                busy = busy or not plan.empty
                self.execute(plan)
        return busy

    def _drain(self) -> bool:
        """Lets every draining target go, in AWS and, as the tracker tells it, in what the planner knows."""
        draining = any(h.state == "draining" for t in self.truth.targets.values() for h in t.values())
        for name in ("truth", "inventory"):
            inventory: Inventory = getattr(self, name)
            rest = {a: {t: h for t, h in ts.items() if h.state != "draining"} for a, ts in inventory.targets.items()}
            setattr(self, name, replace(inventory, targets=rest))
        return draining

    # --- executing ---

    def execute(self, plan: Plan) -> None:
        """All steps, in some order that the graph allows."""
        self.execute_some(plan, len(plan.steps))

    def execute_some(self, plan: Plan, count: int) -> None:
        """The first `count` steps of some order that the graph allows."""
        answers: dict[str, Any] = {}
        waiting: list[Step] = list(plan.steps)
        for _ in range(count):
            ready = [s for s in waiting if set(s.depends_on) <= answers.keys()]
            if not ready:
                return
            step = self.luck.choice(ready)
            waiting.remove(step)
            if self._refused(step):
                continue
            if isinstance(step.work, AwsCall):
                sent = AwsCall(
                    service=step.work.service,
                    operation=step.work.operation,
                    parameters=resolve(step.work.parameters, answers),
                )
                answers[step.id] = self.call(sent)
            else:
                answers[step.id] = self.write(replace(step.work, body=resolve(step.work.body, answers)))

    def _refused(self, step: Step) -> bool:
        """Whether AWS refuses what nobody could know beforehand: targets of a group that does not exist."""
        if not isinstance(step.work, AwsCall) or step.work.operation not in ("RegisterTargets", "DeregisterTargets"):
            return False
        return step.work.parameters["TargetGroupArn"] not in self.truth.target_groups

    def call(self, call: AwsCall) -> Mapping[str, Any]:
        self.calls.append(call)
        check = _CHECKS.get(call.operation)
        if check is not None:
            check(self, call.parameters)
        known = self.inventory
        self.inventory = self.truth
        answer = self.answer(call.operation, call.parameters)
        self.inventory = apply(known, fold(known, call, answer))
        self.truth = apply(self.truth, fold(self.truth, call, answer))
        self._lose_targets_of_idle_groups()
        return answer

    def _lose_targets_of_idle_groups(self) -> None:
        used = {g for g, _ in self.users()}
        rest = {
            a: {t: h for t, h in ts.items() if a in used or h.state != "draining"}
            for a, ts in self.truth.targets.items()
        }
        self.truth = replace(self.truth, targets=rest)

    def write(self, write: KubernetesWrite) -> dict[str, Any]:
        key = BindingKey(namespace=write.namespace, name=write.name)
        body = write.body or {}
        if write.resource == "targetgroupbindings":
            if write.verb is Verb.CREATE:
                assert key not in self.bindings, "AlreadyExists"
            elif write.uid and key in self.bindings:
                assert write.uid == self.bindings[key].meta.uid, "Conflict"
            write = merge_binding_patch(self, write)
        if write.resource == "ingresses" and "finalizers" in body.get("metadata", {}):
            self._check_finalizers(write.name, body["metadata"]["finalizers"])
        return super().write(write)

    def _check_finalizers(self, name: str, finalizers: list[str]) -> None:
        if finalizers:
            return
        key = StackKey(kind=StackKind.INGRESS, namespace="game", name=name)
        assert observe(self.truth, CLUSTER, key).empty, "finalizer removed while resources stand"
        if not any(n != name and not i.meta.deleting for n, i in self.ingresses.items()):
            known, self.inventory = self.inventory, self.truth
            standing = shared(self)
            self.inventory = known
            assert standing is None, "finalizer removed while the shared group stands"

    # --- what is used by what ---

    def users(self) -> Iterator[tuple[str, str]]:
        """Pairs of a target group's ARN and a load balancer's whose listeners or rules forward to it."""
        for listener in self.truth.listeners.values():
            rules = [r.actions for r in self.truth.rules.values() if r.listener_arn == listener.arn]
            for actions in (listener.default_actions, *rules):
                for action in actions:
                    if isinstance(action, Forward):
                        for group in action.groups:
                            yield group.target_group, listener.load_balancer_arn


Parameters = Mapping[str, Any]


def _new_load_balancer(world: StrictWorld, sent: Parameters) -> None:
    assert all(b.name != sent["Name"] for b in world.truth.load_balancers.values()), "DuplicateLoadBalancerName"
    assert all(g in world.truth.security_groups for g in sent["SecurityGroups"]), "InvalidSecurityGroup"
    _finalized(world, sent)


def _new_target_group(world: StrictWorld, sent: Parameters) -> None:
    assert all(g.name != sent["Name"] for g in world.truth.target_groups.values()), "DuplicateTargetGroupName"
    _finalized(world, sent)


def _new_listener(world: StrictWorld, sent: Parameters) -> None:
    arn = sent["LoadBalancerArn"]
    assert arn in world.truth.load_balancers, "LoadBalancerNotFound"
    ports = [x.port for x in world.truth.listeners.values() if x.load_balancer_arn == arn]
    assert sent["Port"] not in ports, "DuplicateListener"
    _forwards(world, sent["DefaultActions"], arn)
    _finalized(world, sent)


def _new_rule(world: StrictWorld, sent: Parameters) -> None:
    listener = world.truth.listeners[sent["ListenerArn"]]
    taken = [r.priority for r in world.truth.rules.values() if r.listener_arn == listener.arn]
    assert sent["Priority"] not in taken, "PriorityInUse"
    _forwards(world, sent["Actions"], listener.load_balancer_arn)
    _finalized(world, sent)


def _changed_rule(world: StrictWorld, sent: Parameters) -> None:
    listener = world.truth.listeners[world.truth.rules[sent["RuleArn"]].listener_arn]
    _forwards(world, sent["Actions"], listener.load_balancer_arn)


def _changed_listener(world: StrictWorld, sent: Parameters) -> None:
    _forwards(world, sent["DefaultActions"], world.truth.listeners[sent["ListenerArn"]].load_balancer_arn)


def _forwards(world: StrictWorld, actions: list[dict[str, Any]], balancer: str) -> None:
    for action in actions:
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            arn = group["TargetGroupArn"]
            assert arn in world.truth.target_groups, "TargetGroupNotFound"
            others = {b for g, b in world.users() if g == arn} - {balancer}
            assert not others, "TargetGroupAssociationLimit"


def _shifted(world: StrictWorld, sent: Parameters) -> None:
    moved = {m["RuleArn"]: m["Priority"] for m in sent["RulePriorities"]}
    listeners = {world.truth.rules[a].listener_arn for a in moved}
    for listener in listeners:
        after = [moved.get(a, r.priority) for a, r in world.truth.rules.items() if r.listener_arn == listener]
        assert len(after) == len(set(after)), "PriorityInUse"


def _gone_target_group(world: StrictWorld, sent: Parameters) -> None:
    assert sent["TargetGroupArn"] in world.truth.target_groups, "TargetGroupNotFound"
    assert sent["TargetGroupArn"] not in {g for g, _ in world.users()}, "ResourceInUse"


def _gone_security_group(world: StrictWorld, sent: Parameters) -> None:
    id_ = sent["GroupId"]
    assert all(id_ not in b.security_groups for b in world.truth.load_balancers.values()), "DependencyViolation"
    rules = (p for g in world.truth.security_groups.values() for p in g.permissions)
    assert all(p.group != id_ for p in rules), "DependencyViolation"
    assert id_ in world.truth.security_groups, "InvalidGroup.NotFound"


def _new_security_group(world: StrictWorld, sent: Parameters) -> None:
    assert all(g.name != sent["GroupName"] for g in world.truth.security_groups.values()), "InvalidGroup.Duplicate"
    tags = {t["Key"]: t["Value"] for t in sent["TagSpecifications"][0]["Tags"]}
    if tags.get("elbv2.k8s.aws/resource") != "backend-sg":
        _finalized(world, {"Tags": [{"Key": k, "Value": v} for k, v in tags.items()]})


def _authorized(world: StrictWorld, sent: Parameters) -> None:
    standing = {p.identity for p in world.truth.security_groups[sent["GroupId"]].permissions}
    assert all(p.identity not in standing for p in permissions(sent["IpPermissions"])), "InvalidPermission.Duplicate"


def _revoked(world: StrictWorld, sent: Parameters) -> None:
    standing = {p.identity for p in world.truth.security_groups[sent["GroupId"]].permissions}
    gone = {p.identity for p in permissions(sent["IpPermissions"])}
    assert gone <= standing, "InvalidPermission.NotFound"
    if sent["GroupId"] != "sg-node":
        return
    rest = [p for p in world.truth.security_groups[sent["GroupId"]].permissions if p.identity not in gone]
    for arn in {g for g, _ in world.users() if world.truth.target_groups[g].target_type != "alb"}:
        ports = {t.port for t in world.truth.targets.get(arn, {})}
        for need in permissions(sent["IpPermissions"]):
            if need.group not in world.truth.security_groups:
                continue
            for port in ports & set(range(need.from_port or 0, (need.to_port or 0) + 1)):
                assert covered(replace(need, from_port=port, to_port=port), rest), "revoked under a target"


def _registered(world: StrictWorld, sent: Parameters) -> None:
    arn = sent["TargetGroupArn"]
    if world.truth.target_groups[arn].target_type == "alb":
        return
    bindings = [b for b in world.bindings.values() if b.target_group_arn == arn]
    assert bindings, "registered without binding"
    assert all(FINALIZER in b.meta.finalizers for b in bindings), "registered without finalizer"
    known, world.inventory = world.inventory, world.truth
    group = shared(world)
    world.inventory = known
    assert group is not None
    behind = {g for interface in world.truth.interfaces.values() for g in interface.groups}
    opened = [p for g in behind for p in world.truth.security_groups[g].permissions if p.group == group.id]
    for target in sent["Targets"]:
        assert any((p.from_port or 0) <= target["Port"] <= (p.to_port or 0) for p in opened), "registered ungranted"


def _finalized(world: StrictWorld, sent: Parameters) -> None:
    tags = {t["Key"]: t["Value"] for t in sent["Tags"]}
    name = tags["ingress.k8s.aws/stack"].split("/")[1]
    assert world.ingresses[name].meta.finalizers, "created before the finalizer"


_CHECKS: Mapping[str, Callable[[StrictWorld, Parameters], None]] = {
    "CreateLoadBalancer": _new_load_balancer,
    "CreateTargetGroup": _new_target_group,
    "CreateListener": _new_listener,
    "CreateRule": _new_rule,
    "CreateSecurityGroup": _new_security_group,
    "ModifyRule": _changed_rule,
    "ModifyListener": _changed_listener,
    "SetRulePriorities": _shifted,
    "DeleteTargetGroup": _gone_target_group,
    "DeleteSecurityGroup": _gone_security_group,
    "AuthorizeSecurityGroupIngress": _authorized,
    "RevokeSecurityGroupIngress": _revoked,
    "RegisterTargets": _registered,
}


def merge_binding_patch(world: World, write: KubernetesWrite) -> KubernetesWrite:
    """The write with the whole spec that a patch of a binding's spec makes; any other write as it is."""
    key = BindingKey(namespace=write.namespace, name=write.name)
    body = write.body or {}
    if write.resource != "targetgroupbindings" or write.verb is not Verb.MERGE_PATCH or "spec" not in body:
        return write
    return replace(write, body={**body, "spec": merged(observed_spec(world.bindings[key]), body["spec"])})


def merged(old: Any, patch: Any) -> Any:
    """A JSON merge patch applied (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    base = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = merged(base.get(key), value)
    return base
