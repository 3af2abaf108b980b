"""Whether an Ingress is this controller's, and with which parameters (ingress behaviour, section 2).

Called while the members of a group are gathered.
"""

from dataclasses import dataclass

from services.planner.core.class_params import ClassParams, parse_class_params
from services.planner.core.inputs import StackInput
from services.planner.core.label_selectors import matches
from services.planner.core.objects import Ingress, IngressClass, Kind, ObjectRef
from services.planner.core.problems import Problem, Reason

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"
CONTROLLER = "ingress.k8s.aws/alb"
PARAMS_GROUP = "elbv2.k8s.aws"
PARAMS_KIND = "IngressClassParams"
# The class that the legacy annotation means where the setting names none.
_LEGACY_CLASS = "alb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The Ingress is this controller's; `params` None: its class has none."""

    params: ClassParams | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOurs:
    """The Ingress is another controller's, or no one's."""


def resolve_class(ingress: Ingress, inp: StackInput) -> Ours | NotOurs | Problem:
    """Whose the Ingress is. A problem has the reason InvalidIngressClass (what the class says makes no sense, or the
    namespace is not admitted) or ViewIncomplete (a kind that decides it cannot be seen)."""
    found = load_class(ingress, inp)
    refused = _namespace_refused(ingress, found.params, inp) if isinstance(found, Ours) and found.params else None
    return refused or found


def load_class(ingress: Ingress, inp: StackInput) -> Ours | NotOurs | Problem:
    """The same, whether or not the class admits the namespace."""
    legacy = ingress.meta.annotations.get(CLASS_ANNOTATION)
    if legacy is not None:
        flag = inp.cluster.ingress_class
        return Ours() if legacy == flag or (not flag and legacy == _LEGACY_CLASS) else NotOurs()
    where = _ref(ingress)
    if Kind.INGRESS_CLASS in inp.view.blind:
        return blind(where, Kind.INGRESS_CLASS, inp)
    found = _class_of(ingress, inp)
    if isinstance(found, Problem):
        return found
    if found is None:
        return NotOurs() if inp.cluster.ingress_class else Ours()
    if found.controller != CONTROLLER:
        return NotOurs()
    return _with_params(ingress, found, inp)


def blind(where: ObjectRef, kind: Kind, inp: StackInput) -> Problem:
    """The problem that a kind which the object needs cannot be seen."""
    return Problem(
        where=where, reason=Reason.VIEW_INCOMPLETE, message=f"{kind} cannot be seen: {inp.view.blind[kind]}", field=kind
    )


def _class_of(ingress: Ingress, inp: StackInput) -> IngressClass | Problem | None:
    if ingress.class_name is not None:
        named = inp.classes.get(ingress.class_name)
        return named or _invalid(ingress, f'there is no IngressClass "{ingress.class_name}"')
    defaults = sorted(
        name for name, c in inp.classes.items() if c.meta.annotations.get(DEFAULT_CLASS_ANNOTATION) == "true"
    )
    if len(defaults) > 1:
        return _invalid(ingress, f"several IngressClasses are marked as default: {', '.join(defaults)}")
    return inp.classes[defaults[0]] if defaults else None


def _with_params(ingress: Ingress, found: IngressClass, inp: StackInput) -> Ours | Problem:
    reference = found.parameters
    if reference is None:
        return Ours()
    name = found.meta.name
    if reference.api_group != PARAMS_GROUP or reference.kind != PARAMS_KIND:
        given = f"{reference.kind}.{reference.api_group}"
        return _invalid(
            ingress, f'IngressClass "{name}": parameters must be an {PARAMS_KIND}.{PARAMS_GROUP}, not {given}'
        )
    if Kind.INGRESS_CLASS_PARAMS in inp.view.blind:
        return blind(_ref(ingress), Kind.INGRESS_CLASS_PARAMS, inp)
    raw = inp.class_params.get(reference.name)
    if raw is None:
        return _invalid(ingress, f'IngressClass "{name}": there is no IngressClassParams "{reference.name}"')
    return Ours(params=parse_class_params(raw))


def _namespace_refused(ingress: Ingress, params: ClassParams, inp: StackInput) -> Problem | None:
    if params.namespace_selector is None:
        return None
    if Kind.NAMESPACE in inp.view.blind:
        return blind(_ref(ingress), Kind.NAMESPACE, inp)
    namespace = inp.namespaces.get(ingress.meta.namespace)
    if namespace is not None and matches(params.namespace_selector, namespace.meta.labels):
        return None
    refused = f'namespace "{ingress.meta.namespace}" does not match the namespaceSelector'
    return _invalid(ingress, f'{refused} of IngressClassParams "{params.where.name}"')


def _invalid(ingress: Ingress, message: str) -> Problem:
    return Problem(
        where=_ref(ingress), reason=Reason.INVALID_INGRESS_CLASS, message=message, field="spec.ingressClassName"
    )


def _ref(ingress: Ingress) -> ObjectRef:
    return ObjectRef(kind=Kind.INGRESS, namespace=ingress.meta.namespace, name=ingress.meta.name)
