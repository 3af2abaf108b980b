"""GetResources of the Resource Groups Tagging API sees what AWS's does. Installed by the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import moto.resourcegroupstaggingapi.models as tagging
from moto.core.resource_tagging import TaggedResource
from moto.elbv2.models import ELBv2Backend
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from sandbox.aws.patches.patching import Patches

MAX_TAGS_PER_PAGE = 500
"""What a page takes when the call does not say; moto cuts it at 100 tags (Tagging API reference, GetResources)."""


def install(patches: Patches) -> None:
    """Section 6, row 25: listeners and rules too, no untagged ones, and types with their subtype.

    A listing is taken whole when it begins, so that a page may follow after something was made or deleted.
    """
    patches.replace(ELBv2Backend, "iter_tagged_resources", _tagged)
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


def _tagged(backend: Any) -> Iterator[Any]:
    """All ELBv2 resources with their tags, under types like `elasticloadbalancing:listener/app`."""
    for arn in _arns(backend):
        kind, *path = arn.split(":", 5)[-1].split("/")
        subtype = "" if kind == "targetgroup" else f"/{path[0]}"
        tags = backend.tagging_service.get_tag_dict_for_resource(arn)
        yield TaggedResource(arn=arn, tags=tags, resource_type=f"elasticloadbalancing:{kind}{subtype}")


def _arns(backend: Any) -> Iterator[str]:
    yield from backend.target_groups
    for balancer in backend.load_balancers.values():
        yield balancer.arn
        for listener in balancer.listeners.values():
            yield listener.arn
            yield from (rule.arn for rule in listener.rules.values())


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
