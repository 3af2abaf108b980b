"""The switch that takes rights away: which verbs on which resources answer 403 at the moment."""

from __future__ import annotations

from sandbox.kubernetes.apiserver.errors import ApiError, forbidden
from sandbox.kubernetes.apiserver.requests import Target

USER = "sandbox-admin"
CONTROL_PLANE = frozenset({"sandbox-controllers", "sandbox-kubelet"})


class Refusals:
    """A verb on a resource is refused to everyone but the control plane.

    Users are told apart by their client's name only: nothing in the sandbox needs more than one right for a controller
    under test and all rights for what stands in for kube-controller-manager and kubelet.
    """

    def __init__(self) -> None:
        self._verbs: dict[str, frozenset[str]] = {}

    def refuse(self, resource: str, verbs: frozenset[str]) -> None:
        """Refuses verbs on a resource (`ingresses.networking.k8s.io`), on top of those already refused."""
        self._verbs[resource] = self._verbs.get(resource, frozenset()) | verbs

    def allow(self, resource: str | None, verbs: frozenset[str]) -> None:
        """Gives verbs back: of one resource (all of them if none is named), or everything."""
        if resource is None:
            self._verbs.clear()
        elif verbs:
            self._verbs[resource] = self._verbs.get(resource, frozenset()) - verbs
        else:
            self._verbs.pop(resource, None)

    def is_refused(self, resource: str, verb: str) -> bool:
        return verb in self._verbs.get(resource, frozenset())

    def check(self, target: Target, verb: str, user_agent: str) -> None:
        """Raises 403 as RBAC words it."""
        resource = target.resource
        if self.is_refused(resource.qualified, verb) and user_agent not in CONTROL_PLANE:
            raise _no_right(target, verb)


def _no_right(target: Target, verb: str) -> ApiError:
    resource = target.resource
    scope = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    plural = f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural
    why = f'User "{USER}" cannot {verb} resource "{plural}" in API group "{resource.group}" {scope}'
    return forbidden(plural=resource.plural, group=resource.group, name=target.name, why=why)
