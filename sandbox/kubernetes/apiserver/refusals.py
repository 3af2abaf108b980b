"""Rights that are taken away: which verbs on which resources answer 403 at the moment."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.faults import is_part
from sandbox.kubernetes.apiserver.errors import ApiError, forbidden
from sandbox.kubernetes.apiserver.requests import Target

USER = "sandbox-admin"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refusal:
    """Verbs that are refused on a resource (`ingresses.networking.k8s.io`)."""

    resource: str
    verbs: frozenset[str]


class Refusals:
    """A verb on a resource is refused to everyone but the sandbox's own parts.

    Users are told apart by their client's name only: nothing in the sandbox needs more than one right for a controller
    under test and all rights for what stands in for kube-controller-manager and kubelet.
    """

    def __init__(self) -> None:
        self._standing: list[Refusal] = []

    def refuse(self, refusal: Refusal) -> None:
        """Refuses, on top of what is refused already."""
        self._standing.append(refusal)

    def allow(self, refusal: Refusal) -> None:
        """Takes one refusal back; another one of the same verbs goes on."""
        self._standing.remove(refusal)

    def is_refused(self, resource: str, verb: str) -> bool:
        return any(each.resource == resource and verb in each.verbs for each in self._standing)

    def check(self, target: Target, verb: str, user_agent: str) -> None:
        """Raises 403 as RBAC words it."""
        resource = target.resource
        if self.is_refused(resource.qualified, verb) and not is_part(user_agent):
            raise _no_right(target, verb)


def _no_right(target: Target, verb: str) -> ApiError:
    resource = target.resource
    scope = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    plural = f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural
    why = f'User "{USER}" cannot {verb} resource "{plural}" in API group "{resource.group}" {scope}'
    return forbidden(plural=resource.plural, group=resource.group, name=target.name, why=why)
