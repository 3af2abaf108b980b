"""How annotations of network load balancers are named. Used by the families."""

from collections.abc import Callable
from typing import TypeVar

from services.planner.core.annotations.annotation import Annotation, everything

PREFIX = "service.beta.kubernetes.io/"

# Other controllers and cloud providers use the prefix too; only names that start so can be meant for this one.
OWN = "aws-load-balancer-"

T = TypeVar("T")


def named(name: str, *, parse: Callable[[str], T], value: str, default: str, effect: str) -> Annotation[T]:
    """An annotation by what follows the prefix."""
    return Annotation(
        name=name,
        parse=parse,
        supports=everything,
        prefix=PREFIX,
        on_service=True,
        value=value,
        default=default,
        effect=effect,
    )


def own(suffix: str, *, parse: Callable[[str], T], value: str, default: str, effect: str) -> Annotation[T]:
    """An annotation by what follows the prefix and `aws-load-balancer-`."""
    return named(f"{OWN}{suffix}", parse=parse, value=value, default=default, effect=effect)
