"""Errors as values with a place, and the reason codes that plan, log, Event, condition and test share."""

from dataclasses import dataclass
from enum import StrEnum

from services.planner.core.objects import ObjectRef


class Reason(StrEnum):
    """Reason codes; the value is what a user reads."""

    # Outcomes
    SUCCESSFULLY_RECONCILED = "SuccessfullyReconciled"
    FAILED_BUILD_MODEL = "FailedBuildModel"
    FAILED_DEPLOY_MODEL = "FailedDeployModel"
    FAILED_NETWORK_RECONCILE = "FailedNetworkReconcile"
    FAILED_RECONCILE = "FailedReconcile"
    BACKEND_NOT_FOUND = "BackendNotFound"
    FAILED_CLEANUP = "FailedCleanup"
    NO_BINDING = "NoBinding"
    DRIFT_REVERTED = "DriftReverted"
    # What is wrong with an object
    INVALID_ANNOTATION = "InvalidAnnotation"
    UNKNOWN_ANNOTATION = "UnknownAnnotation"
    NOT_SUPPORTED_YET = "NotSupportedYet"
    CONFLICTING_MEMBERS = "ConflictingMembers"
    INVALID_INGRESS_CLASS = "InvalidIngressClass"
    INVALID_SPEC = "InvalidSpec"
    TARGET_GROUP_NOT_FOUND = "TargetGroupNotFound"
    SUBNETS_NOT_FOUND = "SubnetsNotFound"
    SECURITY_GROUP_NOT_FOUND = "SecurityGroupNotFound"
    CERTIFICATE_NOT_FOUND = "CertificateNotFound"
    HOSTED_ZONE_NOT_FOUND = "HostedZoneNotFound"
    TRUST_STORE_NOT_FOUND = "TrustStoreNotFound"
    WEB_ACL_NOT_FOUND = "WebAclNotFound"
    NOT_SUBSCRIBED = "NotSubscribed"
    SWITCHED_OFF = "SwitchedOff"
    DELETION_PROTECTED = "DeletionProtected"
    QUOTA_EXCEEDED = "QuotaExceeded"
    NOT_APPLIED = "NotApplied"
    # What a guard asks about
    PLAN_HELD = "PlanHeld"
    HEALTHY_TARGETS_REMOVED = "HealthyTargetsRemoved"
    LAST_HEALTHY_TARGET = "LastHealthyTarget"
    LOAD_BALANCER_REPLACED = "LoadBalancerReplaced"
    # What is wrong around it
    VIEW_INCOMPLETE = "ViewIncomplete"
    AMBIGUOUS_RESOURCE = "AmbiguousResource"
    NAME_TAKEN = "NameTaken"
    WAITING = "Waiting"
    RECORD_TOO_LARGE = "RecordTooLarge"
    # Why a resource changes
    WANTED = "Wanted"
    NOT_WANTED = "NotWanted"
    FIELDS_DIFFER = "FieldsDiffer"
    MAKES_ROOM = "MakesRoom"
    TARGET_ADDED = "TargetAdded"
    TARGET_REMOVED = "TargetRemoved"
    TARGET_TERMINATING = "TargetTerminating"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One error: where it is (`where`, and the annotation or field in it), what is wrong, in words."""

    where: ObjectRef
    reason: Reason
    message: str
    field: str = ""
