"""The rates that AWS allows, as data: which token buckets a call takes from.

Sources: Elastic Load Balancing user guide, API throttling; Amazon EC2 developer guide, request throttling; Tag Editor
user guide, service quotas; ACM user guide and Route 53 developer guide, API rate quotas; AWS WAF developer guide,
quotas; IAM user guide, STS request quotas (600 a second, shared with everybody in the account: a tenth is taken). AWS's
page is of two minds about Elastic Load Balancing's reads (200/50 or 40/10) and names an account-wide bucket of 40/10
over all of its calls, which is therefore kept unless it is switched off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.executor.core.operations import Category, Operation
from services.executor.core.steps import Lane

ACCOUNT = "elb-account"
"""Name of the bucket that all Elastic Load Balancing calls of the account share."""

_OF_SWEEP = "~sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A token bucket: how many calls at once, and how many tokens come back per second."""

    burst: float
    per_second: float


DEFAULT_RATES: Mapping[str, Rate] = MappingProxyType(
    {
        Category.ELB_CREATE.value: Rate(burst=10, per_second=0.2),
        Category.ELB_REGISTRATION.value: Rate(burst=20, per_second=4),
        Category.ELB_READ.value: Rate(burst=200, per_second=50),
        Category.ELB_MUTATE.value: Rate(burst=20, per_second=3),
        ACCOUNT: Rate(burst=40, per_second=10),
        Category.EC2_READ.value: Rate(burst=100, per_second=20),
        Category.EC2_MUTATE.value: Rate(burst=50, per_second=5),
        Category.EC2_RULES.value: Rate(burst=50, per_second=5),
        Category.EC2_TAGS.value: Rate(burst=100, per_second=10),
        Category.TAGGING_READ.value: Rate(burst=15, per_second=15),
        Category.TRUST_STORE_READ.value: Rate(burst=40, per_second=10),
        Category.ACM_LIST.value: Rate(burst=8, per_second=8),
        Category.ACM_READ.value: Rate(burst=10, per_second=10),
        Category.ROLES.value: Rate(burst=60, per_second=60),
        Category.WAF_ASSOCIATE.value: Rate(burst=1, per_second=0.5),
        Category.WAF_READ.value: Rate(burst=1, per_second=1),
        Category.WAF_LIST.value: Rate(burst=5, per_second=5),
        Category.WAF_CLASSIC_ASSOCIATE.value: Rate(burst=1, per_second=0.5),
        Category.WAF_CLASSIC_READ.value: Rate(burst=1, per_second=1),
        # AWS names no rates for Shield.
        Category.SHIELD.value: Rate(burst=5, per_second=1),
        Category.ACM_WRITE.value: Rate(burst=5, per_second=5),
        Category.ROUTE53.value: Rate(burst=5, per_second=5),
    }
)
"""By category, and the account-wide one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates in force: defaults, then overrides, then the scale. `scale` multiplies burst and refill of all.

    `sweep_share`: the part of a rate, from 0 to 1, that reads of the drift sweep take at most.
    """

    overrides: Mapping[str, Rate] = field(default_factory=dict)
    scale: float = 1.0
    account_wide: bool = True
    sweep_share: float = 0.1

    def of(self, bucket: str) -> Rate:
        """The rate of a bucket that `buckets_of` named."""
        whole, sweep, _ = bucket.partition(_OF_SWEEP)
        category = whole.partition("/")[0]
        rate = self.overrides.get(category) or DEFAULT_RATES[category]
        factor = self.scale * self.sweep_share if sweep else self.scale
        return Rate(burst=max(1.0, rate.burst * factor), per_second=rate.per_second * factor)

    def buckets_of(self, operation: Operation, lane: Lane) -> tuple[str, ...]:
        """Names of the buckets that a call takes a token from each, the one of its category first.

        EC2 counts reads per action, everything else per category. A read of the drift sweep takes one from its share of
        the narrowest bucket too; what the sweep finds is put right like everything else.
        """
        names = self.buckets_of_everyone(operation)
        swept = lane is Lane.SWEEP and not operation.mutating
        return (*names, f"{names[-1]}{_OF_SWEEP}") if swept else names

    def buckets_of_everyone(self, operation: Operation) -> tuple[str, ...]:
        """The same for calls of every lane."""
        name = operation.category.value
        if operation.category is Category.EC2_READ:
            return (f"{name}/{operation.name}",)
        return (name, ACCOUNT) if self.account_wide and operation.service == "elbv2" else (name,)


def parse_overrides(text: str) -> Mapping[str, Rate]:
    """Rates from text such as `elb-read=40/10,elb-create=10/0.2`: bucket, burst, calls per second.

    Raises ValueError that says what is wrong.
    """
    overrides: dict[str, Rate] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, numbers = part.partition("=")
        burst, _, per_second = numbers.partition("/")
        if name not in DEFAULT_RATES:
            raise ValueError(f"there is no bucket {name!r}: there are {', '.join(sorted(DEFAULT_RATES))}")
        try:
            rate = Rate(burst=float(burst), per_second=float(per_second))
        except ValueError as error:
            raise ValueError(f"{part!r} is not of the form bucket=burst/rate, such as elb-read=40/10") from error
        if not (rate.burst >= 1 and rate.per_second > 0):
            raise ValueError(f"{part!r}: the burst is at least 1, the rate above 0")
        overrides[name] = rate
    return overrides
