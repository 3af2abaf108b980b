"""Error classes by code, reason and status."""

import pytest

from services.executor.core.error_classes import of_aws, of_kubernetes
from services.executor.core.steps import ErrorClass


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        pytest.param("LoadBalancerNotFound", 400, ErrorClass.NOT_FOUND, id="absent load balancer"),
        pytest.param("InvalidGroup.NotFound", 400, ErrorClass.NOT_FOUND, id="absent security group"),
        pytest.param("ThrottlingException", 400, ErrorClass.THROTTLED, id="throttle as documented"),
        pytest.param("Throttling", 400, ErrorClass.THROTTLED, id="throttle as seen on the wire"),
        pytest.param("RequestLimitExceeded", 503, ErrorClass.THROTTLED, id="EC2 throttle despite its HTTP 503"),
        pytest.param("PriorRequestNotComplete", 429, ErrorClass.THROTTLED, id="an earlier request still runs"),
        pytest.param("NewlyInvented", 429, ErrorClass.THROTTLED, id="unknown code with HTTP 429"),
        pytest.param("PriorityInUse", 400, ErrorClass.CONFLICT, id="priority taken"),
        pytest.param("DuplicateTargetGroupName", 400, ErrorClass.CONFLICT, id="name taken"),
        pytest.param("InvalidGroup.Duplicate", 400, ErrorClass.CONFLICT, id="security group name taken"),
        pytest.param("InvalidPermission.Duplicate", 400, ErrorClass.CONFLICT, id="permission there already"),
        pytest.param("InvalidPermission.NotFound", 400, ErrorClass.CONFLICT, id="permission gone already"),
        pytest.param("ResourceInUse", 400, ErrorClass.IN_USE, id="target group in use"),
        pytest.param("DependencyViolation", 400, ErrorClass.IN_USE, id="security group in use"),
        pytest.param("TooManyRules", 400, ErrorClass.QUOTA, id="quota of rules"),
        pytest.param("RulesPerSecurityGroupLimitExceeded", 400, ErrorClass.QUOTA, id="quota of permissions"),
        pytest.param("AccessDenied", 403, ErrorClass.DENIED, id="ELB denial"),
        pytest.param("UnauthorizedOperation", 403, ErrorClass.DENIED, id="EC2 denial"),
        pytest.param("OperationNotPermitted", 400, ErrorClass.PERMANENT, id="deletion protection"),
        pytest.param("ValidationError", 400, ErrorClass.PERMANENT, id="wrong parameters"),
        pytest.param("HealthUnavailable", 500, ErrorClass.TRANSIENT, id="health not available"),
        pytest.param("NewlyInvented", 503, ErrorClass.TRANSIENT, id="unknown code of the server"),
        pytest.param("NewlyInvented", 400, ErrorClass.PERMANENT, id="unknown code of the caller"),
    ],
)
def test_aws(code: str, status: int, expected: ErrorClass) -> None:
    assert of_aws(code, status) is expected


@pytest.mark.parametrize(
    ("reason", "status", "expected"),
    [
        pytest.param("NotFound", 404, ErrorClass.NOT_FOUND, id="absent"),
        pytest.param("Conflict", 409, ErrorClass.CONFLICT, id="precondition failed"),
        pytest.param("AlreadyExists", 409, ErrorClass.CONFLICT, id="exists already"),
        pytest.param("Forbidden", 403, ErrorClass.DENIED, id="forbidden"),
        pytest.param("Invalid", 422, ErrorClass.PERMANENT, id="invalid"),
        pytest.param("TooManyRequests", 429, ErrorClass.THROTTLED, id="too many requests"),
        pytest.param("ServiceUnavailable", 503, ErrorClass.TRANSIENT, id="unavailable"),
        pytest.param("", 404, ErrorClass.NOT_FOUND, id="404 without a Status"),
        pytest.param("", 502, ErrorClass.TRANSIENT, id="502 of a proxy"),
        pytest.param("", 418, ErrorClass.PERMANENT, id="a status that nobody expects"),
    ],
)
def test_kubernetes(reason: str, status: int, expected: ErrorClass) -> None:
    assert of_kubernetes({"reason": reason} if reason else {}, status) is expected


def test_a_patch_for_another_objects_uid_is_a_conflict() -> None:
    causes = [{"reason": "FieldValueInvalid", "field": "metadata.uid", "message": "field is immutable"}]
    assert of_kubernetes({"reason": "Invalid", "details": {"causes": causes}}, 422) is ErrorClass.CONFLICT
