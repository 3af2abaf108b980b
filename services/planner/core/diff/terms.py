"""What the listeners and rules of a stack are compared by, the same for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.planner.core.aws import Action, Authentication
from services.planner.core.diff.actions import Arns


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`arns`: of our target groups, by resource id; `kept`: keys of tags that are left alone; `given_secrets`: digests
    of the secrets that standing rules are known to have been given, by reference."""

    arns: Arns
    kept: Iterable[str] = ()
    given_secrets: Mapping[str, str] = field(default_factory=dict)

    def has_new_secret(self, actions: Iterable[Action]) -> bool:
        """Whether a secret of the actions is known to be another one than they were given."""
        secrets = [a.secret for a in actions if isinstance(a, Authentication) and a.secret is not None]
        return any(self.given_secrets.get(s.reference, s.digest) != s.digest for s in secrets)
