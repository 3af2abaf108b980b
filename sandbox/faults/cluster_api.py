"""The faults that every Kubernetes API of the sandbox has, be it its own server or a real one behind its proxy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol

from pydantic import Field

from sandbox.faults.board import Fault
from sandbox.faults.desk import FaultBody, FaultDesk, Refused

ALL_VERBS = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})


class ApiSwitches(Protocol):
    """What the faults of an API do. Resources are named as RBAC does: `pods`, `ingresses.networking.k8s.io`.

    Each raises Refused for a resource that there is not.
    """

    def freeze(self, resource: str | None) -> Fault:
        """Watches of a resource, or all, stay open and tell nothing; when it ends they tell what they missed."""
        ...

    def drop(self, resource: str | None) -> None:
        """Breaks the connections of such watches."""
        ...

    def forget(self) -> None:
        """No watch can start, and no list go on, at a version from before now: 410."""
        ...

    def refuse(self, resource: str, verbs: frozenset[str]) -> Fault:
        """Such requests are answered 403 and such watches end, as when RBAC takes the right away."""
        ...

    def outage(self) -> Fault:
        """Every connection is closed without an answer, open ones at once."""
        ...


class _OfResource(FaultBody):
    resource: str | None = None


class _RefuseBody(FaultBody):
    resource: str
    verbs: frozenset[str] = Field(default=ALL_VERBS, min_length=1)


class NoSwitches:
    """An API whose watches, history and rights nobody here can touch: every request is refused, with the reason."""

    def __init__(self, why: str) -> None:
        self._why = why

    def freeze(self, _resource: str | None) -> Fault:
        raise self._refusal()

    def drop(self, _resource: str | None) -> None:
        raise self._refusal()

    def forget(self) -> None:
        raise self._refusal()

    def refuse(self, _resource: str, _verbs: frozenset[str]) -> Fault:
        raise self._refusal()

    def outage(self) -> Fault:
        raise self._refusal()

    def _refusal(self) -> Refused:
        return Refused(HTTPStatus.NOT_IMPLEMENTED, self._why)


def teach(desk: FaultDesk, switches: ApiSwitches) -> None:
    """Lets a desk take requests for these faults."""

    def drop(body: _OfResource) -> None:
        switches.drop(body.resource)

    def forget(_: FaultBody) -> None:
        switches.forget()

    desk.teach("freeze", _OfResource, lambda body: switches.freeze(body.resource))
    desk.teach("drop", _OfResource, drop)
    desk.teach("forget", FaultBody, forget)
    desk.teach("refuse", _RefuseBody, lambda body: switches.refuse(body.resource, body.verbs))
    desk.teach("outage", FaultBody, lambda _: switches.outage())
