"""Which tags the tagging API sees: those of a while ago (aws-elbv2, section 4.3)."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.aws.elbv2.conditions import Conditions
from sandbox.aws.elbv2.consistency import Past, is_unseen
from sandbox.aws.elbv2.model import Resource, TrustStore

_Tags = Mapping[str, str]


class TagNews:
    """Of one account and Region. Told before tags change, asked by the tagging API."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._pasts: dict[str, Past[_Tags]] = {}

    def changing(self, resource: Resource, tags: _Tags) -> None:
        """The resource is about to get these tags."""
        now, delay = self._conditions.clock.now(), self._conditions.delays.tagging
        if delay:
            past = self._pasts.get(resource.arn) or Past(((_created(resource), resource.tags),))
            self._pasts[resource.arn] = past.changed(tags, now).without_the_old(now, delay)

    def seen(self, resource: Resource) -> _Tags | None:
        """The tags that are seen; None for a resource that is too new."""
        now, delay = self._conditions.clock.now(), self._conditions.delays.tagging
        past = self._pasts.get(resource.arn)
        if past is not None:
            return past.seen(now, delay)
        return None if is_unseen(_created(resource), now, delay) else resource.tags


def _created(resource: Resource) -> float:
    """Trust stores do not keep it; they are seen at once."""
    return float("-inf") if isinstance(resource, TrustStore) else resource.created_at
