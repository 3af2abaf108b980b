"""GetResources of the Resource Groups Tagging API sees what AWS's does. Installed by the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import moto.resourcegroupstaggingapi.models as tagging
from moto.core.resource_tagging import TaggedResource
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from sandbox.aws.elbv2.arns import kind_of
from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.patches.patching import Patches

MAX_TAGS_PER_PAGE = 500
"""What a page takes when the call does not say; moto cuts it at 100 tags (Tagging API reference, GetResources)."""


def install(patches: Patches, elbv2: Elbv2) -> None:
    """Section 6, row 25: listeners and rules too, no untagged ones, and types with their subtype; their tags can be
    changed here.

    A listing is taken whole when it begins, so that a page may follow after something was made or deleted.
    """
    patches.replace(ELBv2Backend, "iter_tagged_resources", lambda backend: _tagged(backend, elbv2))
    patches.replace(ELBv2Backend, "tag_resource", lambda _, arn, tags: elbv2.tag(arn, tags))
    patches.replace(ELBv2Backend, "untag_resource", lambda _, arn, keys: elbv2.untag(arn, keys))
    patches.replace(tagging, "match_resource_type", _matches)
    backend = tagging.ResourceGroupsTaggingAPIBackend
    original = backend._get_resources_generator
    answer = ResourceGroupsTaggingAPIResponse.get_resources
    patches.replace(ResourceGroupsTaggingAPIResponse, "get_resources", _with_full_pages(answer))
    patches.replace(
        backend,
        "_get_resources_generator",
        lambda self, **filters: iter(list(original(self, **filters))),
    )
    taggable = tagging.iter_taggable_backends

    def with_load_balancing(account: str, region: str) -> Iterator[Any]:
        # Only services that were called have a backend, and moto's load balancing never is.
        elbv2_backends[account][region]
        yield from taggable(account, region)

    patches.replace(tagging, "iter_taggable_backends", with_load_balancing)


def _tagged(backend: Any, elbv2: Elbv2) -> Iterator[Any]:
    """All load balancing resources with their tags, under types like `elasticloadbalancing:listener/app`."""
    for resource, tags in elbv2.tags_in_listing(backend.account_id, backend.region_name):
        kind, path = kind_of(resource.arn), resource.arn.split("/", 2)[1]
        subtype = "" if kind in ("targetgroup", "truststore") else f"/{path}"
        resource_type = f"elasticloadbalancing:{kind}{subtype}"
        yield TaggedResource(arn=resource.arn, tags=dict(tags), resource_type=resource_type)


def _matches(resource_type: str, filters: Sequence[str] | None) -> bool:
    """A filter names a service, a type, or a type with its subtype."""
    return not filters or any(
        one in (resource_type, resource_type.split(":", 1)[0]) or resource_type.startswith(f"{one}/") for one in filters
    )


def _with_full_pages(original: Any) -> Any:
    def get_resources(response: Any) -> Any:
        response.params = {"TagsPerPage": MAX_TAGS_PER_PAGE, **response.params}
        return original(response)

    return get_resources
