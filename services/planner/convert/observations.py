"""What the executor reads: queries to `elbow.executor.v1`, its answers to observations. Called by the executor link."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from elbow.aws.v1 import resources_pb2 as aws
from elbow.executor.v1 import executor_service_pb2 as pb

from services.planner.convert.plans import LANES, from_role
from services.planner.core.aws import Fact
from services.planner.core.keys import Lane
from services.planner.core.outcomes import LookupKind, TrackedGroup
from services.planner.core.updates import RecordKind
from services.planner.inventory.observations import Observation, ObservedRecord, ObservedTargets, Query, Scope

_KINDS: Mapping[int, RecordKind] = {
    aws.RESOURCE_KIND_LOAD_BALANCER: RecordKind.LOAD_BALANCER,
    aws.RESOURCE_KIND_LISTENER: RecordKind.LISTENER,
    aws.RESOURCE_KIND_RULE: RecordKind.RULE,
    aws.RESOURCE_KIND_TARGET_GROUP: RecordKind.TARGET_GROUP,
    aws.RESOURCE_KIND_SECURITY_GROUP: RecordKind.SECURITY_GROUP,
    aws.RESOURCE_KIND_VPC: RecordKind.VPC,
    aws.RESOURCE_KIND_SUBNET: RecordKind.SUBNET,
    aws.RESOURCE_KIND_AVAILABILITY_ZONE: RecordKind.ZONE,
    aws.RESOURCE_KIND_NETWORK_INTERFACE: RecordKind.INTERFACE,
    aws.RESOURCE_KIND_ROUTE_TABLE: RecordKind.ROUTE_TABLE,
    aws.RESOURCE_KIND_CERTIFICATE: RecordKind.CERTIFICATE,
    aws.RESOURCE_KIND_TRUST_STORE: RecordKind.TRUST_STORE,
    aws.RESOURCE_KIND_PEER_VPC: RecordKind.PEER_VPC,
    aws.RESOURCE_KIND_TARGET_RECORD: RecordKind.TARGET_RECORD,
    aws.RESOURCE_KIND_WEB_ACL: RecordKind.WEB_ACL,
    aws.RESOURCE_KIND_SUBSCRIPTION: RecordKind.SUBSCRIPTION,
    aws.RESOURCE_KIND_HOSTED_ZONE: RecordKind.HOSTED_ZONE,
    aws.RESOURCE_KIND_ACCOUNT_LIMIT: RecordKind.ACCOUNT_LIMIT,
}
_FACTS = frozenset(Fact)


def to_request(query: Query, *, session: str, lane: Lane, traceparent: str) -> pb.ObserveRequest:
    """The query as it is sent."""
    request = pb.ObserveRequest(session=session, lane=LANES[lane], traceparent=traceparent)
    match query.scope:
        case Scope.ALL:
            request.all.instance_ids.extend(query.keys)
        case Scope.STACK:
            request.stack.tags.update(query.tags or {})
            request.stack.load_balancer_names.extend(_named(query.keys, "lb:"))
            request.stack.target_group_names.extend(_named(query.keys, "tg:"))
            request.stack.security_group_names.extend(_named(query.keys, "sg:"))
        case Scope.LOOKUP:
            request.lookup.kind = _lookup_kind(query.kind)
            request.lookup.keys.extend(query.keys)
            if query.role.arn:
                request.lookup.role.CopyFrom(from_role(query.role))
    return request


def _named(keys: Sequence[str], prefix: str) -> list[str]:
    return [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]


def _lookup_kind(kind: LookupKind | None) -> pb.LookupKind.ValueType:
    if kind is None or kind is LookupKind.STACK:
        raise ValueError("a lookup on the wire has a kind, and a stack is asked for by a query of its own")
    return pb.LookupKind.Value(f"LOOKUP_KIND_{kind}")


def to_observation(message: pb.Observation) -> Observation:
    """What one call answered; resources of a kind that is not known here are left out."""
    return Observation(
        begun=message.begun,
        records=tuple(_record(r, _KINDS[r.kind]) for r in message.resources if r.kind in _KINDS),
        targets=tuple(
            ObservedTargets(arn=r.id, descriptions=json.loads(r.description or "[]"))
            for r in message.resources
            if r.kind == aws.RESOURCE_KIND_TARGETS
        ),
    )


def _record(r: aws.Resource, kind: RecordKind) -> ObservedRecord:
    return ObservedRecord(
        kind=kind,
        id=r.id,
        parent=r.parent_id,
        description=json.loads(r.description) if r.description else None,
        tags=dict(r.tags.values) if r.HasField("tags") else None,
        attributes=dict(r.attributes.values) if r.HasField("attributes") else None,
        certificates=tuple(r.certificates.values) if r.HasField("certificates") else None,
        facts={Fact(name): value for name, value in r.facts.items() if name in _FACTS},
    )


def to_health(message: pb.TrackResponse) -> Observation:
    """One answer of the target tracker."""
    descriptions: tuple[Mapping[str, Any], ...] = tuple(
        {
            "Target": {"Id": t.id, "Port": t.port, **({"QuicServerId": t.quic_server_id} if t.quic_server_id else {})},
            "TargetHealth": {"State": t.state, "Reason": t.reason, "Description": t.description},
        }
        for t in message.targets
    )
    seen = ObservedTargets(arn=message.target_group_arn, descriptions=descriptions, gone=message.gone)
    return Observation(begun=message.begun, targets=(seen,))


def from_tracked(group: TrackedGroup, traceparent: str) -> pb.TrackedGroup:
    """The targets of one group that matter."""
    return pb.TrackedGroup(
        role=from_role(group.role) if group.role.arn else None,
        target_group_arn=group.target_group_arn,
        binding=str(group.binding),
        traceparent=traceparent,
        targets=[
            pb.TrackedTarget(
                id=t.id,
                port=t.port,
                pod_namespace=t.pod_namespace,
                pod_name=t.pod_name,
                pod_uid=t.pod_uid,
                gate=t.gate,
            )
            for t in group.targets
        ],
    )
