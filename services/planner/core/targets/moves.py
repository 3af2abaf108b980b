"""Which targets to register and deregister, and the calls for it (targets and readiness, sections 4 to 6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from services.planner.core.aws import Health, PeerVpc, Target, TargetRecord, Vpc
from services.planner.core.draft import Draft
from services.planner.core.plans import OWN_ROLE, AssumedRole, ChangeAction, Json
from services.planner.core.problems import Reason
from services.planner.core.targets.records import entry
from services.planner.core.targets.wanted import Wanted

# AWS rejects larger batches now and then (ELBv2 behaviour, section 2.2).
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Targets to register and to deregister, sorted; `left_out`: wanted ones that the group has no room for."""

    register: tuple[Target, ...]
    deregister: tuple[Target, ...]
    left_out: frozenset[Target] = frozenset()


def moves(
    wanted: Wanted, registered: Mapping[Target, Health], *, record: TargetRecord | None = None, limit: int = 0
) -> Moves:
    """What differs. A draining target is never deregistered again, and registered again when it is wanted.

    `record`: of a shared group, what may be deregistered. `limit`: how many targets a group may have, draining ones
    counted, 0 for any number; the first ones by their names are taken.
    """
    present = {t for t, h in registered.items() if not h.going}
    missing = sorted(wanted.targets - present, key=_name)
    room = len(missing) if limit == 0 else max(0, limit - len(registered))
    surplus = (t for t in present - wanted.targets if record is None or entry(t) in (record.entries or ()))
    return Moves(
        register=tuple(sorted(missing[:room])),
        deregister=tuple(sorted(surplus)),
        left_out=frozenset(missing[room:]),
    )


def urgent(wanted: Wanted, registered: Mapping[Target, Health]) -> tuple[Target, ...]:
    """Terminating targets of a group that was not observed: to be deregistered all the same, each once."""
    known = {t for t, h in registered.items() if h.going}
    return tuple(sorted(wanted.leaving - known - wanted.targets))


def deregister(
    draft: Draft,
    arn: str,
    targets: Iterable[Target],
    wanted: Wanted,
    asked_by: str,
    *,
    role: AssumedRole = OWN_ROLE,
) -> tuple[str, ...]:
    """Steps that deregister; answers their ids."""
    listed = list(targets)
    for target in listed:
        reason = Reason.TARGET_TERMINATING if target in wanted.leaving else Reason.TARGET_REMOVED
        draft.change("target", _name(target), ChangeAction.DELETE, reason, asked_by)
    return tuple(
        draft.call(
            f"deregister-targets-{i // BATCH}",
            "elbv2",
            "DeregisterTargets",
            {"TargetGroupArn": arn, "Targets": [_parameters(t) for t in listed[i : i + BATCH]]},
            role=role,
        )
        for i in range(0, len(listed), BATCH)
    )


def register(
    draft: Draft,
    arn: str,
    targets: Iterable[Target],
    *,
    zones: Mapping[Target, str],
    asked_by: str,
    after: Iterable[str],
    role: AssumedRole = OWN_ROLE,
) -> None:
    """Steps that register. `zones`: where AWS has to be told."""
    listed = list(targets)
    for target in listed:
        draft.change("target", _name(target), ChangeAction.CREATE, Reason.TARGET_ADDED, asked_by)
    for i in range(0, len(listed), BATCH):
        entries = [
            {**_parameters(t), **({"AvailabilityZone": zones[t]} if t in zones else {})} for t in listed[i : i + BATCH]
        ]
        draft.call(
            f"register-targets-{i // BATCH}",
            "elbv2",
            "RegisterTargets",
            {"TargetGroupArn": arn, "Targets": entries},
            after,
            role=role,
        )


def outside_vpc(targets: Iterable[Target], vpc: Vpc | PeerVpc | None) -> frozenset[Target]:
    """Targets whose address lies in none of the VPC's associated ranges; all where there is no such VPC."""
    if vpc is None:
        return frozenset(targets)
    ranges = [ip_network(c, strict=False) for c in (*vpc.cidrs, *vpc.ipv6_cidrs)]
    return frozenset(t for t in targets if not any(_within(t.id, r) for r in ranges))


def _within(address: str, range_: object) -> bool:
    try:
        return ip_address(address) in range_  # type: ignore[operator]
    except ValueError:
        return True


def _parameters(target: Target) -> dict[str, Json]:
    quic: dict[str, Json] = {"QuicServerId": target.quic_id} if target.quic_id else {}
    return {"Id": target.id, "Port": target.port, **quic}


def _name(target: Target) -> str:
    return f"{target.id}:{target.port}"
