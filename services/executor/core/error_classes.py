"""What an error code means: decided by code, then by HTTP status, never by text.

Called by the AWS and Kubernetes adapters. Sources: Elastic Load Balancing API reference (errors of each action and
common errors), EC2 API error codes, Kubernetes API conventions (reasons of a Status).
"""

from collections.abc import Mapping

from services.executor.core.steps import ErrorClass, Json


def _table(rows: Mapping[ErrorClass, str]) -> Mapping[str, ErrorClass]:
    return {code: error_class for error_class, codes in rows.items() for code in codes.split()}


_AWS = _table(
    {
        ErrorClass.NOT_FOUND: """
            LoadBalancerNotFound TargetGroupNotFound ListenerNotFound RuleNotFound SubnetNotFound CertificateNotFound
            SSLPolicyNotFound AllocationIdNotFound TrustStoreNotFound ResourceNotFoundException
            NoSuchHostedZone
            InvalidGroup.NotFound InvalidGroupId.NotFound InvalidVpcID.NotFound InvalidSubnetID.NotFound
            WAFNonexistentItemException ResourceNotFoundException
            InvalidNetworkInterfaceID.NotFound InvalidInstanceID.NotFound InvalidRouteTableID.NotFound""",
        ErrorClass.THROTTLED: """
            Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException
            RequestLimitExceeded TooManyRequestsException PriorRequestNotComplete EC2ThrottledException
            BandwidthLimitExceeded LimitExceededException""",
        ErrorClass.CONFLICT: """
            CapacityReservationPending OptimisticLockException ResourceAlreadyExistsException
            DuplicateLoadBalancerName DuplicateTargetGroupName DuplicateListener DuplicateTagKeys PriorityInUse
            InvalidGroup.Duplicate InvalidPermission.Duplicate InvalidPermission.NotFound""",
        ErrorClass.IN_USE: "ResourceInUse ResourceInUseException DependencyViolation InvalidGroup.InUse",
        ErrorClass.QUOTA: """
            TooManyLoadBalancers TooManyTargetGroups TooManyListeners TooManyRules TooManyTargets
            TooManyRegistrationsForTargetId TooManyUniqueTargetGroupsPerLoadBalancer TooManyActions TooManyCertificates
            CapacityUnitsLimitExceeded CapacityDecreaseRequestsLimitExceeded LimitsExceededException
            WAFLimitsExceededException TooManyTags TargetGroupAssociationLimit
            RulesPerSecurityGroupLimitExceeded SecurityGroupLimitExceeded
            SecurityGroupsPerInterfaceLimitExceeded TagLimitExceeded""",
        ErrorClass.DENIED: """
            AccessDenied AccessDeniedException UnauthorizedOperation AuthFailure OptInRequired NotAuthorized
            InvalidClientTokenId UnrecognizedClientException MissingAuthenticationToken IncompleteSignature
            InvalidSignatureException SignatureDoesNotMatch ExpiredToken ExpiredTokenException RequestExpired
            Blocked""",
        ErrorClass.PERMANENT: """
            InvalidConfigurationRequest InvalidLoadBalancerAction IncompatibleProtocols UnsupportedProtocol
            InvalidScheme InvalidSubnet InvalidSecurityGroup InvalidTarget ALPNPolicyNotFound
            AvailabilityZoneNotSupported OperationNotPermitted ValidationError InvalidChangeBatch""",
        ErrorClass.TRANSIENT: """
            HealthUnavailable InternalFailure InternalError InternalServiceError ServiceUnavailable Unavailable
            WAFUnavailableEntityException WAFInternalErrorException InternalErrorException
            InsufficientCapacity TrustStoreNotReady RequestTimeout RequestTimeoutException""",
    }
)

# A Status whose reason is not here is judged by its HTTP status.
_KUBERNETES = _table(
    {
        ErrorClass.NOT_FOUND: "NotFound Gone",
        ErrorClass.THROTTLED: "TooManyRequests",
        ErrorClass.CONFLICT: "Conflict AlreadyExists Expired",
        ErrorClass.DENIED: "Unauthorized Forbidden",
        ErrorClass.PERMANENT: """
            BadRequest Invalid MethodNotAllowed NotAcceptable UnsupportedMediaType RequestEntityTooLarge""",
        ErrorClass.TRANSIENT: "InternalError ServerTimeout Timeout ServiceUnavailable",
    }
)

_HTTP = {
    401: ErrorClass.DENIED,
    403: ErrorClass.DENIED,
    404: ErrorClass.NOT_FOUND,
    408: ErrorClass.TRANSIENT,
    409: ErrorClass.CONFLICT,
    429: ErrorClass.THROTTLED,
}


def of_aws(code: str, http_status: int) -> ErrorClass:
    """The class of an error that AWS answered; an unknown code below HTTP 500 can never succeed as it is."""
    return _AWS.get(code) or (ErrorClass.THROTTLED if http_status == 429 else _by_side(http_status))


def of_kubernetes(status: Mapping[str, Json], http_status: int) -> ErrorClass:
    """The class of an error that the Kubernetes API answered with this Status, empty when there was none.

    A patch whose UID is another object's is answered as an invalid change of `metadata.uid`: a conflict all the same.
    """
    causes = (status.get("details") or {}).get("causes") or ()
    if any(cause.get("field") == "metadata.uid" for cause in causes):
        return ErrorClass.CONFLICT
    return _KUBERNETES.get(status.get("reason") or "") or _HTTP.get(http_status) or _by_side(http_status)


def _by_side(http_status: int) -> ErrorClass:
    return ErrorClass.TRANSIENT if http_status >= 500 else ErrorClass.PERMANENT
