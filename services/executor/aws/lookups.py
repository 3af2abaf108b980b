"""Reads named things: each kind of question is one or two Describe calls."""

from asyncio import TaskGroup
from collections.abc import Awaitable, Callable, Mapping, Sequence

from services.executor.aws import listings
from services.executor.aws.addons import AddonReads
from services.executor.aws.certificates import Certificates
from services.executor.aws.children import read_children
from services.executor.aws.reads import ReadError, Reads
from services.executor.core.arns import ArnKind, kind_of
from services.executor.core.observations import LookupKind, LookupQuery, Resource, ResourceKind
from services.executor.core.operations import OPERATIONS
from services.executor.core.ownership import CLUSTER_TAG
from services.executor.core.steps import ErrorClass, Json

_FILTER_VALUES = 199  # EC2 takes 200 filter values per request, the VPC's included
_TARGET_HEALTH = OPERATIONS["elbv2", "DescribeTargetHealth"]
_LISTENER_CERTIFICATES = OPERATIONS["elbv2", "DescribeListenerCertificates"]

# Kind of ARN: operation that reads its attributes, parameter, kind of resource.
_ATTRIBUTES: Mapping[ArnKind, tuple[str, str, ResourceKind]] = {
    ArnKind.LOAD_BALANCER: ("DescribeLoadBalancerAttributes", "LoadBalancerArn", ResourceKind.LOAD_BALANCER),
    ArnKind.LISTENER: ("DescribeListenerAttributes", "ListenerArn", ResourceKind.LISTENER),
    ArnKind.TARGET_GROUP: ("DescribeTargetGroupAttributes", "TargetGroupArn", ResourceKind.TARGET_GROUP),
}


