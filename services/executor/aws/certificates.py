"""Reads certificates of ACM: the listing, single ones, and those that a controller asked for. Used by `aws.lookups`."""

from asyncio import TaskGroup
from collections.abc import Mapping, Sequence

from services.executor.aws import listings
from services.executor.aws.batches import tags_of
from services.executor.aws.reads import Reads
from services.executor.core.observations import Resource, ResourceKind
from services.executor.core.operations import OPERATIONS
from services.executor.core.ownership import CLUSTER_TAG

_DESCRIBE = OPERATIONS["acm", "DescribeCertificate"]
_TAGS = OPERATIONS["acm", "ListTagsForCertificate"]
_TYPES = ("acm:certificate",)

# Every key algorithm; ACM lists only RSA keys of up to 2,048 bits unless asked for the others.
_ALL_KEYS = {
    "keyTypes": [
        "RSA_1024",
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "EC_prime256v1",
        "EC_secp384r1",
        "EC_secp521r1",
    ]
}
# Keys of the tags that a controller puts on the certificates that it asks for, with any value (naming and tags).
_MANAGED = {CLUSTER_TAG: "", "ingress.k8s.aws/stack": "", "ingress.k8s.aws/resource": ""}


class Certificates:
    """Answers lookups about certificates; what does not exist is not answered."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def listed(self, _: Sequence[str]) -> None:
        """All issued ones, as they are listed."""
        parameters = {"CertificateStatuses": ["ISSUED"], "Includes": _ALL_KEYS}
        await self._reads.listing(listings.CERTIFICATES, parameters)

    async def described(self, keys: Sequence[str]) -> None:
        """These, by ARN."""
        await self._describe(dict.fromkeys(keys))

    async def managed(self, _: Sequence[str]) -> None:
        """Those that a controller asked for, with their tags."""
        found = await self._reads.tagged(_MANAGED, _TYPES)
        await self._describe(found if found is not None else await self._managed_one_by_one())

    async def _managed_one_by_one(self) -> dict[str, dict[str, str]]:
        """The same where the tagging API is not permitted: the tags of every certificate are read."""
        listed = await self._reads.listing(listings.CERTIFICATES, {"Includes": _ALL_KEYS}, emit=False)
        found = {}
        for certificate in listed or ():
            result = await self._reads.call(_TAGS, {"CertificateArn": certificate.id})
            tags = tags_of(result.answer) if result.error is None else {}
            if _MANAGED.keys() <= tags.keys():
                found[certificate.id] = tags
        return found

    async def _describe(self, wanted: Mapping[str, Mapping[str, str] | None]) -> None:
        async with TaskGroup() as together:
            for arn, tags in wanted.items():
                together.create_task(self._describe_one(arn, tags))

    async def _describe_one(self, arn: str, tags: Mapping[str, str] | None) -> None:
        result = await self._reads.call(_DESCRIBE, {"CertificateArn": arn})
        if result.error is None:
            described = result.answer["Certificate"]
            await self._reads.emit(
                result.begun, [Resource(kind=ResourceKind.CERTIFICATE, id=arn, description=described, tags=tags)]
            )
