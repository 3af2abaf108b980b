"""AWS WAF Classic and Shield Advanced, which moto lacks or answers in part: as much of them as load balancers need.

The gateway asks here before moto. Sources: AWS WAF Classic Regional API reference and AWS Shield Advanced API
reference, by operation. Shield answers INACTIVE until CreateSubscription, as an account that did not subscribe.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from sandbox.aws.answers import Answer, error_answer
from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.requests import AwsRequest

Parameters = Mapping[str, Any]


class _RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Protection:
    """State of both services in one account and region."""

    def __init__(self, elbv2: Elbv2) -> None:
        self._elbv2 = elbv2
        self._subscribed = False
        self._acls: dict[str, str] = {}  # name by id
        self._associations: dict[str, str] = {}  # id of the web ACL by ARN
        self._protections: dict[str, dict[str, str]] = {}  # by id
        self._handlers: Mapping[tuple[str, str], Callable[[Parameters], Mapping[str, Any]]] = {
            ("waf-regional", "GetChangeToken"): lambda _: {"ChangeToken": str(uuid.uuid4())},
            ("waf-regional", "CreateWebACL"): self._create_acl,
            ("waf-regional", "AssociateWebACL"): self._associate,
            ("waf-regional", "DisassociateWebACL"): self._disassociate,
            ("waf-regional", "GetWebACLForResource"): self._acl_of,
            ("shield", "CreateSubscription"): self._subscribe,
            ("shield", "GetSubscriptionState"): self._subscription_state,
            ("shield", "CreateProtection"): self._protect,
            ("shield", "DescribeProtection"): self._describe_protection,
            ("shield", "DeleteProtection"): self._unprotect,
        }

    def answer(self, request: AwsRequest) -> Answer | None:
        """The answer to a call of these services; None for calls that are not known here."""
        handler = self._handlers.get((request.service, request.operation))
        if handler is None:
            return None
        try:
            body = json.dumps(handler(request.parameters)).encode()
        except _RefusedError as refused:
            return error_answer(request, code=refused.code, message=str(refused), status=HTTPStatus.BAD_REQUEST)
        return Answer(status=HTTPStatus.OK, headers={"Content-Type": "application/x-amz-json-1.1"}, body=body)

    def _load_balancer(self, arn: str, code: str) -> str:
        if not self._elbv2.has_load_balancer(arn):
            raise _RefusedError(code, f"The referenced resource does not exist: {arn}")
        return arn

    # AWS WAF Classic

    def _create_acl(self, sent: Parameters) -> Mapping[str, Any]:
        acl = str(uuid.uuid4())
        self._acls[acl] = sent["Name"]
        described = {"WebACLId": acl, "Name": sent["Name"], "DefaultAction": sent["DefaultAction"], "Rules": []}
        return {"WebACL": described, "ChangeToken": sent["ChangeToken"]}

    def _associate(self, sent: Parameters) -> Mapping[str, Any]:
        """One web ACL at a time; another takes its place."""
        if sent["WebACLId"] not in self._acls:
            raise _RefusedError("WAFNonexistentItemException", "The referenced item does not exist.")
        self._associations[self._load_balancer(sent["ResourceArn"], "WAFNonexistentItemException")] = sent["WebACLId"]
        return {}

    def _disassociate(self, sent: Parameters) -> Mapping[str, Any]:
        self._associations.pop(sent["ResourceArn"], None)
        return {}

    def _acl_of(self, sent: Parameters) -> Mapping[str, Any]:
        acl = self._associations.get(self._load_balancer(sent["ResourceArn"], "WAFNonexistentItemException"))
        return {"WebACLSummary": {"WebACLId": acl, "Name": self._acls[acl]}} if acl is not None else {}

    # AWS Shield Advanced

    def _subscribe(self, _: Parameters) -> Mapping[str, Any]:
        self._subscribed = True
        return {}

    def _subscription_state(self, _: Parameters) -> Mapping[str, Any]:
        return {"SubscriptionState": "ACTIVE" if self._subscribed else "INACTIVE"}

    def _protect(self, sent: Parameters) -> Mapping[str, Any]:
        if not self._subscribed:
            raise _RefusedError("InvalidOperationException", "The subscription does not exist.")
        arn = self._load_balancer(sent["ResourceArn"], "InvalidResourceException")
        if any(each["ResourceArn"] == arn for each in self._protections.values()):
            raise _RefusedError("ResourceAlreadyExistsException", "The protection already exists.")
        made = str(uuid.uuid4())
        self._protections[made] = {"Id": made, "Name": sent["Name"], "ResourceArn": arn}
        return {"ProtectionId": made}

    def _describe_protection(self, sent: Parameters) -> Mapping[str, Any]:
        wanted = (sent.get("ProtectionId"), sent.get("ResourceArn"))
        for found in self._protections.values():
            if found["Id"] == wanted[0] or found["ResourceArn"] == wanted[1]:
                return {"Protection": found}
        raise _RefusedError("ResourceNotFoundException", "The referenced protection does not exist.")

    def _unprotect(self, sent: Parameters) -> Mapping[str, Any]:
        if self._protections.pop(sent["ProtectionId"], None) is None:
            raise _RefusedError("ResourceNotFoundException", "The referenced protection does not exist.")
        return {}
