"""What the listeners and rules of a stack are compared by, the same for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.planner.core.desired import DesiredListener, DesiredRule
from services.planner.core.diff.actions import Arns
from services.planner.core.diff.given_secrets import has_new_secret, place_of_default, place_of_rule
from services.planner.core.diff.tags import tag_changes, tag_list
from services.planner.core.plans import Json
from services.planner.core.quotas import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`arns`: of our target groups, by resource id; `kept`: keys of tags that are left alone; `given_secrets`: what
    standing rules are known to have been given; `quotas`: how much AWS takes; `tagged`: listeners and rules have tags,
    otherwise they get none, and those that stand are left alone."""

    arns: Arns
    kept: Iterable[str] = ()
    given_secrets: Mapping[str, str] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=Quotas)
    tagged: bool = True

    def tags_of_new(self, tags: Mapping[str, str]) -> dict[str, Json]:
        """The parameter of a create call that carries the tags, or none."""
        return {"Tags": tag_list(tags)} if self.tagged else {}

    def tag_changes(
        self, desired: Mapping[str, str], found: Mapping[str, str] | None
    ) -> tuple[dict[str, str], list[str]]:
        """Tags to set and keys to remove on what stands."""
        return tag_changes(desired, found if self.tagged else None, self.kept)

    def rule_has_new_secret(self, port: int, rule: DesiredRule) -> bool:
        """Whether the rule that stands for this one is known to have been given another secret."""
        return has_new_secret(self.given_secrets, place_of_rule(port, rule.conditions), rule.actions)

    def default_has_new_secret(self, listener: DesiredListener) -> bool:
        """Whether the default actions that stand are known to have been given another secret."""
        return has_new_secret(self.given_secrets, place_of_default(listener.port), listener.default_actions)
