"""The AWS Query protocol of Elastic Load Balancing: requests read, checked and answered by botocore's service model.

Each shape of the model is compiled once into a function; a call runs no generic walk over the model.
"""

from __future__ import annotations

from sandbox.aws.elbv2.wire.operations import OPERATIONS, VERSION, WireOperation, error_status, parse

__all__ = ["OPERATIONS", "VERSION", "WireOperation", "error_status", "parse"]
