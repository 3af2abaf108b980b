"""One annotation: its name, the type of its value, where it is read, and which of its values are built."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

PREFIX = "alb.ingress.kubernetes.io/"

T = TypeVar("T")


class Merge(StrEnum):
    """How the values of several members of a group come to one (ingress behaviour, section 4)."""

    EXCLUSIVE = "members that set it must agree"
    UNITED = "members' values are united; two values for one key conflict"
    PER_PORT = "members that set it for a port must agree"
    OWN = "counts for the object's own rules and target groups only"
    ANY = "one object that enables it is enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Generic[T]):
    """An annotation that the specification knows.

    A `name` that ends with a dot is a family: the rest of the key is chosen by the user. `supports` says whether a
    value is built now; a value that is not makes its object an error, never a load balancer without it. `key`: the
    full key (of a family: what its keys start with).
    """

    name: str
    parse: Callable[[str], T]
    supports: Callable[[T], bool]
    on_service: bool = False
    prefix: str = PREFIX
    value: str = ""
    default: str = ""
    merge: Merge = Merge.OWN
    effect: str = ""
    key: str = field(init=False)

    def __post_init__(self) -> None:
        # Every annotation is looked up by its key for every object: the key is put together once.
        object.__setattr__(self, "key", f"{self.prefix}{self.name}")

    @property
    def family(self) -> bool:
        """Whether the name is only how the key starts."""
        return self.name.endswith(".")


def everything(value: object) -> bool:
    """All values are built."""
    del value
    return True


def nothing(value: object) -> bool:
    """No value is built yet."""
    del value
    return False


def only(*values: object) -> Callable[[object], bool]:
    """These values are built: they ask for what would be made without them."""
    return lambda value: value in values
