"""What a plan's results mean for its key: done, again at once, or again after a while, and what is not known any more.
Pure; used by `running` and `worker`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.planner.core.plans import AwsCall, KubernetesWrite, Plan, Step, Verb
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult
from services.planner.workqueue.backoff import Failure

_FAILURES: Mapping[ErrorClass, Failure] = {
    ErrorClass.CONFLICT: Failure.CONFLICT,
    ErrorClass.NOT_FOUND: Failure.CONFLICT,  # something that the inventory has is not there
    ErrorClass.TRANSIENT: Failure.TRANSIENT,
    ErrorClass.THROTTLED: Failure.THROTTLED,
    ErrorClass.IN_USE: Failure.IN_USE,
    ErrorClass.QUOTA: Failure.QUOTA,
    ErrorClass.DENIED: Failure.DENIED,
    ErrorClass.PERMANENT: Failure.PERMANENT,
}
_NAMED_BY_USERS = frozenset(
    ("CertificateNotFound", "SSLPolicyNotFound", "AllocationIdNotFound", "TrustStoreNotFound", "SubnetNotFound")
)
_SOONEST_FIRST = list(Failure)
_DOUBTFUL = {Failure.CONFLICT, Failure.UNKNOWN}
_OF_DETAILS = frozenset(
    (
        "ModifyLoadBalancerAttributes",
        "ModifyTargetGroupAttributes",
        "ModifyListenerAttributes",
        "ModifyCapacityReservation",
        "AddListenerCertificates",
        "RemoveListenerCertificates",
        "AssociateWebACL",
        "DisassociateWebACL",
        "CreateProtection",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`failure`: why the key has to be tried again, None when it need not for an error's sake. `errors`: the errors in
    words, in the order of the steps. `doubt`: the key's resources have to be observed before it is planned again;
    `details`: ARNs of resources of which what is read by questions of their own (attributes, certificates, firewall,
    protection, capacity) is not known any more.
    """

    failure: Failure | None = None
    errors: tuple[str, ...] = ()
    doubt: bool = False
    details: tuple[str, ...] = ()


def judge(plan: Plan, results: Mapping[str, StepResult], awaited: frozenset[str]) -> Judgement:
    """The judgement on a plan that has ended. `awaited`: steps refused by a conflict after which the view will see the
    object's newer version; the key waits for that and for nothing else. A step without a result was cut off: nobody
    knows whether it was sent.
    """
    failures: list[Failure] = []
    errors: list[str] = []
    details: list[str] = []
    doubt = False
    for step in plan.steps:
        failure = _failure(step, results.get(step.id))
        if failure is None or step.id in awaited:
            continue
        failures.append(failure)
        errors.append(f"{_name(step)}: {_words(results.get(step.id))}")
        if failure in _DOUBTFUL and isinstance(step.work, AwsCall):
            doubt = True
            details.extend(_detailed(step.work))
    return Judgement(
        failure=min(failures, key=_SOONEST_FIRST.index, default=None),
        errors=tuple(errors),
        doubt=doubt,
        details=tuple(details),
    )


def _failure(step: Step, result: StepResult | None) -> Failure | None:
    if isinstance(step.work, KubernetesWrite) and step.work.verb is Verb.EVENT:
        return None  # an Event that could not be written is no reason to plan again
    if result is None or result.outcome is StepOutcome.UNKNOWN:
        return Failure.UNKNOWN
    if result.outcome is not StepOutcome.REFUSED:
        return None
    return Failure.TRANSIENT if result.error is None else failure_of(result.error)


def _name(step: Step) -> str:
    match step.work:
        case AwsCall() as call:
            return call.operation
        case KubernetesWrite() as write:
            return f"{write.verb} {write.resource} {write.namespace}/{write.name}"


def _words(result: StepResult | None) -> str:
    if result is None:
        return "the executor was lost before it answered"
    return str(result.error) if result.error is not None else "its outcome is unknown"


def _detailed(call: AwsCall) -> list[str]:
    """ARNs that a call which changes details of a resource names."""
    if call.operation not in _OF_DETAILS:
        return []
    return [v for k, v in call.parameters.items() if k.endswith("Arn") and isinstance(v, str)]


def failure_of(error: CallError) -> Failure:
    """How an error decides about the next attempt."""
    return _FAILURES[error.error_class]


def lasting(results: Mapping[str, StepResult]) -> CallError | None:
    """The first error that does not pass by itself: one to tell the user of.

    What users name and AWS does not have is one, though it is tried again soon: it may have been made just now.
    """
    errors = (result.error for result in results.values() if result.error is not None)
    return next((e for e in errors if e.code in _NAMED_BY_USERS or not failure_of(e).passes), None)
