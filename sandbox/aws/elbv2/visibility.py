"""What is not found yet: AWS shows some resources only a while after they were created (aws-elbv2, section 4.3).

The service asks before each operation, and before it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.consistency import is_unseen
from sandbox.aws.elbv2.model import Listener, LoadBalancer, TargetGroup
from sandbox.aws.elbv2.refusals import RefusedError
from sandbox.aws.elbv2.store import Store

_Created = LoadBalancer | TargetGroup | Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sort:
    """One sort of resource that is found late."""

    code: str
    what: str
    key: str
    """Of the list in a Describe answer, and of the ARN in its items."""
    arn: str


_BALANCERS = _Sort(code="LoadBalancerNotFound", what="Load balancer", key="LoadBalancers", arn="LoadBalancerArn")
_GROUPS = _Sort(code="TargetGroupNotFound", what="Target group", key="TargetGroups", arn="TargetGroupArn")
_LISTENERS = _Sort(code="ListenerNotFound", what="Listener", key="Listeners", arn="ListenerArn")
_READS: Mapping[str, tuple[_Sort, str]] = {
    "DescribeLoadBalancers": (_BALANCERS, "LoadBalancerArns"),
    "DescribeLoadBalancerAttributes": (_BALANCERS, "LoadBalancerArn"),
    "DescribeTargetGroups": (_GROUPS, "TargetGroupArns"),
    "DescribeTargetGroupAttributes": (_GROUPS, "TargetGroupArn"),
    "DescribeListeners": (_LISTENERS, "ListenerArns"),
    "DescribeListenerAttributes": (_LISTENERS, "ListenerArn"),
    "CreateRule": (_LISTENERS, "ListenerArn"),
}
"""Operations that do not find what is new, with the parameter that names it."""


class Visibility:
    """Of one account and Region."""

    def __init__(self, store: Store, conditions: Conditions) -> None:
        self._conditions = conditions
        self._find: Mapping[_Sort, Callable[[str], _Created | None]] = {
            _BALANCERS: store.load_balancers.get,
            _GROUPS: store.target_groups.get,
            _LISTENERS: store.listeners.get,
        }

    def check(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """Refuse a call that names something new as if it were not there."""
        if operation not in _READS or not self._conditions.delays.read_after_create:
            return
        sort, parameter = _READS[operation]
        named = parameters.get(parameter, ())
        for arn in [named] if isinstance(named, str) else named:
            if self._is_new(sort, arn):
                raise RefusedError(sort.code, f"{sort.what} '{arn}' not found")

    def without_the_new(self, operation: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """An answer without what a listing does not show yet."""
        if operation not in _READS or not self._conditions.delays.read_after_create:
            return answer
        sort, _ = _READS[operation]
        if sort.key not in answer:
            return answer
        return {**answer, sort.key: [one for one in answer[sort.key] if not self._is_new(sort, one[sort.arn])]}

    def _is_new(self, sort: _Sort, arn: str) -> bool:
        found = self._find[sort](arn)
        window = self._conditions.delays.read_after_create
        return found is not None and is_unseen(found.created_at, self._conditions.clock.now(), window)
