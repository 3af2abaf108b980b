"""What the inventory's silence means: which questions were answered, and until when. Used by `store.Store`."""

from collections.abc import Iterable
from dataclasses import replace

from services.planner.core.aws import Knowledge
from services.planner.core.keys import Key, StackKey
from services.planner.core.outcomes import LookupKind
from services.planner.inventory.lifetimes import Lifetimes
from services.planner.inventory.observations import Answered, Query, Scope

_WHOLE = ""  # stands for the key of a question that has none
_NAMES = {"lb": "load_balancer_names", "tg": "target_group_names"}

# Questions that an answer settles until it lapses: those without keys, and those about things by a key of theirs.
_WHOLE_LISTINGS = frozenset(
    (
        LookupKind.NETWORK,
        LookupKind.ROUTE_TABLES,
        LookupKind.CLUSTER_SECURITY_GROUPS,
        LookupKind.CERTIFICATES,
        LookupKind.WEB_ACLS,
        LookupKind.SHIELD_SUBSCRIPTION,
        LookupKind.ACCOUNT_LIMITS,
        LookupKind.MANAGED_CERTIFICATES,
        LookupKind.HOSTED_ZONES,
    )
)
_BY_KEY = frozenset(
    (
        LookupKind.INSTANCE_INTERFACES,
        LookupKind.ADDRESS_INTERFACES,
        LookupKind.SECURITY_GROUPS,
        LookupKind.SECURITY_GROUP_NAMES,
        LookupKind.TRUST_STORES,
        LookupKind.CERTIFICATE_DETAILS,
    )
)


class Answers:
    """Questions that were answered, by kind and key, with the time at which the answer lapses."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes
        self._lapses: dict[LookupKind, dict[str, float]] = {kind: {} for kind in LookupKind}
        self._stacks: set[StackKey] = set()
        self._names: dict[str, set[str]] = {"lb": set(), "tg": set()}
        self._doubts: dict[Key, float] = {}
        self.filled = False
        self.unfillable = False
        """The bulk read was refused: nobody waits for the next attempt."""
        self._cached: tuple[float, Knowledge] | None = None

    def doubt(self, key: Key, now: float) -> None:
        """What the key owns is not known any more: a call of it had an unknown outcome, or met another state."""
        self._doubts[key] = now
        if isinstance(key, StackKey):
            self._stacks.discard(key)
        self._cached = None

    def forget(self, key: StackKey) -> None:
        """The stack was asked about with names that were made up: it has to be asked about again."""
        self._stacks.discard(key)
        self._cached = None

    def doubted(self, key: Key) -> bool:
        """Whether the key's resources have to be observed before it is planned."""
        return key in self._doubts

    def settle(self, key: Key, asked_at: float) -> None:
        """What the key owns was observed by a query sent at `asked_at`; a doubt that is younger stays."""
        if self._doubts.get(key, asked_at) <= asked_at:
            self._doubts.pop(key, None)
        self._cached = None

    def answered(self, answer: Answered) -> None:
        """Notes that a query was answered in full."""
        query, now = answer.query, answer.asked_at
        match query.scope:
            case Scope.ALL:
                self.filled = True
                self._note(LookupKind.NETWORK, (_WHOLE,), now)
                self._note(LookupKind.CLUSTER_SECURITY_GROUPS, (_WHOLE,), now)
                self._note(LookupKind.INSTANCE_INTERFACES, query.keys, now)
            case Scope.STACK if query.stack is not None:
                self._stacks.add(query.stack)
                self._note_names(query)
                self.settle(query.stack, now)
            case Scope.LOOKUP if query.kind is not None:
                self._note(query.kind, query.keys or (_WHOLE,), now)
        self._cached = None

    def fresh(self, query: Query, now: float) -> bool:
        """Whether everything that the query asks for was answered and has not lapsed. Questions about one thing's
        details (attributes, targets, a group by ARN) are asked whenever they are put: the record says what is known.
        """
        if query.kind in _WHOLE_LISTINGS:
            return self._known(query.kind, _WHOLE, now)
        if query.kind in _BY_KEY:
            return all(self._known(query.kind, key, now) for key in query.keys)
        return False

    def knowledge(self, key: Key, now: float) -> Knowledge:
        """What absence means for the plan of one key."""
        common = self._common(now)
        if key in self._doubts:
            return replace(common, filled=False, cluster_groups=False, stacks=frozenset())
        return common

    def _common(self, now: float) -> Knowledge:
        if self._cached is None or self._cached[0] <= now:
            self._forget_lapsed(now)
            self._cached = self._next_lapse(), self._made(now)
        return self._cached[1]

    def _made(self, now: float) -> Knowledge:
        return Knowledge(
            filled=self.filled,
            network=self._known(LookupKind.NETWORK, _WHOLE, now),
            route_tables=self._known(LookupKind.ROUTE_TABLES, _WHOLE, now),
            cluster_groups=self._known(LookupKind.CLUSTER_SECURITY_GROUPS, _WHOLE, now),
            stacks=frozenset(self._stacks),
            instances=frozenset(self._lapses[LookupKind.INSTANCE_INTERFACES]),
            addresses=frozenset(self._lapses[LookupKind.ADDRESS_INTERFACES]),
            groups=frozenset(self._lapses[LookupKind.SECURITY_GROUPS]),
            group_names=frozenset(self._lapses[LookupKind.SECURITY_GROUP_NAMES]),
            certificates=self._known(LookupKind.CERTIFICATES, _WHOLE, now),
            managed_certificates=self._known(LookupKind.MANAGED_CERTIFICATES, _WHOLE, now),
            certificate_details=frozenset(self._lapses[LookupKind.CERTIFICATE_DETAILS]),
            hosted_zones=self._known(LookupKind.HOSTED_ZONES, _WHOLE, now),
            trust_stores=frozenset(self._lapses[LookupKind.TRUST_STORES]),
            load_balancers=frozenset(self._lapses[LookupKind.LOAD_BALANCERS]),
            web_acls=self._known(LookupKind.WEB_ACLS, _WHOLE, now),
            shield_subscription=self._known(LookupKind.SHIELD_SUBSCRIPTION, _WHOLE, now),
            account_limits=self._known(LookupKind.ACCOUNT_LIMITS, _WHOLE, now),
            load_balancer_names=frozenset(self._names["lb"]),
            target_group_names=frozenset(self._names["tg"]),
            asked_groups=frozenset(
                (*self._lapses[LookupKind.TARGET_GROUPS], *self._lapses[LookupKind.TARGET_GROUP_NAMES])
            ),
            peer_vpcs=frozenset(self._lapses[LookupKind.PEER_VPCS]),
        )

    def _note(self, kind: LookupKind, keys: Iterable[str], now: float) -> None:
        lifetime = self._lifetimes.of(kind)
        lapses = float("inf") if lifetime is None else now + lifetime
        for key in keys:
            self._lapses[kind][key] = lapses

    def _note_names(self, query: Query) -> None:
        for text in query.keys:
            kind, _, name = text.partition(":")
            if kind in _NAMES:
                self._names[kind].add(name)

    def _known(self, kind: LookupKind, key: str, now: float) -> bool:
        return self._lapses[kind].get(key, 0.0) > now

    def _forget_lapsed(self, now: float) -> None:
        for kind, lapses in self._lapses.items():
            self._lapses[kind] = {key: lapse for key, lapse in lapses.items() if lapse > now}

    def _next_lapse(self) -> float:
        return min((lapse for lapses in self._lapses.values() for lapse in lapses.values()), default=float("inf"))
