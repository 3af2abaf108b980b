"""What must be true before a mutating call may be sent: decided from the call alone.

`requirement` answers with what has to be looked up (who carries the cluster's tag, who names a target group), or with a
refusal. The adapter in `aws.guard` looks it up. Sources: controller behaviour, section 13 (IAM); networking behaviour,
section 5 (the description of rules that are held on groups of others).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jmespath

from services.executor.core.arns import ArnKind, kind_of, owner_of
from services.executor.core.operations import Operation, Ownership
from services.executor.core.steps import CallError, ErrorClass, Json

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
"""Key of the tag whose value is the name of the cluster that owns a resource."""

RULE_DESCRIPTION = "elbv2.k8s.aws/targetGroupBinding=shared"
"""Description of every permission that is ours on a security group that is not."""

PROTECTION_NAMES = ("managed by aws-load-balancer-controller", "managed by aws-alb-ingress-controller")
"""Names of the Shield protections that controllers make (ingress behaviour, section 18)."""

_VALIDATES = ".acm-validations.aws"
_SOURCES = ("UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What is still to be looked up; nothing: the call may be sent."""

    tagged: tuple[str, ...] = ()
    """ARNs or security group ids that must carry the cluster's tag."""

    bound: str = ""
    """ARN of a target group that a TargetGroupBinding must name."""

    protection: str = ""
    """Id of a Shield protection that a controller must have made, for a resource that carries the tag."""


def requirement(operation: Operation, parameters: Mapping[str, Json], cluster: str) -> Requirement | CallError:
    """What `operation` with these parameters requires in the cluster of that name."""
    match operation.ownership:
        case Ownership.READ:
            return denial(f"{operation.name} changes nothing and has no place in a plan", code="OperationNotAllowed")
        case Ownership.TAGGED_CREATE:
            return _tagged_create(operation, parameters, cluster)
        case Ownership.TARGETS:
            return _targets(operation, parameters)
        case Ownership.PROTECTION:
            return Requirement(protection=str(parameters.get(operation.subject) or ""))
        case Ownership.PERMISSIONS if _all_described_as_ours(parameters):
            return Requirement()
        case Ownership.VALIDATION:
            return _validation(operation, parameters)
        case Ownership.TAGS if problem := _tag_problem(parameters):
            return denial(problem)
        case _:
            return _owned(operation, parameters)


def denial(message: str, *, code: str = "NotOwned") -> CallError:
    """A refusal by the executor itself."""
    return CallError(error_class=ErrorClass.DENIED, code=code, message=message)


def carries(tags: Mapping[Any, Any], cluster: str) -> bool:
    """Whether tags say that the resource belongs to the cluster."""
    return tags.get(CLUSTER_TAG) == cluster


def _tagged_create(operation: Operation, parameters: Mapping[str, Json], cluster: str) -> Requirement | CallError:
    tags = {tag.get("Key"): tag.get("Value") for tag in _dicts(jmespath.search(operation.subject, parameters))}
    if carries(tags, cluster):
        return Requirement()
    return denial(f"{operation.name} without the tag {CLUSTER_TAG}={cluster}: what it makes would belong to nobody")


def _targets(operation: Operation, parameters: Mapping[str, Json]) -> Requirement | CallError:
    ids = _ids(operation, parameters)
    if len(ids) != 1:
        return denial(f"{operation.name} without {operation.subject}")
    targets = [target.get("Id") for target in _dicts(parameters.get("Targets"))]
    if targets and all(kind_of(str(each)) is ArnKind.LOAD_BALANCER for each in targets):
        return Requirement(tagged=ids)
    return Requirement(bound=ids[0])


def _owned(operation: Operation, parameters: Mapping[str, Json]) -> Requirement | CallError:
    ids = _ids(operation, parameters)
    if not ids:
        return denial(f"{operation.name} without {operation.subject}")
    return Requirement(tagged=tuple(sorted({owner_of(each) for each in ids})))


def _validation(operation: Operation, parameters: Mapping[str, Json]) -> Requirement | CallError:
    """Records that ACM asks for have names that start with an underscore and point to ACM (ACM user guide, DNS
    validation): no other record of a zone is ever touched."""
    changes = list(_dicts((parameters.get("ChangeBatch") or {}).get("Changes")))
    if changes and all(_is_validation(change.get("ResourceRecordSet") or {}) for change in changes):
        return Requirement()
    return denial(f"{operation.name} refused: only records by which ACM validates a domain are changed")


def _is_validation(record: Mapping[str, Json]) -> bool:
    values = [value.get("Value") or "" for value in _dicts(record.get("ResourceRecords"))]
    pointed = len(values) == 1 and values[0].rstrip(".").endswith(_VALIDATES)
    return record.get("Type") == "CNAME" and str(record.get("Name")).startswith("_") and pointed


def _ids(operation: Operation, parameters: Mapping[str, Json]) -> tuple[str, ...]:
    found = jmespath.search(operation.subject, parameters)
    return tuple(each for each in (found if isinstance(found, list) else [found]) if isinstance(each, str) and each)


def _tag_problem(parameters: Mapping[str, Json]) -> str:
    keys = [tag.get("Key") for tag in _dicts(parameters.get("Tags"))]
    keys += [key for key in parameters.get("TagKeys") or () if isinstance(key, str)]
    if CLUSTER_TAG in keys:
        return f"the tag {CLUSTER_TAG} is set at creation and never touched afterwards"
    # EC2's DeleteTags without keys removes all tags, the cluster's too.
    return "" if keys else "no tag keys are named"


def _all_described_as_ours(parameters: Mapping[str, Json]) -> bool:
    """Only the nested form can carry a description per source; a flat or rule-id form is nobody's."""
    if set(parameters) != {"GroupId", "IpPermissions"}:
        return False
    permissions = list(_dicts(parameters["IpPermissions"]))
    return bool(permissions) and all(_described_as_ours(permission) for permission in permissions)


def _described_as_ours(permission: Mapping[str, Json]) -> bool:
    sources = [source for key in _SOURCES for source in _dicts(permission.get(key))]
    return bool(sources) and all(source.get("Description") == RULE_DESCRIPTION for source in sources)


def _dicts(value: Json) -> Iterator[Mapping[str, Json]]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Mapping):
            yield item
