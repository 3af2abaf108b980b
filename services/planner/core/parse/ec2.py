"""Security groups, subnets, zones, VPCs, route tables and interfaces as EC2 describes them."""

from collections.abc import Sequence

from services.planner.core.aws import Interface, PeerVpc, Permission, RouteTable, SecurityGroup, Subnet, Vpc, Zone
from services.planner.core.parse.descriptions import Description, Pairs, own_tags

_SOURCES = (
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr6"),
    ("PrefixListIds", "PrefixListId", "prefix_list"),
    ("UserIdGroupPairs", "GroupId", "group"),
)


def security_group(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> SecurityGroup:
    """A security group with one `Permission` per source of each inbound rule."""
    del attributes, parent
    return SecurityGroup(
        id=d["GroupId"],
        name=d["GroupName"],
        description=d.get("Description", ""),
        vpc_id=d.get("VpcId", ""),
        permissions=permissions(d.get("IpPermissions", ())),
        tags=own_tags(d) if tags is None else tags,
    )


def permissions(entries: Sequence[Description]) -> frozenset[Permission]:
    """IpPermissions expanded to one source each (networking, section 6)."""
    found: set[Permission] = set()
    for entry in entries:
        base = {
            "protocol": entry["IpProtocol"],
            "from_port": entry.get("FromPort"),
            "to_port": entry.get("ToPort"),
        }
        for list_key, source_key, field in _SOURCES:
            for source in entry.get(list_key) or ():
                if source.get(source_key):
                    found.add(
                        Permission(**base, **{field: source[source_key]}, description=source.get("Description") or "")
                    )
    return frozenset(found)


def subnet(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Subnet:
    """A subnet; only associated IPv6 ranges count."""
    del attributes, parent
    return Subnet(
        id=d["SubnetId"],
        zone=d["AvailabilityZone"],
        zone_id=d.get("AvailabilityZoneId", ""),
        vpc_id=d["VpcId"],
        available_addresses=int(d.get("AvailableIpAddressCount", 0)),
        cidr=d.get("CidrBlock", ""),
        ipv6_cidrs=tuple(
            a["Ipv6CidrBlock"]
            for a in d.get("Ipv6CidrBlockAssociationSet", ())
            if a.get("Ipv6CidrBlockState", {}).get("State") == "associated"
        ),
        outpost_arn=d.get("OutpostArn", ""),
        tags=own_tags(d) if tags is None else tags,
    )


def zone(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Zone:
    """An availability zone."""
    del tags, attributes, parent
    return Zone(id=d["ZoneId"], name=d["ZoneName"], type=d.get("ZoneType", "availability-zone"))


def peer_vpc(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> PeerVpc:
    """Another VPC than the cluster's."""
    found = vpc(d, tags, attributes, parent)
    return PeerVpc(id=found.id, cidrs=found.cidrs, ipv6_cidrs=found.ipv6_cidrs)


def vpc(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Vpc:
    """A VPC with its associated ranges."""
    del tags, attributes, parent
    return Vpc(
        id=d["VpcId"],
        cidrs=tuple(
            a["CidrBlock"]
            for a in d.get("CidrBlockAssociationSet", ())
            if a.get("CidrBlockState", {}).get("State") == "associated"
        ),
        ipv6_cidrs=tuple(
            a["Ipv6CidrBlock"]
            for a in d.get("Ipv6CidrBlockAssociationSet", ())
            if a.get("Ipv6CidrBlockState", {}).get("State") == "associated"
        ),
    )


def route_table(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> RouteTable:
    """A route table."""
    del tags, attributes, parent
    associations = d.get("Associations", ())
    return RouteTable(
        id=d["RouteTableId"],
        main=any(a.get("Main") for a in associations),
        subnets=tuple(sorted(a["SubnetId"] for a in associations if a.get("SubnetId"))),
        gateways=tuple(r["GatewayId"] for r in d.get("Routes", ()) if r.get("GatewayId")),
    )


def interface(d: Description, tags: Pairs | None, attributes: Pairs | None, parent: str) -> Interface:
    """A network interface with its addresses and prefixes."""
    del tags, attributes, parent
    attachment = d.get("Attachment") or {}
    primary = [d["PrivateIpAddress"]] if d.get("PrivateIpAddress") else []
    addresses = [a["PrivateIpAddress"] for a in d.get("PrivateIpAddresses", ())]
    return Interface(
        id=d["NetworkInterfaceId"],
        groups=tuple(sorted(g["GroupId"] for g in d.get("Groups", ()))),
        addresses=tuple(sorted({*primary, *addresses})),
        prefixes=tuple(
            sorted(
                [p["Ipv4Prefix"] for p in d.get("Ipv4Prefixes") or ()]
                + [p["Ipv6Prefix"] for p in d.get("Ipv6Prefixes") or ()]
            )
        ),
        instance_id=attachment.get("InstanceId", ""),
        device_index=int(attachment.get("DeviceIndex", -1)),
    )
