"""What the listeners and rules of a stack are compared by, the same for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.planner.core.desired import DesiredListener, DesiredRule
from services.planner.core.diff.actions import Arns
from services.planner.core.diff.given_secrets import has_new_secret, place_of_default, place_of_rule
from services.planner.core.quotas import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`arns`: of our target groups, by resource id; `kept`: keys of tags that are left alone; `given_secrets`: what
    standing rules are known to have been given; `quotas`: how much AWS takes."""

    arns: Arns
    kept: Iterable[str] = ()
    given_secrets: Mapping[str, str] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=Quotas)

    def rule_has_new_secret(self, port: int, rule: DesiredRule) -> bool:
        """Whether the rule that stands for this one is known to have been given another secret."""
        return has_new_secret(self.given_secrets, place_of_rule(port, rule.conditions), rule.actions)

    def default_has_new_secret(self, listener: DesiredListener) -> bool:
        """Whether the default actions that stand are known to have been given another secret."""
        return has_new_secret(self.given_secrets, place_of_default(listener.port), listener.default_actions)
