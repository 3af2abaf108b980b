"""Ownership: no mutating call touches what does not carry this cluster's tag. Asked by the runner before each call."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import jmespath

from services.executor.aws.batches import chunks, tags_of
from services.executor.aws.caller import AwsCaller
from services.executor.core.arns import is_certificate, kind_of
from services.executor.core.operations import OPERATIONS, Operation
from services.executor.core.ownership import CLUSTER_TAG, PROTECTION_NAMES, carries, denial, requirement
from services.executor.core.steps import AssumedRole, CallError, CallResult, ErrorClass, Json, Lane, PlanKey
from services.executor.stopping import StopSignal

_TAGS_PER_CALL = 20
_DESCRIBE_TAGS = OPERATIONS["elbv2", "DescribeTags"]
_DESCRIBE_PROTECTION = OPERATIONS["shield", "DescribeProtection"]
_CERTIFICATE_TAGS = OPERATIONS["acm", "ListTagsForCertificate"]
_DESCRIBE_GROUPS = OPERATIONS["ec2", "DescribeSecurityGroups"]


class Bindings(Protocol):
    """Knows which target group a TargetGroupBinding names."""

    async def refusal(self, target_group_arn: str, key: PlanKey, role: AssumedRole | None) -> CallError | None:
        """Why a plan for `key` may not move targets of the group under the role, None when it may."""
        ...


class OwnedResources:
    """ARNs and security group ids that were created by this process, or seen, with the cluster's tag."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._ids: set[str] = set()

    def knows(self, resource_id: str) -> bool:
        """Whether it is known to carry the tag."""
        return resource_id in self._ids

    def created(self, resource_id: str) -> None:
        """Learns from a create whose request carried the tag."""
        self._ids.add(resource_id)

    def observed(self, resource_id: str, tags: Mapping[str, str]) -> None:
        """Learns from tags that were read, also that the tag is gone."""
        if carries(tags, self._cluster):
            self._ids.add(resource_id)
        else:
            self._ids.discard(resource_id)


class Guard:
    """Decides about one call from what is remembered, and reads tags where that is not enough."""

    def __init__(self, cluster: str, owned: OwnedResources, caller: AwsCaller, bindings: Bindings) -> None:
        self._cluster = cluster
        self._owned = owned
        self._caller = caller
        self._bindings = bindings

    async def refusal(
        self,
        operation: Operation,
        parameters: Mapping[str, Json],
        *,
        key: PlanKey,
        lane: Lane,
        stop: StopSignal,
        role: AssumedRole | None = None,
    ) -> CallError | None:
        """Why the call may not be sent, None when it may. An error of a lookup is such a reason too."""
        needed = requirement(operation, parameters, self._cluster)
        if isinstance(needed, CallError):
            return needed
        if role is not None and not needed.bound:
            return denial(f"{operation.name} refused: roles are assumed to move targets, and for nothing else")
        if needed.bound and (refusal := await self._bindings.refusal(needed.bound, key, role)) is not None:
            return refusal
        tagged = list(needed.tagged)
        if needed.protection:
            protected = await self._protected(needed.protection, lane, stop)
            if isinstance(protected, CallError):
                return protected
            tagged.append(protected)
        unknown = [each for each in tagged if not self._owned.knows(each)]
        if unknown and (error := await self._read_tags(unknown, lane, stop)) is not None:
            return error
        foreign = [each for each in unknown if not self._owned.knows(each)]
        if foreign:
            return denial(f"{operation.name} refused: no tag {CLUSTER_TAG}={self._cluster} on {', '.join(foreign)}")
        return None

    def learn(self, operation: Operation, answer: Json) -> None:
        """Remembers what an accepted create made."""
        created = jmespath.search(operation.creates, answer) if operation.creates else None
        if isinstance(created, str):
            self._owned.created(created)

    async def _protected(self, protection_id: str, lane: Lane, stop: StopSignal) -> str | CallError:
        """ARN of what a protection that a controller made protects."""
        asked = {"ProtectionId": protection_id}
        result = await self._caller.call(_DESCRIBE_PROTECTION, asked, lane=lane, stop=stop)
        if result.error is not None:
            return result.error
        protection = result.answer.get("Protection") or {}
        if protection.get("Name") not in PROTECTION_NAMES:
            return denial(f"no controller made the protection {protection_id}")
        return str(protection.get("ResourceArn"))

    async def _read_tags(self, ids: Sequence[str], lane: Lane, stop: StopSignal) -> CallError | None:
        arns = [each for each in ids if kind_of(each) is not None]
        groups = [each for each in ids if each.startswith("sg-")]
        for certificate in (each for each in ids if is_certificate(each)):
            result = await self._caller.call(_CERTIFICATE_TAGS, {"CertificateArn": certificate}, lane=lane, stop=stop)
            if result.error is not None:
                return result.error
            self._owned.observed(certificate, tags_of(result.answer))
        for chunk in chunks(arns, _TAGS_PER_CALL):
            result = await self._caller.call(_DESCRIBE_TAGS, {"ResourceArns": chunk}, lane=lane, stop=stop)
            if result.error is not None:
                return await self._one_by_one(chunk, result, lane, stop)
            for description in result.answer["TagDescriptions"]:
                self._owned.observed(description["ResourceArn"], tags_of(description))
        for chunk in chunks(groups, _TAGS_PER_CALL):
            filters = [{"Name": "group-id", "Values": chunk}]
            result = await self._caller.call(_DESCRIBE_GROUPS, {"Filters": filters}, lane=lane, stop=stop)
            if result.error is not None:
                return result.error
            for group in result.answer["SecurityGroups"]:
                self._owned.observed(group["GroupId"], tags_of(group))
            absent = sorted(set(chunk) - {group["GroupId"] for group in result.answer["SecurityGroups"]})
            if absent:
                return _no_such_group(absent)
        return None

    async def _one_by_one(
        self, chunk: Sequence[str], result: CallResult, lane: Lane, stop: StopSignal
    ) -> CallError | None:
        """One absent ARN fails a whole DescribeTags: then each is asked for alone, so that the error names it."""
        if len(chunk) == 1 or result.error is None or result.error.error_class is not ErrorClass.NOT_FOUND:
            return result.error
        for arn in chunk:
            error = await self._read_tags([arn], lane, stop)
            if error is not None:
                return error
        return None


def _no_such_group(ids: Sequence[str]) -> CallError:
    """As AWS answers who names the group: a filter that finds nothing is no error to it."""
    message = f"The security group {', '.join(ids)} does not exist"
    return CallError(error_class=ErrorClass.NOT_FOUND, code="InvalidGroup.NotFound", message=message)
