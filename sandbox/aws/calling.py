"""Any operation of the endpoint, called by the sandbox itself: a change behind the back of whoever manages the account.

The admin interface calls here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.faults import Refused

KEY_ID = "sandbox-hand"
"""Access key id of these calls."""


class Caller:
    """Calls one endpoint."""

    def __init__(self, *, url: str, region: str) -> None:
        self._url = url
        self._region = region

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        """The answer as JSON data, times as text. Raises Refused with AWS's reason, or when there is no such operation.

        Service and operation are named as the AWS CLI does (`elbv2 modify-rule`) or as the API does (`ModifyRule`).
        """
        session = boto3.session.Session()
        if service not in session.get_available_services():
            raise Refused(HTTPStatus.BAD_REQUEST, f"there is no service {service}")
        client = session.client(
            service,
            endpoint_url=self._url,
            region_name=self._region,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key="sandbox",  # noqa: S106 - the endpoint checks no signature
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )
        try:
            method = xform_name(operation).replace("-", "_")
            if method not in client.meta.method_to_api_mapping:
                raise Refused(HTTPStatus.BAD_REQUEST, f"{service} has no operation {operation}")
            answer = getattr(client, method)(**parameters)
        except ClientError as error:
            said = error.response["Error"]
            raise Refused(HTTPStatus.CONFLICT, f"{said['Code']}: {said['Message']}") from error
        except BotoCoreError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        finally:
            client.close()
        answer.pop("ResponseMetadata", None)
        return json.loads(json.dumps(answer, default=str))
