"""Tags: AddTags, RemoveTags, DescribeTags, and the tags of what is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.aws.elbv2 import describe
from sandbox.aws.elbv2.model import Resource
from sandbox.aws.elbv2.operations.paging import check_at_most
from sandbox.aws.elbv2.refusals import RefusedError, invalid
from sandbox.aws.elbv2.store import Store
from sandbox.aws.elbv2.tag_news import TagNews

TAG_LIMIT = 50
"""User tags that one resource carries (aws-elbv2, section 2.1)."""


def new_tags(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a create call, checked."""
    return _merged(params.get("Tags", ()), {})


def _merged(tags: Sequence[Mapping[str, str]], existing: Mapping[str, str]) -> dict[str, str]:
    wanted = {tag["Key"]: tag.get("Value", "") for tag in tags}
    if len(wanted) < len(tags):
        raise RefusedError("DuplicateTagKeys", "A tag key was specified more than once")
    if any(key.startswith("aws:") for key in wanted):
        raise invalid("Tag keys that start with 'aws:' are reserved")
    result = {**existing, **wanted}
    if len(result) > TAG_LIMIT:
        raise RefusedError("TooManyTags", f"A resource can have at most {TAG_LIMIT} tags")
    return result


class Tags:
    def __init__(self, store: Store, news: TagNews) -> None:
        self._store = store
        self._news = news

    def add(self, params: Mapping[str, Any]) -> None:
        """By key; all of the resources or none."""
        resources = [self._store.resource(arn) for arn in params["ResourceArns"]]
        changed = [_merged(params["Tags"], resource.tags) for resource in resources]
        for resource, tags in zip(resources, changed, strict=True):
            self._set(resource, tags)

    def remove(self, params: Mapping[str, Any]) -> None:
        """A key that a resource does not have is no error."""
        for resource in [self._store.resource(arn) for arn in params["ResourceArns"]]:
            self._set(resource, {key: tag for key, tag in resource.tags.items() if key not in params["TagKeys"]})

    def _set(self, resource: Resource, tags: dict[str, str]) -> None:
        self._news.changing(resource, tags)
        resource.tags = tags

    def describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        arns = params["ResourceArns"]
        check_at_most(arns, "resources")
        found = [(arn, self._store.resource(arn).tags) for arn in arns]
        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": describe.tags(tags)} for arn, tags in found]}
