"""What results mean for the key."""

from dataclasses import replace

import pytest

from services.planner.core.plans import Step, Verb
from services.planner.results import CallError, ErrorClass, StepOutcome, StepResult
from services.planner.work.judgement import Judgement, judge, lasting
from services.planner.workqueue.backoff import Failure
from tests.unit.planner_shell.plan_things import accepted, aws, by_id, ended, plan, refused, write

CALL = aws("call", "CreateListener")
THEN = aws("then", "CreateRule", "call")
WRITE = write("write")
EVENT = write("event", verb=Verb.EVENT)
FIREWALL = aws("firewall", "AssociateWebACL", ResourceArn="lb")
ATTRIBUTES = aws("attributes", "ModifyLoadBalancerAttributes", LoadBalancerArn="lb", Attributes=[])


@pytest.mark.parametrize(
    ("steps", "results", "expected"),
    [
        pytest.param([CALL, WRITE], [accepted("call"), accepted("write")], Judgement(), id="all accepted"),
        pytest.param(
            [CALL, THEN],
            [refused("call", ErrorClass.THROTTLED, "Throttling"), ended("then", StepOutcome.SKIPPED)],
            Judgement(failure=Failure.THROTTLED, errors=("CreateListener: Throttling: why",)),
            id="a refusal, and what depended on it",
        ),
        pytest.param(
            [CALL, THEN],
            [refused("call", ErrorClass.DENIED), refused("then", ErrorClass.IN_USE)],
            Judgement(failure=Failure.IN_USE, errors=("CreateListener: Code: why", "CreateRule: Code: why")),
            id="of several failures the one that may pass soonest decides",
        ),
        pytest.param(
            [CALL],
            [refused("call", ErrorClass.CONFLICT, "PriorityInUse")],
            Judgement(failure=Failure.CONFLICT, errors=("CreateListener: PriorityInUse: why",), doubt=True),
            id="a conflict with AWS: another state than known",
        ),
        pytest.param(
            [CALL],
            [refused("call", ErrorClass.NOT_FOUND)],
            Judgement(failure=Failure.CONFLICT, errors=("CreateListener: Code: why",), doubt=True),
            id="what is known is not there",
        ),
        pytest.param(
            [CALL],
            [ended("call", StepOutcome.UNKNOWN)],
            Judgement(failure=Failure.UNKNOWN, errors=("CreateListener: its outcome is unknown",), doubt=True),
            id="an outcome that nobody knows",
        ),
        pytest.param(
            [CALL],
            [],
            Judgement(
                failure=Failure.UNKNOWN,
                errors=("CreateListener: the executor was lost before it answered",),
                doubt=True,
            ),
            id="no result at all: the executor was lost",
        ),
        pytest.param(
            [ATTRIBUTES],
            [],
            Judgement(
                failure=Failure.UNKNOWN,
                errors=("ModifyLoadBalancerAttributes: the executor was lost before it answered",),
                doubt=True,
                details=("lb",),
            ),
            id="attributes that may or may not have changed",
        ),
        pytest.param(
            [FIREWALL],
            [refused("firewall", ErrorClass.CONFLICT)],
            Judgement(failure=Failure.CONFLICT, errors=("AssociateWebACL: Code: why",), doubt=True, details=("lb",)),
            id="a firewall that met another state than known",
        ),
        pytest.param(
            [WRITE],
            [refused("write", ErrorClass.CONFLICT)],
            Judgement(failure=Failure.CONFLICT, errors=("merge-patch ingresses shop/front: Code: why",)),
            id="a conflict with Kubernetes puts nothing of AWS in doubt",
        ),
        pytest.param(
            [CALL, EVENT],
            [accepted("call"), refused("event", ErrorClass.DENIED)],
            Judgement(),
            id="an Event that could not be written",
        ),
        pytest.param([CALL], [ended("call", StepOutcome.STOPPED)], Judgement(), id="stopped: newer input follows"),
    ],
)
def test_the_judgement(steps: list[Step], results: list[StepResult], expected: Judgement) -> None:
    assert judge(plan(*steps), by_id(*results), frozenset()) == expected


def test_a_conflict_that_the_view_will_resolve_is_no_failure() -> None:
    results = by_id(refused("write", ErrorClass.CONFLICT))
    assert judge(plan(WRITE), results, frozenset({"write"})) == Judgement()


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_every_error_class_has_a_backoff_and_only_some_are_told_to_the_user(error_class: ErrorClass) -> None:
    result = refused("call", error_class)
    judgement = judge(plan(CALL), by_id(result), frozenset())
    told = lasting(by_id(result))
    assert judgement.failure is not None
    lasts = error_class in {ErrorClass.DENIED, ErrorClass.PERMANENT, ErrorClass.QUOTA}
    assert told == (CallError(error_class=error_class, code="Code", message="why") if lasts else None)


@pytest.mark.parametrize("code", ["CertificateNotFound", "AllocationIdNotFound", "SSLPolicyNotFound"])
def test_what_a_user_names_and_aws_does_not_have_is_told_and_tried_again_soon(code: str) -> None:
    error = CallError(error_class=ErrorClass.NOT_FOUND, code=code, message="why")
    results = {"call": replace(refused("call", ErrorClass.NOT_FOUND), error=error)}
    assert lasting(results) == error
    assert judge(plan(CALL), results, frozenset()).failure is Failure.CONFLICT
