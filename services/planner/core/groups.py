"""Which ingress group an Ingress belongs to, and which ones it has belonged to (ingress behaviour, section 3).

Called while the members of a group are gathered, and by the planner's view, which finds the members of a key.
"""

from collections.abc import Iterator

from services.planner.core.annotations.annotated import annotated
from services.planner.core.annotations.ingress.load_balancer import GROUP_NAME
from services.planner.core.annotations.shapes import group_name
from services.planner.core.annotations.values import BadValueError
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import Ingress, Kind

IMPLICIT_FINALIZER = "ingress.k8s.aws/resources"
_EXPLICIT_FINALIZER = "group.ingress.k8s.aws/"


def finalizer(key: StackKey) -> str:
    """The finalizer that members of the group carry."""
    return IMPLICIT_FINALIZER if key.namespace else f"{_EXPLICIT_FINALIZER}{key.name}"


def own_group(ingress: Ingress) -> StackKey:
    """The group that an Ingress is when it names none."""
    return StackKey(kind=StackKind.INGRESS, namespace=ingress.meta.namespace, name=ingress.meta.name)


def named_group(name: str) -> StackKey:
    """The group of that name."""
    return StackKey(kind=StackKind.INGRESS, namespace="", name=name)


def current_group(ingress: Ingress, of_class: str | None) -> StackKey | None:
    """The group that the Ingress asks for; None: by a name that cannot be one. `of_class`: the group that the
    parameters of its class name, which counts before the annotation."""
    if of_class is not None:
        return named_group(of_class)
    subject = annotated(Kind.INGRESS, ingress.meta)
    if GROUP_NAME.key not in subject.values:
        return own_group(ingress)
    name = subject.get(GROUP_NAME)
    return named_group(name) if name is not None else None


def groups_by_finalizer(ingress: Ingress) -> Iterator[StackKey]:
    """Groups that the Ingress has been a member of, by the finalizers that it carries."""
    for carried in ingress.meta.finalizers:
        if carried == IMPLICIT_FINALIZER:
            yield own_group(ingress)
        elif carried.startswith(_EXPLICIT_FINALIZER):
            name = carried.removeprefix(_EXPLICIT_FINALIZER)
            if _is_name(name):
                yield named_group(name)


def _is_name(text: str) -> bool:
    try:
        group_name(text)
    except BadValueError:
        return False
    return True