class Lookups:
    """Answers lookups; what does not exist is not answered."""

    def __init__(self, reads: Reads, *, cluster: str, vpc_id: str) -> None:
        self._reads = reads
        self._cluster = cluster
        self._vpc_id = vpc_id

    async def read(self, query: LookupQuery) -> None:
        """Answers the query."""
        certificates = Certificates(self._reads)
        readers: Mapping[LookupKind, Callable[[Sequence[str]], Awaitable[None]]] = {
            LookupKind.NETWORK: self._network,
            LookupKind.ROUTE_TABLES: self._route_tables,
            LookupKind.INSTANCE_INTERFACES: self._instance_interfaces,
            LookupKind.ADDRESS_INTERFACES: self._address_interfaces,
            LookupKind.SECURITY_GROUPS: self._security_groups,
            LookupKind.SECURITY_GROUP_NAMES: self._security_group_names,
            LookupKind.CLUSTER_SECURITY_GROUPS: self._cluster_security_groups,
            LookupKind.ATTRIBUTES: self._attributes,
            LookupKind.TARGETS: self._targets,
            LookupKind.LOAD_BALANCERS: self._load_balancers,
            LookupKind.TARGET_GROUPS: self._target_groups,
            LookupKind.TARGET_GROUP_NAMES: self._named_target_groups,
            LookupKind.PEER_VPCS: self._peer_vpcs,
            **AddonReads(self._reads).readers,
            LookupKind.LISTENER_CERTIFICATES: self._listener_certificates,
            LookupKind.CERTIFICATES: certificates.listed,
            LookupKind.CERTIFICATE_DETAILS: certificates.described,
            LookupKind.MANAGED_CERTIFICATES: certificates.managed,
            LookupKind.HOSTED_ZONES: self._hosted_zones,
            LookupKind.TRUST_STORES: self._trust_stores,
            LookupKind.ACCOUNT_LIMITS: self._account_limits,
        }
        await readers[query.kind](query.keys)

    @property
    def _vpc(self) -> Json:
        return {"Name": "vpc-id", "Values": [self._vpc_id]}

    async def _network(self, _: Sequence[str]) -> None:
        async with TaskGroup() as together:
            together.create_task(self._reads.listing(listings.VPCS, {"VpcIds": [self._vpc_id]}))
            together.create_task(self._reads.listing(listings.SUBNETS, {"Filters": [self._vpc]}))
            together.create_task(self._reads.listing(listings.AVAILABILITY_ZONES, {}))

    async def _route_tables(self, _: Sequence[str]) -> None:
        await self._reads.listing(listings.ROUTE_TABLES, {"Filters": [self._vpc]})

    async def _instance_interfaces(self, keys: Sequence[str]) -> None:
        await self._reads.filtered(listings.INTERFACES, "attachment.instance-id", keys, size=_FILTER_VALUES)

    async def _address_interfaces(self, keys: Sequence[str]) -> None:
        for name, addresses in (
            ("addresses.private-ip-address", [key for key in keys if ":" not in key]),
            ("ipv6-addresses.ipv6-address", [key for key in keys if ":" in key]),
        ):
            await self._reads.filtered(listings.INTERFACES, name, addresses, size=_FILTER_VALUES, also=[self._vpc])

    async def _security_groups(self, keys: Sequence[str]) -> None:
        await self._reads.filtered(listings.SECURITY_GROUPS, "group-id", keys, size=_FILTER_VALUES)

    async def _security_group_names(self, keys: Sequence[str]) -> None:
        also = [self._vpc]
        await self._reads.filtered(listings.SECURITY_GROUPS, "tag:Name", keys, size=_FILTER_VALUES, also=also)

    async def _cluster_security_groups(self, _: Sequence[str]) -> None:
        """Groups that carry the ownership tag, and groups of the cluster's nodes (networking behaviour, section 5)."""
        async with TaskGroup() as together:
            for condition in (
                {"Name": f"tag:{CLUSTER_TAG}", "Values": [self._cluster]},
                {"Name": "tag-key", "Values": [f"kubernetes.io/cluster/{self._cluster}"]},
            ):
                filters = {"Filters": [self._vpc, condition]}
                together.create_task(self._reads.listing(listings.SECURITY_GROUPS, filters))

    async def _attributes(self, keys: Sequence[str]) -> None:
        async with TaskGroup() as together:
            for arn in keys:
                together.create_task(self._attributes_of(arn))

    async def _attributes_of(self, arn: str) -> None:
        kind = kind_of(arn)
        if kind is None or kind not in _ATTRIBUTES:
            return
        operation, parameter, resource_kind = _ATTRIBUTES[kind]
        result = await self._reads.call(OPERATIONS["elbv2", operation], {parameter: arn})
        if result.error is None:
            pairs = {pair["Key"]: pair.get("Value") or "" for pair in result.answer["Attributes"]}
            await self._reads.emit(result.begun, [Resource(kind=resource_kind, id=arn, attributes=pairs)])

    async def _targets(self, keys: Sequence[str]) -> None:
        async with TaskGroup() as together:
            for arn in keys:
                together.create_task(self._targets_of(arn))

    async def _targets_of(self, arn: str) -> None:
        result = await self._reads.call(_TARGET_HEALTH, {"TargetGroupArn": arn})
        if result.error is None:
            targets = result.answer["TargetHealthDescriptions"]
            await self._reads.emit(result.begun, [Resource(kind=ResourceKind.TARGETS, id=arn, description=targets)])

    async def _account_limits(self, _: Sequence[str]) -> None:
        """None where they may not be read: nothing but a better answer depends on them."""
        try:
            await self._reads.listing(listings.ACCOUNT_LIMITS, {})
        except ReadError as refused:
            if refused.error.error_class is not ErrorClass.DENIED:
                raise

    async def _load_balancers(self, keys: Sequence[str]) -> None:
        found = await self._reads.named(listings.LOAD_BALANCERS, "LoadBalancerArns", keys)
        arns = [resource.id for resource in found]
        await self._reads.tags([*arns, *await read_children(self._reads, arns)])

    async def _target_groups(self, keys: Sequence[str]) -> None:
        await self._described(await self._reads.named(listings.TARGET_GROUPS, "TargetGroupArns", keys))

    async def _named_target_groups(self, keys: Sequence[str]) -> None:
        await self._described(await self._reads.named(listings.TARGET_GROUPS, "Names", keys))

    async def _described(self, groups: Sequence[Resource]) -> None:
        if self._reads.own_account:
            await self._reads.tags([resource.id for resource in groups])

    async def _peer_vpcs(self, keys: Sequence[str]) -> None:
        for vpc in keys:
            await self._reads.listing(listings.PEER_VPCS, {"VpcIds": [vpc]})

    async def _listener_certificates(self, keys: Sequence[str]) -> None:
        async with TaskGroup() as together:
            for arn in keys:
                together.create_task(self._certificates_of(arn))

    async def _certificates_of(self, arn: str) -> None:
        """All pages, as one observation that is as old as the first. A default certificate that was added to the others
        stands there twice."""
        begun: int | None = None
        found: list[str] = []
        marker: Json = None
        while begun is None or marker:
            parameters = {"ListenerArn": arn, **({"Marker": marker} if marker else {})}
            result = await self._reads.call(_LISTENER_CERTIFICATES, parameters)
            if result.error is not None:
                return
            begun = result.begun if begun is None else begun
            entries = result.answer.get("Certificates") or ()
            found += [entry["CertificateArn"] for entry in entries if not entry.get("IsDefault")]
            marker = result.answer.get("NextMarker")
        listener = Resource(kind=ResourceKind.LISTENER, id=arn, certificates=tuple(sorted(found)))
        await self._reads.emit(begun, [listener])

    async def _trust_stores(self, keys: Sequence[str]) -> None:
        await self._reads.named(listings.TRUST_STORES, "Names", keys)

    async def _hosted_zones(self, _: Sequence[str]) -> None:
        await self._reads.listing(listings.HOSTED_ZONES, {})
