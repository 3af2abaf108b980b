"""Tags of load balancing resources. Installed by the package; the create and delete patches use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.aws.patches.lookup import check_at_most, find_resource
from sandbox.aws.patches.patching import Call, Patches, refusal

TAG_LIMIT = 50
"""User tags that one resource carries (aws-elbv2, section 2.1)."""


def install(patches: Patches) -> None:
    """Section 6, row 24: 50 tags counted after the call, 20 ARNs a read, NotFound for an ARN that is not there."""
    patches.answer("AddTags", _add_tags)
    patches.answer("RemoveTags", _remove_tags)
    patches.answer("DescribeTags", _describe_tags)


def check_new_tags(tags: Sequence[Mapping[str, str]] | None) -> None:
    """Refuse what cannot be put on a resource that is about to be made."""
    _check(tags or (), {})


def put_tags(backend: Any, arn: str, tags: Sequence[Mapping[str, str]] | None) -> None:
    """Tag a resource; `check_new_tags` came before."""
    backend.tagging_service.tag_resource(arn, list(tags or ()))


def forget_tags(backend: Any, arn: str) -> None:
    """The resource is gone, and its tags with it."""
    backend.tagging_service.delete_all_tags_for_resource(arn)


def _check(tags: Sequence[Mapping[str, str]], existing: Mapping[str, str]) -> None:
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise refusal("DuplicateTagKeys", "A tag key was specified more than once")
    for tag in tags:
        if tag["Key"].startswith("aws:"):
            raise refusal("ValidationError", "Tag keys that start with 'aws:' are reserved")
        if not 1 <= len(tag["Key"]) <= 128 or len(tag.get("Value", "")) > 256:
            raise refusal("ValidationError", f"Tag '{tag['Key']}': a key has 1-128 characters, a value 0-256")
    if len(existing.keys() | set(keys)) > TAG_LIMIT:
        raise refusal("TooManyTags", f"A resource can have at most {TAG_LIMIT} tags")


def _add_tags(call: Call) -> None:
    service = call.backend.tagging_service
    arns = call.params["ResourceArns"]
    for arn in arns:
        find_resource(call.backend, arn)
        _check(call.params["Tags"], service.get_tag_dict_for_resource(arn))
    for arn in arns:
        put_tags(call.backend, arn, call.params["Tags"])


def _remove_tags(call: Call) -> None:
    arns = call.params["ResourceArns"]
    for arn in arns:
        find_resource(call.backend, arn)
    for arn in arns:
        call.backend.tagging_service.untag_resource_using_names(arn, call.params["TagKeys"])


def _describe_tags(call: Call) -> dict[str, Any]:
    arns = call.params["ResourceArns"]
    check_at_most(arns, "resources")
    for arn in arns:
        find_resource(call.backend, arn)
    tags_of = call.backend.tagging_service.get_tag_dict_for_resource
    return {"TagDescriptions": [{"ResourceArn": arn, "Tags": tags_of(arn)} for arn in arns]}
