"""What is written on the objects that make up a stack: finalizer, status, and the word that all is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.planner.core.desired import DesiredListener, Member
from services.planner.core.draft import Draft
from services.planner.core.objects import Ingress, Kind, Service
from services.planner.core.plans import Json, KubernetesWrite, Ref, Report, Verb
from services.planner.core.problems import Reason
from services.planner.core.reports import event_write

API_VERSIONS = {Kind.INGRESS: "networking.k8s.io/v1", Kind.SERVICE: "v1"}
RESOURCES = {Kind.INGRESS: "ingresses", Kind.SERVICE: "services"}


def add_finalizer(draft: Draft, member: Member, owner: Ingress | Service) -> str | None:
    """A step that adds the finalizer, or None when it is there; nothing is made in AWS before it is accepted."""
    if member.finalizer in owner.meta.finalizers:
        return None
    return _patch_finalizers(draft, "add", member, [*owner.meta.finalizers, member.finalizer])


def remove_finalizer(draft: Draft, member: Member, owner: Ingress | Service, after: Iterable[str]) -> str | None:
    """A step that takes the finalizer off, the last one of a deletion, or None when it is off.

    The list is replaced as a whole, so the write is bound to the version it was planned on: the one that taking the
    status back answered, where the same plan does that.
    """
    if member.finalizer not in owner.meta.finalizers:
        return None
    rest = [f for f in owner.meta.finalizers if f != member.finalizer]
    withdrawn = _withdraw(draft, member, owner, after)
    return _patch_finalizers(draft, "remove", member, rest, after, withdrawn)


def _withdraw(draft: Draft, member: Member, owner: Ingress | Service, after: Iterable[str]) -> str | None:
    """A step that takes the published host name back, or None where the object goes too or nothing stands there."""
    if not member.withdraws or owner.meta.deleting or not owner.load_balancer:
        return None
    body: dict[str, Json] = {"status": {"loadBalancer": {"ingress": None}}}
    write = _patch(member, body, resource_version=member.resource_version, subresource="status")
    return draft.write(f"withdraw-{member.ref.namespace}-{member.ref.name}", write, after)


def _patch_finalizers(
    draft: Draft,
    verb: str,
    member: Member,
    finalizers: Sequence[str],
    after: Iterable[str] = (),
    earlier_write: str | None = None,
) -> str:
    metadata: dict[str, Json] = {"finalizers": list(finalizers)}
    if earlier_write is not None:
        metadata["resourceVersion"] = Ref(earlier_write, "metadata.resourceVersion")
    version = "" if earlier_write is not None else member.resource_version
    write = _patch(member, {"metadata": metadata}, resource_version=version)
    return draft.write(f"{verb}-finalizer-{member.ref.namespace}-{member.ref.name}", write, after)


def _patch(
    member: Member, body: Mapping[str, Json], *, resource_version: str, subresource: str = ""
) -> KubernetesWrite:
    return KubernetesWrite(
        verb=Verb.MERGE_PATCH,
        api_version=API_VERSIONS[member.ref.kind],
        resource=RESOURCES[member.ref.kind],
        subresource=subresource,
        namespace=member.ref.namespace,
        name=member.ref.name,
        uid=member.uid,
        resource_version=resource_version,
        body=body,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One entry of a status: a host name, and the ports with their protocols as a status spells them."""

    hostname: str | Ref
    ports: tuple[tuple[int, str], ...] = ()


def published(member: Member, hostname: str | Ref, listeners: Iterable[DesiredListener]) -> Published:
    """The entry of a load balancer with these listeners; their protocols are no protocols of Kubernetes."""
    ports = member.ports if member.ports is not None else tuple((x.port, "") for x in listeners)
    return Published(hostname=hostname, ports=ports)


def publish(
    draft: Draft,
    member: Member,
    owner: Ingress | Service,
    entries: Sequence[Published],
    finalizer_step: str | None,
) -> str | None:
    """A step that publishes the host names, or None when they stand there (controller, section 10).

    The list is replaced as a whole, so the write is bound to the version it was planned on: the one that the
    finalizer's step answered, where the same plan adds it. Kubernetes takes no such status on a Service of another type
    than LoadBalancer.
    """
    if isinstance(owner, Service) and owner.type != "LoadBalancer":
        return None
    stands = [(entry.hostname, sorted(entry.ports)) for entry in owner.load_balancer]
    if stands == [(entry.hostname, sorted(port for port, _ in entry.ports)) for entry in entries]:
        return None
    body: dict[str, Json] = {"status": {"loadBalancer": {"ingress": [_entry(entry) for entry in entries]}}}
    if finalizer_step is not None:
        body["metadata"] = {"resourceVersion": Ref(finalizer_step, "metadata.resourceVersion")}
    version = "" if finalizer_step is not None else member.resource_version
    write = _patch(member, body, resource_version=version, subresource="status")
    return draft.write(f"publish-{member.ref.namespace}-{member.ref.name}", write)


def _entry(entry: Published) -> dict[str, Json]:
    ports = {"ports": [{"port": p, "protocol": t} for p, t in entry.ports]} if entry.ports else {}
    return {"hostname": entry.hostname, **ports}


def announce(draft: Draft, members: Iterable[Member]) -> None:
    """The last steps: an Event on every member that counts as it stands, after everything else was accepted."""
    events = dict[str, KubernetesWrite]()
    for member in members:
        if member.quarantined:
            continue
        report = Report(
            object_kind=member.ref.kind,
            api_version=API_VERSIONS[member.ref.kind],
            namespace=member.ref.namespace,
            name=member.ref.name,
            uid=member.uid,
            generation=member.generation,
            warning=False,
            reason=Reason.SUCCESSFULLY_RECONCILED,
            message="Successfully reconciled",
        )
        events[f"event-{member.ref.namespace}-{member.ref.name}"] = event_write(report)
    draft.write_last(events)
