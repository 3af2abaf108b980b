"""What a complete answer says by its silence: which known resources are gone. Pure; used by `store.Store`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.planner.core.aws import Vpc
from services.planner.core.outcomes import LookupKind
from services.planner.core.tags import is_managed
from services.planner.core.updates import Record, RecordKind
from services.planner.inventory.observations import Answered, Query, Scope
from services.planner.inventory.stamps import Stamp

Id = tuple[RecordKind, str]
Records = Mapping[RecordKind, Mapping[str, Record]]

_TAGGED = (RecordKind.LOAD_BALANCER, RecordKind.TARGET_GROUP, RecordKind.SECURITY_GROUP)
_OF_THE_NETWORK = (RecordKind.SUBNET, RecordKind.ZONE)
_LISTED: Mapping[LookupKind, tuple[RecordKind, ...]] = {
    LookupKind.NETWORK: _OF_THE_NETWORK,
    LookupKind.ROUTE_TABLES: (RecordKind.ROUTE_TABLE,),
    LookupKind.WEB_ACLS: (RecordKind.WEB_ACL,),
    LookupKind.HOSTED_ZONES: (RecordKind.HOSTED_ZONE,),
    LookupKind.ACCOUNT_LIMITS: (RecordKind.ACCOUNT_LIMIT,),
}
_BY_ID: Mapping[LookupKind, RecordKind] = {
    LookupKind.LOAD_BALANCERS: RecordKind.LOAD_BALANCER,
    LookupKind.TARGET_GROUPS: RecordKind.TARGET_GROUP,
    LookupKind.SECURITY_GROUPS: RecordKind.SECURITY_GROUP,
    LookupKind.CERTIFICATE_DETAILS: RecordKind.CERTIFICATE,
    LookupKind.PEER_VPCS: RecordKind.PEER_VPC,
}

_BY_NAME: Mapping[LookupKind, RecordKind] = {
    LookupKind.TRUST_STORES: RecordKind.TRUST_STORE,
    LookupKind.TARGET_GROUP_NAMES: RecordKind.TARGET_GROUP,
}

# Questions that are answered with all of a kind that are so.
_LISTED_IN_PART: Mapping[LookupKind, tuple[RecordKind, Callable[[Any], bool]]] = {
    LookupKind.CERTIFICATES: (RecordKind.CERTIFICATE, lambda c: c.issued),
    LookupKind.MANAGED_CERTIFICATES: (RecordKind.CERTIFICATE, lambda c: is_managed(c.tags)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """`gone`: does not exist. `doubtful`: we made it, and a query by tag, which may lag behind, did not find it."""

    gone: tuple[Id, ...] = ()
    doubtful: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What is known, and how old it is. `made_seconds`: for how long what we made is believed against a query."""

    records: Records
    stamps: Mapping[tuple[RecordKind | None, str], Stamp]
    cluster_tags: tuple[tuple[str, str | None], ...]
    made_seconds: float

    def of(self, answer: Answered) -> Missing:
        """What the answer should have contained and did not."""
        gone: list[Id] = []
        doubtful: list[Id] = []
        for id_ in self._asked_for(answer.query):
            if self._stamp(id_).missed_by(answer.begun):
                self._judge(id_, answer, gone, doubtful)
        self._parts_of(RecordKind.LOAD_BALANCER, RecordKind.LISTENER, "load_balancer_arn", answer, gone)
        self._parts_of(RecordKind.LISTENER, RecordKind.RULE, "listener_arn", answer, gone)
        return Missing(gone=tuple(gone), doubtful=tuple(doubtful))

    def _judge(self, id_: Id, answer: Answered, gone: list[Id], doubtful: list[Id]) -> None:
        made_at = self._stamp(id_).made_at
        if made_at is None:
            gone.append(id_)
        elif answer.asked_at - made_at >= self.made_seconds:
            by_id = answer.query.kind in _BY_ID
            (gone if by_id else doubtful).append(id_)

    def _parts_of(self, whole: RecordKind, part: RecordKind, field: str, answer: Answered, gone: list[Id]) -> None:
        """Parts are read by the ARN of what they belong to: missing where that was read in this query, or is gone."""
        read = {id_ for id_ in self.records[whole] if self._stamp((whole, id_)).seen >= answer.begun}
        lost = {id_ for kind, id_ in gone if kind is whole}
        for id_, record in self.records[part].items():
            owner = getattr(record, field)
            stamp = self._stamp((part, id_))
            young = stamp.made_at is not None and answer.asked_at - stamp.made_at < self.made_seconds
            if owner in lost or (
                owner in read and self._reads_parts(answer) and stamp.missed_by(answer.begun) and not young
            ):
                gone.append((part, id_))

    @staticmethod
    def _reads_parts(answer: Answered) -> bool:
        return answer.query.scope is not Scope.LOOKUP or answer.query.kind is LookupKind.LOAD_BALANCERS

    def _stamp(self, id_: Id) -> Stamp:
        return self.stamps.get(id_) or Stamp()

    def _asked_for(self, query: Query) -> Iterator[Id]:
        match query.scope:
            case Scope.ALL:
                yield from self._all(query)
            case Scope.STACK:
                yield from self._of_stack(query)
            case Scope.LOOKUP:
                yield from self._of_lookup(query)

    def _all(self, query: Query) -> Iterator[Id]:
        vpc = next((v.id for v in self.records[RecordKind.VPC].values() if isinstance(v, Vpc)), "")
        yield from self._where(RecordKind.LOAD_BALANCER, lambda _: True)
        yield from self._where(RecordKind.TARGET_GROUP, lambda _: True)
        yield from self._where(RecordKind.SECURITY_GROUP, lambda g: g.vpc_id == vpc)
        for kind in _OF_THE_NETWORK:
            yield from self._where(kind, lambda _: True)
        yield from self._interfaces_of(query)

    def _of_stack(self, query: Query) -> Iterator[Id]:
        tags = query.tags or {}
        for kind in _TAGGED:
            yield from self._where(
                kind, lambda r: r.tags is not None and all(r.tags.get(k) == v for k, v in tags.items())
            )
        names = set(query.keys)
        yield from self._where(RecordKind.LOAD_BALANCER, lambda r: f"lb:{r.name}" in names)
        yield from self._where(RecordKind.TARGET_GROUP, lambda r: f"tg:{r.name}" in names)

    def _of_lookup(self, query: Query) -> Iterator[Id]:
        keys = set(query.keys)
        match query.kind:
            case LookupKind() if query.kind in _LISTED:
                for kind in _LISTED[query.kind]:
                    yield from self._where(kind, lambda _: True)
            case LookupKind.INSTANCE_INTERFACES:
                yield from self._interfaces_of(query)
            case LookupKind.ADDRESS_INTERFACES:
                yield from self._where(RecordKind.INTERFACE, lambda i: not keys.isdisjoint(i.addresses))
            case LookupKind.SECURITY_GROUP_NAMES:
                yield from self._where(RecordKind.SECURITY_GROUP, lambda g: g.tags.get("Name") in keys)
            case LookupKind.CLUSTER_SECURITY_GROUPS:
                yield from self._where(RecordKind.SECURITY_GROUP, self._is_of_cluster)
            case LookupKind() if query.kind in _LISTED_IN_PART:
                yield from self._where(*_LISTED_IN_PART[query.kind])
            case LookupKind.TRUST_STORES | LookupKind.TARGET_GROUP_NAMES if not query.role.arn:
                yield from self._where(_BY_NAME[query.kind], lambda r: r.name in keys)
            case LookupKind() if query.kind in _BY_ID:
                kind = _BY_ID[query.kind]
                yield from ((kind, id_) for id_ in sorted(keys & self.records[kind].keys()))

    def _interfaces_of(self, query: Query) -> Iterator[Id]:
        instances = set(query.keys)
        yield from self._where(RecordKind.INTERFACE, lambda i: i.instance_id in instances)

    def _is_of_cluster(self, group: Any) -> bool:
        return any(
            key in group.tags and (value is None or group.tags[key] == value) for key, value in self.cluster_tags
        )

    def _where(self, kind: RecordKind, wanted: Callable[[Any], bool]) -> Iterator[Id]:
        yield from ((kind, id_) for id_, record in sorted(self.records[kind].items()) if wanted(record))
