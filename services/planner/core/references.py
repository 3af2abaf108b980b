"""What an Ingress refers to by name: Services, and Secrets with the client of an identity provider.

Read by the build, and by the view, which finds an Ingress again by them. What cannot be read refers to nothing.
"""

from collections.abc import Iterator

from services.planner.core.annotations.actions import ForwardTo
from services.planner.core.annotations.annotated import annotated
from services.planner.core.annotations.ingress.routing import ACTIONS, AUTH_IDP_OIDC, CONDITIONS, TRANSFORMS
from services.planner.core.objects import Ingress, IngressBackend, Kind, Service

USE_ANNOTATION = "use-annotation"


def named_backends(ingress: Ingress) -> Iterator[tuple[str, IngressBackend]]:
    """The backends of an Ingress, each with its field."""
    if ingress.default_backend is not None:
        yield "spec.defaultBackend", ingress.default_backend
    for r, rule in enumerate(ingress.rules):
        for p, path in enumerate(rule.paths if rule.http else ()):
            yield f"spec.rules[{r}].http.paths[{p}].backend", path.backend


def service_names(ingress: Ingress) -> frozenset[str]:
    """Names of the Services that the Ingress forwards to, by its backends or by the actions that they name."""
    backends = [backend for _, backend in named_backends(ingress) if not backend.resource]
    direct = {b.service_name for b in backends if b.port != USE_ANNOTATION}
    acting = {b.service_name for b in backends if b.port == USE_ANNOTATION}
    return frozenset((direct | {name for action in acting for name in _forwarded(ingress, action)}) - {""})


def _forwarded(ingress: Ingress, action: str) -> Iterator[str]:
    value = annotated(Kind.INGRESS, ingress.meta).named(ACTIONS, action)
    if isinstance(value, ForwardTo):
        yield from (entry.service for entry in value.entries)


def unread_annotations(ingress: Ingress) -> frozenset[str]:
    """Keys of the annotations of the Ingress that are for a backend, and no backend has their name."""
    names = {backend.service_name for _, backend in named_backends(ingress)}
    read = {f"{family.key}{name}" for family in (CONDITIONS, TRANSFORMS) for name in names}
    read |= {f"{ACTIONS.key}{b.service_name}" for _, b in named_backends(ingress) if b.port == USE_ANNOTATION}
    families = (ACTIONS.key, CONDITIONS.key, TRANSFORMS.key)
    return frozenset(key for key in ingress.meta.annotations if key.startswith(families) and key not in read)


def secret_names(owner: Ingress | Service) -> frozenset[str]:
    """Names of the Secrets, in the object's namespace, that its own annotations name."""
    kind = Kind.INGRESS if isinstance(owner, Ingress) else Kind.SERVICE
    provider = annotated(kind, owner.meta).get(AUTH_IDP_OIDC)
    return frozenset() if provider is None else frozenset({provider.secret_name})
