"""Services of type LoadBalancer get this controller's class (targets and readiness, section 9): without one, another
controller would take them."""

from services.watcher.core.admission.reviews import ALLOWED, Answer, Question

_FIELD = "loadBalancerClass"


def with_class(question: Question, own_class: str) -> Answer:
    """A new Service without a class gets ours; a standing one keeps the class that it had, which cannot be changed."""
    spec = question.subject.get("spec") or {}
    if spec.get("type") != "LoadBalancer" or spec.get(_FIELD):
        return ALLOWED
    before = ((question.before or {}).get("spec") or {}).get(_FIELD)
    chosen = own_class if question.is_new else before
    if not chosen:
        return ALLOWED
    return Answer(patch=[{"op": "add", "path": f"/spec/{_FIELD}", "value": chosen}])
