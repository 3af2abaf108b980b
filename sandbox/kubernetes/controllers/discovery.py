"""Which resources an API server serves: what garbage collection and namespace deletion have to look at."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from sandbox.kubernetes.client import ApiError, Client
from sandbox.kubernetes.client.resources import Resource

_NEVER = frozenset({("", "events"), ("events.k8s.io", "events")})
"""Events own nothing, are owned by nothing and are many: the real garbage collector leaves them out too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A resource and what may be done with it."""

    resource: Resource
    verbs: frozenset[str]

    @property
    def can_be_collected(self) -> bool:
        known = (self.resource.group, self.resource.plural)
        return {"list", "watch", "delete"} <= self.verbs and known not in _NEVER


async def discover(client: Client) -> list[Served]:
    """Every resource in the preferred version of its group.

    A group that cannot be asked raises ApiError: to work with a part of the resources would take the rest for gone.
    """
    served = _resources(await client.request("GET", "/api/v1"), "", "v1")
    groups = await client.request("GET", "/apis")
    for group in groups["groups"]:
        version = group["preferredVersion"]["version"]
        try:
            listed = await client.request("GET", f"/apis/{group['name']}/{version}")
        except ApiError as error:
            # The group of a CRD that is being removed goes between the two requests.
            if not error.is_not_found:
                raise
            continue
        served += _resources(listed, group["name"], version)
    return served


def _resources(listed: Mapping[str, list[dict[str, object]]], group: str, version: str) -> list[Served]:
    found: list[Served] = []
    for entry in listed["resources"]:
        plural = str(entry["name"])
        if "/" in plural:
            continue
        resource = Resource(
            group=group, version=version, plural=plural, kind=str(entry["kind"]), namespaced=bool(entry["namespaced"])
        )
        verbs = entry.get("verbs")
        found.append(Served(resource=resource, verbs=frozenset(verbs if isinstance(verbs, list) else [])))
    return found


UNREACHABLE = (ApiError, aiohttp.ClientError, TimeoutError)
"""What asking an API server raises when it refuses or is away."""
